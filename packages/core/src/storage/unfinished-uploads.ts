import type { BlobCallOptions } from './blob-store.ts'

/** Bytes that a writer sent and that became no object: of an upload that is under way, or of one that nobody ends. */
export interface UnfinishedUpload {
  /** The key that it was for; where the store does not tell, where its bytes lie. */
  readonly key: string
  /** Names it to its store. */
  readonly id: string
  /** When the store says it was last at work on it, or at least begun, in epoch milliseconds. */
  readonly startedAtMs: number
  /** What it takes up; `undefined` where the store does not tell. */
  readonly bytes: number | undefined
}

/**
 * What a store holds of uploads that became no object. They are seen by no `get`, `head` or `list`, and cost money or room.
 *
 * - `list` gives those whose key begins with the prefix, in any order. Those of processes that are known to live may be left out.
 * - An upload that failed, or was aborted, is not among them once its `put` has settled, unless the store could not be reached.
 * - `discard` frees what an upload takes up; where it is gone already it resolves. A `put` whose upload is discarded under it
 *   rejects and leaves nothing visible, or has resolved, or resolves, with the object whole: stores differ in what they do with
 *   parts that are on their way.
 */
export interface UnfinishedUploads {
  list(prefix: string, options?: BlobCallOptions): AsyncIterable<UnfinishedUpload>
  discard(upload: UnfinishedUpload, options?: BlobCallOptions): Promise<void>
}
