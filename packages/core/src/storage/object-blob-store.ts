import { KbackupError } from '../errors/kbackup-error.ts'
import { ByteBudget } from '../memory/byte-budget.ts'
import { withOwnSignal } from '../memory/with-own-signal.ts'
import { type BlobBody, untilAborted } from './blob-body.ts'
import { assertByteRange } from './blob-error.ts'
import type { BlobCallOptions, BlobInfo, BlobStore, ByteRange, GetOptions, PutOptions } from './blob-store.ts'
import { ForeignAnswer } from './foreign-answer.ts'
import { keyPrefix } from './key-prefix.ts'
import { assertBlobKey, assertBlobPrefix, compareBlobKeys, isBlobKey } from './keys.ts'
import type { ListRequest, ObjectService, ObjectUpload, UploadRequest } from './object-service.ts'
import { PartMemory } from './part-memory.ts'
import type { RetryPolicy } from './retry-policy.ts'
import { retryingBlobStore } from './retrying-blob-store.ts'
import { type ServiceCall, serviceError } from './service-failure.ts'
import { uploadStream } from './stream-upload.ts'
import type { UnfinishedUpload, UnfinishedUploads } from './unfinished-uploads.ts'
import { readWhole } from './whole-read.ts'

const MIB = 1024 * 1024
// A timer of Node.js that is set to more than 2^31 ms runs out at once, and adapters set it to a multiple of this.
const MAX_SILENCE_MS = 3_600_000
// What S3, Google Cloud Storage and Azure allow for a key, prefix included.
const MAX_WHOLE_KEY_BYTES = 1_024

/** What all stores of objects can be told beside what their service needs. */
export interface ObjectBlobStoreOptions {
  /** Where in the bucket the archives lie: `prod` or `prod/`; everything lies at its top by default. */
  readonly prefix?: string | undefined
  /** The length of the parts in which streams are uploaded; 8 MiB by default, at least 5 MiB. */
  readonly partBytes?: number | undefined
  /** How many parts of one stream are on their way at once; 4 by default. */
  readonly maxPartsInFlight?: number | undefined
  /** How many parts all streams together hold in memory beside the first of each; 4 by default. */
  readonly maxSpareParts?: number | undefined
  /**
   * How parts of a stream are repeated: 6 tries, after 200 ms and then twice as long each time, up to 10 s. Whole calls are
   * not: see `retryingBlobStore`.
   */
  readonly retry?: RetryPolicy | undefined
  /**
   * After how many milliseconds of silence, up to an hour, a request is given up, as `KB_STORE_UNAVAILABLE`; 30,000 by default,
   * and four times as many for the completion of an upload.
   */
  readonly silenceMs?: number | undefined
}

/**
 * A `BlobStore` over the single requests of a cloud service; every adapter of such a service is made of it.
 *
 * Each call is tried once, but for the parts of a stream, which nobody could repeat from outside. Memory of a stream: its
 * first part, and its share of the spare parts.
 *
 * @throws KbackupError `KB_CONFIG_INVALID` for a prefix that no key can have, a part length that services refuse, or counts
 * below 1.
 */
export function objectBlobStore(service: ObjectService, options: ObjectBlobStoreOptions = {}): BlobStore {
  const { partBytes = 8 * MIB } = options
  if (!Number.isSafeInteger(partBytes) || partBytes < 5 * MIB) {
    throw new KbackupError('KB_CONFIG_INVALID', {
      message: `${service.name}: partBytes is ${partBytes}`,
      hint: 'Give at least 5 MiB (5,242,880): services refuse shorter parts.',
    })
  }
  assertCount(service, 'maxPartsInFlight', options)
  assertCount(service, 'maxSpareParts', options)
  assertCount(service, 'silenceMs', options)
  return new ObjectBlobStore(service, { ...options, partBytes })
}

function assertCount(
  { name: store }: ObjectService,
  name: 'maxPartsInFlight' | 'maxSpareParts' | 'silenceMs',
  { [name]: count = 1 }: ObjectBlobStoreOptions,
): void {
  const most = name === 'silenceMs' ? MAX_SILENCE_MS : Number.MAX_SAFE_INTEGER
  if (Number.isSafeInteger(count) && count >= 1 && count <= most) return
  throw new KbackupError('KB_CONFIG_INVALID', {
    message: `${store}: ${name} is ${count}`,
    hint: `Give a whole number from 1 to ${most}.`,
  })
}

class ObjectBlobStore implements BlobStore {
  readonly name: string
  readonly unfinishedUploads: UnfinishedUploads | undefined
  readonly facts: BlobStore['facts']
  readonly #service: ObjectService
  readonly #prefix: string
  readonly #options: ObjectBlobStoreOptions & { readonly partBytes: number }
  readonly #spareParts: ByteBudget
  readonly #partMemory: PartMemory

  constructor(service: ObjectService, options: ObjectBlobStoreOptions & { readonly partBytes: number }) {
    this.#prefix = keyPrefix(options.prefix)
    this.name = `${service.name}/${this.#prefix}`.replace(/\/$/, '')
    this.#service = service
    this.#options = options
    // A budget of parts: each takes one "byte".
    this.#spareParts = new ByteBudget(options.maxSpareParts ?? 4)
    this.#partMemory = new PartMemory(options.partBytes)
    const facts = service.facts?.bind(service)
    this.facts =
      facts &&
      (({ signal } = {}) =>
        this.#request('head', { key: this.#prefix, signal }, (own) => facts(this.#prefix, { signal: own })))
    if (service.listUploads === undefined || service.discardUpload === undefined) return
    this.unfinishedUploads = {
      list: (prefix, { signal } = {}) => this.#uploads(prefix, signal),
      discard: (upload, { signal } = {}) => this.#discardUpload(upload, signal),
    }
  }

  async put(key: string, body: BlobBody, options: PutOptions = {}): Promise<void> {
    const wholeKey = this.#wholeKey(key)
    const { ifAbsent = false, signal } = options
    signal?.throwIfAborted()
    const request: UploadRequest = { key: wholeKey, ifAbsent, signal }
    if (!(body instanceof Uint8Array)) return this.#putStream(key, body, request)
    await this.#request('put', request, (own) => this.#service.put({ ...request, bytes: body, signal: own }))
  }

  async get(key: string, { range, signal }: GetOptions = {}): Promise<Buffer> {
    const wholeKey = this.#wholeKey(key)
    signal?.throwIfAborted()
    if (range !== undefined) assertByteRange({ store: this.#service.name, key: wholeKey, range })
    return withOwnSignal(signal, (own) => untilAborted(this.#read(wholeKey, range, own), own))
  }

  async head(key: string, { signal }: BlobCallOptions = {}): Promise<BlobInfo | undefined> {
    const wholeKey = this.#wholeKey(key)
    try {
      const info = await this.#request('head', { key: wholeKey, signal }, (own) =>
        this.#service.head(wholeKey, { signal: own }),
      )
      return { ...info, key }
    } catch (error) {
      if (KbackupError.is(error, 'KB_BLOB_NOT_FOUND')) return undefined
      throw error
    }
  }

  async *list(prefix: string, { signal }: BlobCallOptions = {}): AsyncGenerator<BlobInfo, void, void> {
    assertBlobPrefix(prefix)
    let last = ''
    for await (const info of this.#objects(this.#prefix + prefix, signal)) {
      if (compareBlobKeys(info.key, last) < 0) throw this.#outOfOrder(last, info.key)
      last = info.key
      const key = info.key.slice(this.#prefix.length)
      // Markers of folders and other people's objects are none of ours.
      if (isBlobKey(key)) yield { ...info, key }
      signal?.throwIfAborted()
    }
  }

  async delete(key: string, { signal }: BlobCallOptions = {}): Promise<void> {
    const wholeKey = this.#wholeKey(key)
    try {
      await this.#request('delete', { key: wholeKey, signal }, (own) => this.#service.delete(wholeKey, { signal: own }))
    } catch (error) {
      if (!KbackupError.is(error, 'KB_BLOB_NOT_FOUND')) throw error
    }
  }

  async *#uploads(prefix: string, signal: AbortSignal | undefined): AsyncGenerator<UnfinishedUpload, void, void> {
    assertBlobPrefix(prefix)
    const whole = this.#prefix + prefix
    let continuation: string | undefined
    do {
      const request: ListRequest = { prefix: whole, continuation }
      const page = await this.#request('list', { key: whole, signal }, async (own) =>
        this.#service.listUploads?.({ ...request, signal: own }),
      )
      for (const upload of page?.uploads ?? []) {
        const key = upload.key.slice(this.#prefix.length)
        // Other people's uploads are none of ours.
        if (upload.key.startsWith(whole) && isBlobKey(key)) yield { ...upload, key }
      }
      continuation = page?.next
    } while (continuation !== undefined)
  }

  async #discardUpload(upload: UnfinishedUpload, signal: AbortSignal | undefined): Promise<void> {
    const key = this.#wholeKey(upload.key)
    await this.#request('delete', { key, signal }, async (own) =>
      this.#service.discardUpload?.({ ...upload, key }, { signal: own }),
    )
  }

  async *#objects(prefix: string, signal: AbortSignal | undefined): AsyncGenerator<BlobInfo, void, void> {
    let continuation: string | undefined
    do {
      const request: ListRequest = { prefix, continuation }
      const page = await this.#request('list', { key: prefix, signal }, (own) =>
        this.#service.listPage({ ...request, signal: own }),
      )
      yield* page.objects
      continuation = page.next
    } while (continuation !== undefined)
  }

  #putStream(key: string, body: AsyncIterable<Uint8Array>, request: UploadRequest): Promise<void> {
    const { ifAbsent, signal } = request
    const { maxPartsInFlight = 4, retry = {} } = this.#options
    return uploadStream({
      body,
      memory: this.#partMemory,
      maxParts: this.#service.maxParts,
      maxPartsInFlight: Math.min(maxPartsInFlight, this.#service.maxPartsInFlight ?? maxPartsInFlight),
      spareParts: this.#spareParts,
      retry,
      signal,
      putWhole: (bytes) => retryingBlobStore(this, retry).put(key, bytes, { ifAbsent, signal }),
      begin: () => this.#beginUpload(request),
      tooLarge: () => this.#tooLarge(request.key),
    })
  }

  async #beginUpload(request: UploadRequest): Promise<ObjectUpload> {
    const { key } = request
    const begin = (signal?: AbortSignal) => this.#service.beginUpload({ ...request, signal })
    const upload = await this.#request('put', request, begin)
    const put = <Value>({ signal }: BlobCallOptions, perform: (options: BlobCallOptions) => Promise<Value>) =>
      this.#request('put', { key, signal }, (own) => perform({ signal: own }))
    return {
      sendPart: (part, options) => put(options, (own) => upload.sendPart(part, own)),
      complete: (receipts, options) => put(options, (own) => upload.complete(receipts, own)),
      hasLanded: (options) => put(options, (own) => upload.hasLanded(own)),
      discard: (options) => put(options, (own) => upload.discard(own)),
    }
  }

  #read(key: string, range: ByteRange | undefined, signal: AbortSignal | undefined): Promise<Buffer> {
    return readWhole({
      store: this.#service.name,
      key,
      range,
      signal,
      open: async (request) => {
        try {
          return await this.#service.read(request)
        } catch (error) {
          throw this.#errorOf('get', key, error)
        }
      },
      errorOf: (error) => this.#errorOf('get', key, error),
    })
  }

  async #request<Value>(
    operation: ServiceCall['operation'],
    { key, signal }: BlobCallOptions & { readonly key: string },
    perform: (own: AbortSignal | undefined) => Promise<Value>,
  ): Promise<Value> {
    signal?.throwIfAborted()
    try {
      return await withOwnSignal(signal, (own) => untilAborted(perform(own), own))
    } catch (error) {
      signal?.throwIfAborted()
      throw this.#errorOf(operation, key, error)
    }
  }

  /** The key as the service knows it. The key itself must be one: `../x` below a prefix would be another place. */
  #wholeKey(key: string): string {
    assertBlobKey(key)
    const whole = this.#prefix + key
    if (whole.length <= MAX_WHOLE_KEY_BYTES) return whole
    throw new KbackupError('KB_BLOB_KEY_INVALID', {
      message: `${this.name}: the prefix leaves ${MAX_WHOLE_KEY_BYTES - this.#prefix.length} bytes for a key, and ${key.slice(0, 80)}… has ${key.length}`,
      hint: 'Use a shorter prefix.',
      details: { store: this.#service.name, key: whole },
    })
  }

  #errorOf(operation: ServiceCall['operation'], key: string, error: unknown): unknown {
    if (KbackupError.is(error)) return error
    const known = error instanceof ForeignAnswer ? error.failure : this.#service.failureOf(error, operation)
    const reason = error instanceof Error ? error.name : 'for an unknown reason'
    return serviceError({ store: this.#service.name, operation, key }, known ?? { code: 'KB_STORE_FAILED', reason })
  }

  #tooLarge(key: string): KbackupError {
    const { partBytes } = this.#options
    return new KbackupError('KB_BLOB_TOO_LARGE', {
      message: `${this.#service.name}: put of ${key} failed: it has more than ${this.#service.maxParts} parts of ${partBytes} bytes`,
      hint: 'Use smaller segments, or larger parts.',
      details: { store: this.#service.name, operation: 'put', key, partBytes },
    })
  }

  #outOfOrder(before: string, key: string): KbackupError {
    return new KbackupError('KB_STORE_FAILED', {
      message: `${this.name}: the listing gives ${key} after ${before}, which is not the order of their bytes`,
      hint: 'Listings of this kind of bucket are not sorted; use an ordinary bucket.',
      details: { store: this.#service.name, operation: 'list', key },
    })
  }
}
