import { KbackupError } from '../errors/kbackup-error.ts'
import type { BlobBody } from './blob-body.ts'
import { blobNotFound, isUnknownOutcome } from './blob-error.ts'
import type { BlobCallOptions, BlobInfo, BlobStore, GetOptions, PutOptions } from './blob-store.ts'
import { compareBlobKeys } from './keys.ts'
import { MAX_READS, type RetryPolicy, retryDelayMs, waitForRetry } from './retry-policy.ts'
import type { UnfinishedUpload, UnfinishedUploads } from './unfinished-uploads.ts'

/** One failure that will be tried again. */
export interface BlobRetry {
  readonly operation: 'put' | 'get' | 'head' | 'list' | 'delete'
  readonly key: string
  /** The number of the attempt that failed, from 1. */
  readonly attempt: number
  readonly delayMs: number
  readonly error: KbackupError
}

export interface RetryingBlobStoreOptions extends RetryPolicy {
  readonly onRetry?: ((retry: BlobRetry) => void) | undefined
}

/**
 * Tries again what the error itself calls `retryable`, after jittered waits that grow and are as long as the store asked
 * for, and never makes an unknown outcome look certain:
 *
 * - A `put` of a stream is tried once, since a stream cannot be read twice.
 * - A `put` with `ifAbsent` that finds an object after an attempt of unknown outcome reads it back: equal bytes mean that
 *   it has succeeded, other bytes that it has lost (`KB_BLOB_EXISTS`), and where that cannot be learned it stays unknown.
 * - A `put` or `delete` that ends in a definite failure after an attempt of unknown outcome is `KB_STORE_UNAVAILABLE`.
 * - A listing goes on behind the last key it gave; attempts are counted anew whenever it has got on.
 */
export function retryingBlobStore(inner: BlobStore, options: RetryingBlobStoreOptions = {}): BlobStore {
  return new RetryingBlobStore(inner, options)
}

/** The store beneath, whose calls are tried once: for whoever must hear its very answer. */
export function withoutRetries(store: BlobStore): BlobStore {
  return store instanceof RetryingBlobStore ? withoutRetries(store.inner) : store
}

interface Call extends Pick<BlobRetry, 'operation' | 'key'> {
  readonly signal: AbortSignal | undefined
}

class RetryingBlobStore implements BlobStore {
  readonly name: string
  readonly releasesChunks: boolean | undefined
  readonly mayCreate: BlobStore['mayCreate']
  readonly facts: BlobStore['facts']
  readonly removeEmptyFolders: BlobStore['removeEmptyFolders']
  readonly unfinishedUploads: UnfinishedUploads | undefined
  readonly inner: BlobStore
  readonly #options: RetryingBlobStoreOptions

  constructor(inner: BlobStore, options: RetryingBlobStoreOptions) {
    this.name = inner.name
    this.releasesChunks = inner.releasesChunks
    this.mayCreate = inner.mayCreate?.bind(inner)
    this.facts = inner.facts?.bind(inner)
    this.removeEmptyFolders = inner.removeEmptyFolders?.bind(inner)
    this.inner = inner
    this.#options = options
    const uploads = inner.unfinishedUploads
    this.unfinishedUploads = uploads && {
      list: (prefix, listing) => this.#listUploads(uploads, prefix, listing),
      discard: (upload, call) => this.#discardUpload(uploads, upload, call),
    }
  }

  async put(key: string, body: BlobBody, options: PutOptions = {}): Promise<void> {
    if (!(body instanceof Uint8Array)) return this.inner.put(key, body, options)
    const { signal } = options
    await this.#attempts({ operation: 'put', key, signal }, async (unknown) => {
      try {
        await this.inner.put(key, body, options)
      } catch (error) {
        if (unknown === undefined || !KbackupError.is(error, 'KB_BLOB_EXISTS')) throw error
        if (!(await this.#holds(key, body, signal))) throw error
      }
    })
  }

  get(key: string, options: GetOptions = {}): Promise<Buffer> {
    return this.#attempts({ operation: 'get', key, signal: options.signal }, () => this.inner.get(key, options))
  }

  head(key: string, options: BlobCallOptions = {}): Promise<BlobInfo | undefined> {
    return this.#attempts({ operation: 'head', key, signal: options.signal }, () => this.inner.head(key, options))
  }

  async *list(prefix: string, options: BlobCallOptions = {}): AsyncGenerator<BlobInfo, void, void> {
    const call: Call = { operation: 'list', key: prefix, signal: options.signal }
    let last: string | undefined
    for (let attempt = 1; ; attempt += 1) {
      try {
        for await (const info of this.inner.list(prefix, options)) {
          if (last !== undefined && compareBlobKeys(info.key, last) <= 0) continue
          last = info.key
          attempt = 1
          yield info
        }
        return
      } catch (error) {
        await this.#backOff(call, attempt, error)
      }
    }
  }

  delete(key: string, options: BlobCallOptions = {}): Promise<void> {
    return this.#attempts({ operation: 'delete', key, signal: options.signal }, () => this.inner.delete(key, options))
  }

  /** From the beginning after a failure: uploads come in no order. */
  async *#listUploads(
    uploads: UnfinishedUploads,
    prefix: string,
    { signal }: BlobCallOptions = {},
  ): AsyncGenerator<UnfinishedUpload, void, void> {
    const given = new Set<string>()
    for (let attempt = 1; ; attempt += 1) {
      try {
        for await (const upload of uploads.list(prefix, { signal })) {
          if (given.has(upload.id)) continue
          given.add(upload.id)
          attempt = 1
          yield upload
        }
        return
      } catch (error) {
        await this.#backOff({ operation: 'list', key: prefix, signal }, attempt, error)
      }
    }
  }

  #discardUpload(
    uploads: UnfinishedUploads,
    upload: UnfinishedUpload,
    { signal }: BlobCallOptions = {},
  ): Promise<void> {
    const call: Call = { operation: 'delete', key: upload.key, signal }
    return this.#attempts(call, () => uploads.discard(upload, { signal }))
  }

  async #attempts<Value>(call: Call, perform: (unknown?: KbackupError) => Promise<Value>): Promise<Value> {
    let unknown: KbackupError | undefined
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await perform(unknown)
      } catch (error) {
        const outcome = isWrite(call) ? stillUnknown(error, unknown) : error
        if (isUnknownOutcome(outcome)) unknown = outcome
        await this.#backOff(call, attempt, outcome)
      }
    }
  }

  /** Waits before the next attempt, or throws the error if there is to be none. */
  async #backOff({ operation, key, signal }: Call, attempt: number, error: unknown): Promise<void> {
    const delayMs = retryDelayMs(error, attempt, this.#options)
    if (delayMs === undefined || !KbackupError.is(error)) throw error
    this.#options.onRetry?.({ operation, key, attempt, delayMs, error })
    await waitForRetry(delayMs, this.#options, signal)
  }

  /** Whether the object is these bytes. That another writer wrote equal bytes is no loss: the caller wanted them there. */
  async #holds(key: string, bytes: Uint8Array, signal: AbortSignal | undefined): Promise<boolean> {
    try {
      const info = await this.inner.head(key, { signal })
      if (info === undefined) throw blobNotFound(this.name, key)
      if (info.size !== bytes.length) return false
      // Bytes that were changed on the way are not those of another writer.
      for (let reads = 0; reads < MAX_READS; reads += 1) {
        if ((await this.inner.get(key, { signal })).equals(bytes)) return true
      }
      return false
    } catch (error) {
      throw signal?.aborted === true ? error : unreadable(error, key)
    }
  }
}

function isWrite({ operation }: Call): boolean {
  return operation === 'put' || operation === 'delete'
}

/** A definite failure tells nothing of the attempt before it; only what was found at the key does. */
function stillUnknown(error: unknown, unknown: KbackupError | undefined): unknown {
  if (unknown === undefined || !KbackupError.is(error)) return error
  if (isUnknownOutcome(error) || error.code === 'KB_BLOB_EXISTS') return error
  return new KbackupError('KB_STORE_UNAVAILABLE', {
    message: `${error.message}; whether an earlier attempt took effect is unknown (${unknown.message})`,
    hint: error.hint,
    details: error.details,
    retryable: error.retryable,
    cause: error,
  })
}

function unreadable(error: unknown, key: string): KbackupError {
  const passing = KbackupError.is(error) && (error.retryable || error.code === 'KB_BLOB_NOT_FOUND')
  return new KbackupError('KB_STORE_UNAVAILABLE', {
    message: `${key} exists after an attempt of unknown outcome, and could not be read back to see whose it is`,
    hint: 'The one who creates objects must be able to read them.',
    details: { key },
    retryable: passing,
    cause: error,
  })
}
