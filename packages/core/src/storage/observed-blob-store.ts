import { KbackupError } from '../errors/kbackup-error.ts'
import type { BlobBody } from './blob-body.ts'
import type { BlobCallOptions, BlobInfo, BlobStore, PutOptions } from './blob-store.ts'
import { passedOn } from './passed-on.ts'

/** One call of a store, when it is over. */
export interface BlobCall {
  readonly operation: 'put' | 'get' | 'head' | 'list' | 'delete'
  /** The key, or the prefix of a listing. */
  readonly key: string
  /** Bytes of objects that were sent or came; 0 for calls that move none. */
  readonly bytes: number
  /** Objects that a listing gave. */
  readonly objects?: number | undefined
  /** What the caller did meanwhile (with a listing, with chunks that were asked for) is not in it. */
  readonly durationMs: number
  /** `ok`, the code of the error (`KB_STORE_THROTTLED`), or `aborted` for any other end. */
  readonly outcome: string
}

export interface ObservedBlobStoreOptions {
  /** Gets every call when it is over; what it throws is lost. */
  readonly onCall: (call: BlobCall) => void
  /** Milliseconds of a clock that never goes back; the machine's by default. */
  readonly nowMs?: (() => number) | undefined
}

/**
 * Tells of every call of a store: for counters and histograms of requests, bytes, errors and durations.
 *
 * Wrapped around an adapter it tells of each attempt; the retries of a run happen outside of the store that it is given.
 *
 * @example
 * ```ts
 * import { observedBlobStore } from '@kbackup/core'
 * import { fs } from '@kbackup/storage-fs'
 *
 * const storage = observedBlobStore(fs({ directory: './backups' }), {
 *   onCall: ({ operation, outcome, durationMs }) => console.log(operation, outcome, durationMs),
 * })
 * ```
 */
export function observedBlobStore(inner: BlobStore, options: ObservedBlobStoreOptions): BlobStore {
  return new ObservedBlobStore(inner, options)
}

/** What is known of a call while it goes on. */
interface Account {
  bytes: number
  objects?: number
  /** Time that is not the store's. */
  outsideMs: number
}

class ObservedBlobStore implements BlobStore {
  readonly name: string
  readonly releasesChunks: BlobStore['releasesChunks']
  readonly mayCreate: BlobStore['mayCreate']
  readonly unfinishedUploads: BlobStore['unfinishedUploads']
  readonly facts: BlobStore['facts']
  readonly #inner: BlobStore
  readonly #onCall: ObservedBlobStoreOptions['onCall']
  readonly #nowMs: () => number

  constructor(inner: BlobStore, { onCall, nowMs = () => performance.now() }: ObservedBlobStoreOptions) {
    const { name, releasesChunks, mayCreate, unfinishedUploads, facts } = passedOn(inner)
    this.name = name
    this.releasesChunks = releasesChunks
    this.mayCreate = mayCreate
    this.unfinishedUploads = unfinishedUploads
    this.facts = facts
    this.#inner = inner
    this.#onCall = onCall
    this.#nowMs = nowMs
  }

  put(key: string, body: BlobBody, options?: PutOptions): Promise<void> {
    return this.#observed('put', key, (account) => {
      if (!(body instanceof Uint8Array)) return this.#inner.put(key, this.#counted(body, account), options)
      account.bytes = body.length
      return this.#inner.put(key, body, options)
    })
  }

  get: BlobStore['get'] = (key, options) =>
    this.#observed('get', key, async (account) => {
      const bytes = await this.#inner.get(key, options)
      account.bytes = bytes.length
      return bytes
    })

  head(key: string, options?: BlobCallOptions): Promise<BlobInfo | undefined> {
    return this.#observed('head', key, () => this.#inner.head(key, options))
  }

  async *list(prefix: string, options?: BlobCallOptions): AsyncGenerator<BlobInfo, void, void> {
    const account: Account = { bytes: 0, objects: 0, outsideMs: 0 }
    const startMs = this.#nowMs()
    let outcome = 'aborted'
    try {
      for await (const info of this.#inner.list(prefix, options)) {
        account.objects = (account.objects ?? 0) + 1
        yield* this.#outside(info, account)
      }
      outcome = 'ok'
    } catch (error) {
      outcome = outcomeOf(error)
      throw error
    } finally {
      this.#tell({ operation: 'list', key: prefix, startMs, account, outcome })
    }
  }

  delete(key: string, options?: BlobCallOptions): Promise<void> {
    return this.#observed('delete', key, () => this.#inner.delete(key, options))
  }

  async #observed<Value>(
    operation: BlobCall['operation'],
    key: string,
    perform: (account: Account) => Promise<Value>,
  ): Promise<Value> {
    const account: Account = { bytes: 0, outsideMs: 0 }
    const startMs = this.#nowMs()
    let outcome = 'ok'
    try {
      return await perform(account)
    } catch (error) {
      outcome = outcomeOf(error)
      throw error
    } finally {
      this.#tell({ operation, key, startMs, account, outcome })
    }
  }

  /** Counts the chunks, and the time for which the store waits for them. */
  async *#counted(body: AsyncIterable<Uint8Array>, account: Account): AsyncGenerator<Uint8Array, void, void> {
    let askedAtMs = this.#nowMs()
    for await (const chunk of body) {
      account.outsideMs += this.#nowMs() - askedAtMs
      account.bytes += chunk.length
      yield chunk
      askedAtMs = this.#nowMs()
    }
    account.outsideMs += this.#nowMs() - askedAtMs
  }

  *#outside<Value>(value: Value, account: Account): Generator<Value, void, void> {
    const givenAtMs = this.#nowMs()
    try {
      yield value
    } finally {
      account.outsideMs += this.#nowMs() - givenAtMs
    }
  }

  #tell(over: {
    readonly operation: BlobCall['operation']
    readonly key: string
    readonly startMs: number
    readonly account: Account
    readonly outcome: string
  }): void {
    const { operation, key, startMs, account, outcome } = over
    const { bytes, objects, outsideMs } = account
    try {
      this.#onCall({ operation, key, bytes, objects, durationMs: this.#nowMs() - startMs - outsideMs, outcome })
    } catch {
      // Whoever counts calls must not make them fail.
    }
  }
}

function outcomeOf(error: unknown): string {
  return KbackupError.is(error) ? error.code : 'aborted'
}
