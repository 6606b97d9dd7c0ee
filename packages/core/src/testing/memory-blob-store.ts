import { blobBodyBytes } from '../storage/blob-body.ts'
import { assertByteRange, blobExists, blobNotFound, blobRangeError } from '../storage/blob-error.ts'
import type { BlobCallOptions, BlobInfo, BlobStore, GetOptions, PutOptions } from '../storage/blob-store.ts'
import { assertBlobKey, assertBlobPrefix, compareBlobKeys } from '../storage/keys.ts'

interface StoredBlob {
  readonly bytes: Buffer
  readonly modifiedAtMs: number
}

export interface MemoryBlobStoreOptions {
  /** What the store calls itself; `memory` by default. */
  readonly name?: string | undefined
  /** The clock, in epoch milliseconds; `Date.now` by default. */
  readonly now?: (() => number) | undefined
}

/**
 * A {@link BlobStore} in memory, which keeps the whole contract; for tests and examples.
 *
 * Nothing is shared with the caller: bytes are copied on the way in and on the way out.
 */
export class MemoryBlobStore implements BlobStore {
  readonly name: string
  readonly releasesChunks = true
  readonly #blobs = new Map<string, StoredBlob>()
  readonly #now: () => number

  constructor(options: MemoryBlobStoreOptions = {}) {
    this.name = options.name ?? 'memory'
    this.#now = options.now ?? Date.now
  }

  async put(key: string, body: Uint8Array | AsyncIterable<Uint8Array>, options: PutOptions = {}): Promise<void> {
    assertBlobKey(key)
    const bytes = await blobBodyBytes(body, options.signal)
    options.signal?.throwIfAborted()
    if (options.ifAbsent === true && this.#blobs.has(key)) throw blobExists(this.name, key)
    this.#blobs.set(key, { bytes, modifiedAtMs: this.#now() })
  }

  async get(key: string, options: GetOptions = {}): Promise<Buffer> {
    assertBlobKey(key)
    options.signal?.throwIfAborted()
    const { range } = options
    if (range !== undefined) assertByteRange({ store: this.name, key, range })
    const { bytes } = this.#blobs.get(key) ?? this.#missing(key)
    if (range === undefined) return Buffer.from(bytes)
    if (range.end > bytes.length) throw blobRangeError({ store: this.name, key, range, size: bytes.length })
    return Buffer.from(bytes.subarray(range.start, range.end))
  }

  async head(key: string, options: BlobCallOptions = {}): Promise<BlobInfo | undefined> {
    assertBlobKey(key)
    options.signal?.throwIfAborted()
    return this.#infoOf(key)
  }

  async *list(prefix: string, options: BlobCallOptions = {}): AsyncGenerator<BlobInfo, void, void> {
    assertBlobPrefix(prefix)
    for (const key of this.keys(prefix)) {
      options.signal?.throwIfAborted()
      const info = this.#infoOf(key)
      if (info !== undefined) yield info
    }
    options.signal?.throwIfAborted()
  }

  async delete(key: string, options: BlobCallOptions = {}): Promise<void> {
    assertBlobKey(key)
    options.signal?.throwIfAborted()
    this.#blobs.delete(key)
  }

  /** The keys that begin with a prefix, in their order, without a promise: for assertions. */
  keys(prefix = ''): readonly string[] {
    return [...this.#blobs.keys()].filter((key) => key.startsWith(prefix)).sort(compareBlobKeys)
  }

  #infoOf(key: string): BlobInfo | undefined {
    const blob = this.#blobs.get(key)
    return blob && { key, size: blob.bytes.length, modifiedAtMs: blob.modifiedAtMs }
  }

  #missing(key: string): never {
    throw blobNotFound(this.name, key)
  }
}
