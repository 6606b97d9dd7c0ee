import type { ErrorCode } from '../errors/error-codes.ts'
import { KbackupError } from '../errors/kbackup-error.ts'

/** The codes that a failure of a store can have. */
export type StoreErrorCode = Extract<ErrorCode, `KB_BLOB_${string}` | `KB_STORE_${string}`>

/** What a service of object storage answered to a request that failed; free of secrets. */
export interface ServiceFailure {
  readonly code: StoreErrorCode
  /** The HTTP status. */
  readonly status?: number | undefined
  /** What the service calls it: `SlowDown`. */
  readonly serviceCode?: string | undefined
  /** What the people who run the service want to know. */
  readonly requestId?: string | undefined
  /** How long the service asked to be left alone. */
  readonly retryAfterMs?: number | undefined
  /** What happened, where the code of the service does not say it. */
  readonly reason?: string | undefined
  readonly hint?: string | undefined
  /** Overrides what the table of codes says. */
  readonly retryable?: boolean | undefined
}

/** The call that failed. */
export interface ServiceCall {
  /** The store's name: `s3://bucket`. */
  readonly store: string
  readonly operation: 'put' | 'get' | 'head' | 'list' | 'delete'
  /** The key, or for `list` the prefix. */
  readonly key: string
}

const HINTS: Partial<Record<StoreErrorCode, string>> = {
  KB_STORE_AUTHENTICATION:
    'Check the credentials: whether they are given, belong to this service, and have not expired.',
  KB_STORE_FORBIDDEN: 'Give the credentials the rights that the README of the storage package lists for this role.',
  KB_STORE_THROTTLED: 'Lower the concurrency, or ask the provider for a higher limit.',
  KB_STORE_UNAVAILABLE: 'It may pass by itself; if it does not, check the endpoint and the network.',
  KB_BLOB_KEY_INVALID: 'Choose another prefix or backup id.',
}

/**
 * The error of kbackup for a failed request, with store, operation, key, status, and what to do.
 *
 * It has no cause: the errors of the SDKs hold requests, headers and credentials.
 */
export function serviceError({ store, operation, key }: ServiceCall, failure: ServiceFailure): KbackupError {
  const { code, status, serviceCode, requestId, retryAfterMs, reason } = failure
  const said = [serviceCode, status === undefined ? undefined : `HTTP ${status}`, reason]
  const why = said.filter((part) => part !== undefined && part !== '').join(', ')
  return new KbackupError(code, {
    message: `${store}: ${operation} of ${key === '' ? 'everything' : key} failed${why === '' ? '' : `: ${why}`}`,
    hint: failure.hint ?? HINTS[code],
    details: {
      store,
      operation,
      key,
      status: status ?? null,
      serviceCode: serviceCode ?? null,
      requestId: requestId ?? null,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    },
    retryable: failure.retryable,
  })
}

const BY_STATUS: Readonly<Record<number, StoreErrorCode>> = {
  401: 'KB_STORE_AUTHENTICATION',
  403: 'KB_STORE_FORBIDDEN',
  404: 'KB_BLOB_NOT_FOUND',
  408: 'KB_STORE_UNAVAILABLE',
  413: 'KB_BLOB_TOO_LARGE',
  416: 'KB_BLOB_RANGE',
  425: 'KB_STORE_UNAVAILABLE',
  429: 'KB_STORE_THROTTLED',
  501: 'KB_STORE_FAILED',
  505: 'KB_STORE_FAILED',
}

/**
 * What an HTTP status means on every service; an adapter asks this last, after the codes of its own service.
 *
 * A conflict (409) and a failed precondition (412) mean something else on each service: here they are an outcome that is
 * unknown and a failure.
 */
export function statusCode(status: number): StoreErrorCode {
  const known = BY_STATUS[status]
  if (known !== undefined) return known
  return status === 409 || status >= 500 ? 'KB_STORE_UNAVAILABLE' : 'KB_STORE_FAILED'
}

/** The wait that a `Retry-After` header asks for: seconds, or a date. */
export function retryAfterMs(header: string | null | undefined, nowMs: number = Date.now()): number | undefined {
  if (header === null || header === undefined || header.trim() === '') return undefined
  const seconds = Number(header)
  const waitMs = Number.isNaN(seconds) ? Date.parse(header) - nowMs : seconds * 1_000
  return Number.isFinite(waitMs) ? Math.max(0, Math.round(waitMs)) : undefined
}

/** Where an answer to a request for a range lies in the object, by its `Content-Range` header. */
export interface ContentRange {
  readonly start: number
  /** The byte behind the last one. */
  readonly end: number
  /** The length of the whole object. */
  readonly size: number
}

/** Reads `bytes 0-9/20`; `undefined` for anything else, the missing header of a service that ignores ranges included. */
export function contentRange(header: string | null | undefined): ContentRange | undefined {
  const [, first, last, size] = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(header ?? '') ?? []
  if (first === undefined) return undefined
  return { start: Number(first), end: Number(last) + 1, size: Number(size) }
}
