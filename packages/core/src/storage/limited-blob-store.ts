import { KbackupError } from '../errors/kbackup-error.ts'
import { ByteBudget } from '../memory/byte-budget.ts'
import type { BlobBody } from './blob-body.ts'
import type { BlobCallOptions, BlobInfo, BlobStore, GetOptions, PutOptions } from './blob-store.ts'

export interface LimitedBlobStoreOptions {
  /** How many calls reach the store at once; the others wait in the order in which they came. */
  readonly maxConcurrency: number
}

/**
 * Lets only so many calls through to a store at once.
 *
 * A `put` holds its place for as long as its stream runs, so streams that wait for one another need places for all of
 * them. A listing holds one only while it waits for its next key, never while its reader thinks.
 */
export function limitedBlobStore(inner: BlobStore, { maxConcurrency }: LimitedBlobStoreOptions): BlobStore {
  if (!Number.isSafeInteger(maxConcurrency) || maxConcurrency < 1) {
    throw new KbackupError('KB_CONFIG_INVALID', {
      message: `maxConcurrency of a store is ${maxConcurrency}`,
      hint: 'Give a whole number of at least 1.',
    })
  }
  return new LimitedBlobStore(inner, maxConcurrency)
}

class LimitedBlobStore implements BlobStore {
  readonly name: string
  readonly releasesChunks: boolean | undefined
  readonly mayCreate: BlobStore['mayCreate']
  readonly facts: BlobStore['facts']
  readonly unfinishedUploads: BlobStore['unfinishedUploads']
  readonly #inner: BlobStore
  // A budget of calls: each takes one "byte".
  readonly #places: ByteBudget

  constructor(inner: BlobStore, maxConcurrency: number) {
    this.name = inner.name
    this.releasesChunks = inner.releasesChunks
    this.mayCreate = inner.mayCreate?.bind(inner)
    this.facts = inner.facts?.bind(inner)
    this.unfinishedUploads = inner.unfinishedUploads
    this.#inner = inner
    this.#places = new ByteBudget(maxConcurrency)
  }

  put(key: string, body: BlobBody, options: PutOptions = {}): Promise<void> {
    return this.#inPlace(options, () => this.#inner.put(key, body, options))
  }

  get(key: string, options: GetOptions = {}): Promise<Buffer> {
    return this.#inPlace(options, () => this.#inner.get(key, options))
  }

  head(key: string, options: BlobCallOptions = {}): Promise<BlobInfo | undefined> {
    return this.#inPlace(options, () => this.#inner.head(key, options))
  }

  async *list(prefix: string, options: BlobCallOptions = {}): AsyncGenerator<BlobInfo, void, void> {
    const listing = this.#inner.list(prefix, options)[Symbol.asyncIterator]()
    try {
      for (;;) {
        const next = await this.#inPlace(options, () => listing.next())
        if (next.done === true) return
        yield next.value
      }
    } finally {
      await listing.return?.()
    }
  }

  delete(key: string, options: BlobCallOptions = {}): Promise<void> {
    return this.#inPlace(options, () => this.#inner.delete(key, options))
  }

  async #inPlace<Value>(options: BlobCallOptions, perform: () => Promise<Value>): Promise<Value> {
    const place = await this.#places.acquire(1, { signal: options.signal })
    try {
      return await perform()
    } finally {
      place.release()
    }
  }
}
