import type { ServiceFailure } from './service-failure.ts'

/** An answer that no service of the kind gives: of a web server, a proxy, or the console of a store. */
export interface ForeignAnswerFacts {
  /** What was looked for, with its article: `an S3 service`. */
  readonly service: string
  /** Where the request went: an URL, of which scheme, host and port are shown. */
  readonly url: string
  readonly status: number
}

/** Thrown by an adapter for an answer that is not of its service; `objectBlobStore` makes the error of kbackup of it. */
export class ForeignAnswer extends Error {
  readonly failure: ServiceFailure

  constructor({ service, url, status }: ForeignAnswerFacts) {
    super('a foreign answer')
    this.name = 'ForeignAnswer'
    // Whether what was asked took effect behind a proxy that answers for itself is unknown.
    this.failure = {
      code: 'KB_STORE_UNAVAILABLE',
      retryable: false,
      status,
      reason: `what answers at ${URL.canParse(url) ? new URL(url).origin : 'the endpoint'} is not ${service}`,
      hint:
        'Check the endpoint: its host, whether the port is that of the service or of its web console, and http or https; ' +
        'and look for a proxy on the way that answers with pages of its own.',
    }
  }
}

const PROXY_STATUSES = new Set([401, 403, 407, 408, 425, 429])

/**
 * Whether an answer of this status tells what stands at an endpoint. A proxy answers for a service that is down, busy or
 * refused with pages of its own.
 */
export function tellsService(status: number): boolean {
  if (status === 501 || status === 505) return true
  return status < 500 && !PROXY_STATUSES.has(status)
}

/** Whether a `Content-Type` is that of a page for people. */
export function isWebPage(contentType: string | null | undefined): boolean {
  return /^\s*(text\/html|application\/xhtml)/i.test(contentType ?? '')
}
