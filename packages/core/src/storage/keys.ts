import { KbackupError } from '../errors/kbackup-error.ts'

/** The longest segment of a key between two `/`, in bytes: what common filesystems allow for a name. */
export const MAX_KEY_SEGMENT_BYTES = 255

/** The longest key, in bytes: what the narrowest of the cloud stores allows, less room for a prefix. */
export const MAX_KEY_BYTES = 1_000

const ALPHABET = /^[A-Za-z0-9._=\-~%+@,/]*$/

/**
 * Refuses a key that not every store can hold, with `KB_BLOB_KEY_INVALID`; adapters call it before any I/O.
 *
 * The rules are those of {@link BlobStore}. Since the alphabet is ASCII, comparing keys as strings compares their bytes.
 */
export function assertBlobKey(key: string): void {
  const fault = keyFault(key)
  if (fault !== undefined) throw invalidKey(key, fault)
}

/** Whether every store can hold a key of this name. */
export function isBlobKey(key: string): boolean {
  return keyFault(key) === undefined
}

/**
 * Refuses a prefix that no key can begin with, with `KB_BLOB_KEY_INVALID`.
 *
 * The empty prefix is every key's; the part after the last `/` may be any beginning of a segment.
 */
export function assertBlobPrefix(prefix: string): void {
  const fault = prefixFault(prefix)
  if (fault !== undefined) throw invalidKey(prefix, fault)
}

/** Orders keys by their bytes, which is the order of {@link BlobStore.list}. */
export function compareBlobKeys(left: string, right: string): number {
  if (left === right) return 0
  return left < right ? -1 : 1
}

function keyFault(key: string): string | undefined {
  if (key === '') return 'it is empty'
  return textFault(key) ?? firstFault(key.split('/'), segmentFault)
}

function prefixFault(prefix: string): string | undefined {
  const segments = prefix.split('/')
  const started = segments.pop() ?? ''
  return textFault(prefix) ?? firstFault(segments, segmentFault) ?? lengthFault(started)
}

function textFault(key: string): string | undefined {
  if (!ALPHABET.test(key)) return 'it has characters other than A–Z a–z 0–9 . _ = - ~ % + @ , and /'
  if (key.length > MAX_KEY_BYTES) return `it is longer than ${MAX_KEY_BYTES} bytes`
  return undefined
}

function segmentFault(segment: string): string | undefined {
  if (segment === '') return 'it has an empty segment'
  if (segment === '.' || segment === '..') return `it has the segment \`${segment}\``
  return lengthFault(segment)
}

function lengthFault(segment: string): string | undefined {
  if (segment.length <= MAX_KEY_SEGMENT_BYTES) return undefined
  return `it has a segment of more than ${MAX_KEY_SEGMENT_BYTES} bytes`
}

function firstFault(segments: readonly string[], faultOf: (segment: string) => string | undefined): string | undefined {
  for (const segment of segments) {
    const fault = faultOf(segment)
    if (fault !== undefined) return fault
  }
  return undefined
}

function invalidKey(key: string, fault: string): KbackupError {
  const shown = key.length > 80 ? `${key.slice(0, 80)}…` : key
  return new KbackupError('KB_BLOB_KEY_INVALID', {
    message: `no object can be named ${JSON.stringify(shown)}: ${fault}`,
    hint: 'Use segments of A–Z a–z 0–9 . _ = - ~ % + @ , joined by single slashes.',
    details: { key: shown },
  })
}
