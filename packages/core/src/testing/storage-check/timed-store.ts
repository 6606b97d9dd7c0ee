import { KbackupError } from '../../errors/kbackup-error.ts'
import type { BlobBody } from '../../storage/blob-body.ts'
import type { BlobCallOptions, BlobInfo, BlobStore, GetOptions, PutOptions } from '../../storage/blob-store.ts'
import type { OperationFigures } from './storage-check-report.ts'

/** Measures the calls of a store that go well, and counts those that fail in passing. */
export class TimedStore implements BlobStore {
  readonly name: string
  readonly releasesChunks: boolean | undefined
  readonly unfinishedUploads: BlobStore['unfinishedUploads']
  readonly #inner: BlobStore
  readonly #timesMs = new Map<string, number[]>()
  #passingFailures = 0

  constructor(inner: BlobStore) {
    this.name = inner.name
    this.releasesChunks = inner.releasesChunks
    this.unfinishedUploads = inner.unfinishedUploads
    this.#inner = inner
  }

  /** How many calls have failed in a way that may pass by itself. */
  get passingFailures(): number {
    return this.#passingFailures
  }

  get figures(): readonly OperationFigures[] {
    return [...this.#timesMs].map(([operation, timesMs]) => {
      const sorted = timesMs.toSorted((left, right) => left - right)
      return { operation, calls: sorted.length, p50Ms: quantile(sorted, 0.5), p99Ms: quantile(sorted, 0.99) }
    })
  }

  put(key: string, body: BlobBody, options?: PutOptions): Promise<void> {
    const operation = body instanceof Uint8Array ? 'put' : 'put of a stream'
    return this.#timed(operation, () => this.#inner.put(key, body, options))
  }

  get(key: string, options?: GetOptions): Promise<Buffer> {
    return this.#timed(options?.range === undefined ? 'get' : 'get of a range', () => this.#inner.get(key, options))
  }

  head(key: string, options?: BlobCallOptions): Promise<BlobInfo | undefined> {
    return this.#timed('head', () => this.#inner.head(key, options))
  }

  async *list(prefix: string, options?: BlobCallOptions): AsyncGenerator<BlobInfo, void, void> {
    try {
      yield* this.#inner.list(prefix, options)
    } catch (error) {
      throw this.#noted(error)
    }
  }

  delete(key: string, options?: BlobCallOptions): Promise<void> {
    return this.#timed('delete', () => this.#inner.delete(key, options))
  }

  async #timed<Value>(operation: string, call: () => Promise<Value>): Promise<Value> {
    const startedAtMs = performance.now()
    const value = await call().catch((error: unknown) => {
      throw this.#noted(error)
    })
    const timesMs = this.#timesMs.get(operation)
    const tookMs = performance.now() - startedAtMs
    if (timesMs === undefined) this.#timesMs.set(operation, [tookMs])
    else timesMs.push(tookMs)
    return value
  }

  #noted(error: unknown): unknown {
    if (KbackupError.is(error) && error.retryable) this.#passingFailures += 1
    return error
  }
}

function quantile(sorted: readonly number[], share: number): number {
  return Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 10) / 10
}
