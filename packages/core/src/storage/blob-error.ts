import { KbackupError } from '../errors/kbackup-error.ts'
import type { ByteRange } from './blob-store.ts'

/** The answer to a `get` of a key that the store says it does not have. */
export function blobNotFound(store: string, key: string, cause?: unknown): KbackupError {
  return new KbackupError('KB_BLOB_NOT_FOUND', {
    message: `${store} has no object ${key}`,
    details: { store, key },
    cause,
  })
}

/** The answer to a `put` with `ifAbsent` that found an object there. */
export function blobExists(store: string, key: string, cause?: unknown): KbackupError {
  return new KbackupError('KB_BLOB_EXISTS', {
    message: `${store} has an object ${key} already`,
    details: { store, key },
    cause,
  })
}

/** What a range that does not lie in an object needs for its error. */
export interface BlobRangeMiss {
  readonly store: string
  readonly key: string
  readonly range: ByteRange
  /** The length of the object, where it is known. */
  readonly size?: number | undefined
}

/** The answer to a range that is empty, or reaches beyond the object. */
export function blobRangeError({ store, key, range, size }: BlobRangeMiss): KbackupError {
  const length = size === undefined ? '' : ` of ${size} bytes`
  return new KbackupError('KB_BLOB_RANGE', {
    message: `bytes [${range.start}, ${range.end}) do not lie in ${key}${length} on ${store}`,
    details: { store, key, start: range.start, end: range.end, size: size ?? null },
  })
}

/** Refuses ranges that no object can satisfy (empty, negative, not whole numbers), before any I/O. */
export function assertByteRange(miss: Omit<BlobRangeMiss, 'size'>): void {
  const { start, end } = miss.range
  const sound = Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0 && start < end
  if (!sound) throw blobRangeError(miss)
}

/** Whether a `put` or `delete` that failed so may have taken effect, now or later. */
export function isUnknownOutcome(
  error: unknown,
): error is KbackupError & { readonly code: 'KB_STORE_UNAVAILABLE' | 'KB_STORE_THROTTLED' } {
  return KbackupError.is(error, 'KB_STORE_UNAVAILABLE', 'KB_STORE_THROTTLED')
}
