import type { StoreFact } from './store-fact.ts'
import type { UnfinishedUploads } from './unfinished-uploads.ts'

/** What every call of a store takes beside its own arguments. */
export interface BlobCallOptions {
  /** Ends the call; it then rejects with the signal's reason. An already aborted signal does no I/O. */
  readonly signal?: AbortSignal | undefined
}

export interface PutOptions extends BlobCallOptions {
  /** Create the object, or reject with `KB_BLOB_EXISTS` and leave the one that is there untouched. */
  readonly ifAbsent?: boolean | undefined
}

/** Bytes `[start, end)` of an object. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

export interface GetOptions extends BlobCallOptions {
  readonly range?: ByteRange | undefined
}

export interface BlobInfo {
  readonly key: string
  readonly size: number
  /** When the store says it was last written, in epoch milliseconds; for people only. */
  readonly modifiedAtMs: number
}

/**
 * A place for immutable objects, named by keys such as `prod/payments/commits/00000000000000000007.json`.
 *
 * Promised semantics, each of which is a case of `blobStoreContract` in `@kbackup/core/testing`:
 *
 * - A key is one or more segments of `A–Z a–z 0–9 . _ = - ~ % + @ ,` joined by `/`, none of them `.` or `..`,
 *   of at most 255 bytes each and 1,000 together; any other key is refused with `KB_BLOB_KEY_INVALID` before any I/O,
 *   and so is a prefix that no key can begin with. Keys that differ in case only are two objects.
 * - No object is another one's folder: beside `a/b`, a store may refuse `a` with `KB_BLOB_KEY_INVALID`.
 * - An object is visible whole or not at all: a `put` that fails, is cut short or is aborted leaves nothing that
 *   `get`, `head` or `list` can see, and not the old object changed.
 * - When `put` resolves, the object is durable and the next `get`, `head` and `list` by anybody see it.
 * - Of any number of concurrent `put`s of one key with `ifAbsent`, exactly one creates the object;
 *   the others reject with `KB_BLOB_EXISTS`.
 * - `put` takes bytes or a stream of bytes; memory does not grow with the length of the stream.
 * - A store with `releasesChunks` has done with each chunk of a stream when it asks for the next one, or settles.
 * - A stream that throws makes `put` reject with that very error.
 * - `get` of a missing key rejects with `KB_BLOB_NOT_FOUND`; no other failure does.
 * - `get` with a range gives exactly these bytes; a range that ends beyond the object, or is empty, is `KB_BLOB_RANGE`.
 * - `head` gives `undefined` for a missing key, and for nothing else.
 * - `list` gives every object whose key begins with the prefix, sorted by the bytes of the key, however many there are;
 *   the prefix need not end at a `/`.
 * - `delete` of a missing key resolves.
 * - Every failure is a `KbackupError` whose `retryable` says whether it may pass; `KB_STORE_UNAVAILABLE` and
 *   `KB_STORE_THROTTLED` of a `put` or `delete` mean that its outcome is unknown.
 */
export interface BlobStore {
  /** What people call this place, without secrets: `filesystem ./backups`. */
  readonly name: string
  /** Whether writers may use the memory of a chunk of a stream again when `put` asks for the next one, or settles; not where absent. */
  readonly releasesChunks?: boolean | undefined
  put(key: string, body: Uint8Array | AsyncIterable<Uint8Array>, options?: PutOptions): Promise<void>
  get(key: string, options?: GetOptions): Promise<Buffer>
  head(key: string, options?: BlobCallOptions): Promise<BlobInfo | undefined>
  list(prefix: string, options?: BlobCallOptions): AsyncIterable<BlobInfo>
  delete(key: string, options?: BlobCallOptions): Promise<void>
  /**
   * Whether whoever runs may create an object of this key, found out without writing. Absent where only trying tells; what it
   * says is a forecast.
   */
  readonly mayCreate?: ((key: string, options?: BlobCallOptions) => Promise<boolean>) | undefined
  /** What killed writers left of uploads. Absent where nothing of the kind is left, or the store does not show it. */
  readonly unfinishedUploads?: UnfinishedUploads | undefined
  /** Removes folders below a prefix, which ends in `/`, that hold nothing. Absent where folders are but names. */
  readonly removeEmptyFolders?: ((prefix: string, options?: BlobCallOptions) => Promise<void>) | undefined
  /** Settings of the place that concern archives. Absent where the store knows of none. */
  readonly facts?: ((options?: BlobCallOptions) => Promise<readonly StoreFact[]>) | undefined
}
