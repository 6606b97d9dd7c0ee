import { compareBlobKeys } from '../keys.ts'
import type {
  ListPage,
  ListRequest,
  ObjectRead,
  ObjectService,
  ObjectUpload,
  PutRequest,
  ReadRequest,
  UploadPage,
  UploadRequest,
} from '../object-service.ts'
import type { ServiceFailure, StoreErrorCode } from '../service-failure.ts'
import type { UnfinishedUpload } from '../unfinished-uploads.ts'

type Request = 'put' | 'begin' | 'part' | 'complete' | 'landed' | 'discard' | 'read' | 'head' | 'list' | 'delete'

/** What goes wrong with the next requests of a kind, one fault each. */
export interface ServiceFault {
  readonly request: Request
  /** Whether the request took effect all the same. */
  readonly took: boolean
  readonly code?: StoreErrorCode | undefined
}

interface StoredObject {
  readonly bytes: Buffer
  readonly version: string
}

class RequestError extends Error {
  readonly failure: ServiceFailure

  constructor(code: StoreErrorCode) {
    super('secret headers of a request')
    this.failure = { code, status: 500, serviceCode: 'Simulated' }
  }
}

/** A service in memory whose requests fail as a script says, and whose bodies break off where it says. */
export class MemoryObjectService implements ObjectService {
  readonly name = 'memory://bucket'
  readonly maxParts: number
  readonly log: Request[] = []
  readonly uploads = new Map<string, Map<number, Buffer>>()
  /** The most parts that were on their way at once. */
  highestPartsInFlight = 0
  /** How many bytes each of the next bodies gives before it breaks off. */
  breaksAfter: number[] = []
  readonly #objects = new Map<string, StoredObject>()
  readonly #keys = new Map<string, string>()
  readonly #faults: ServiceFault[]
  #partsInFlight = 0
  #count = 0

  constructor({ faults = [], maxParts = 100 }: { faults?: readonly ServiceFault[]; maxParts?: number } = {}) {
    this.#faults = [...faults]
    this.maxParts = maxParts
  }

  readonly failureOf = (error: unknown): ServiceFailure | undefined =>
    error instanceof RequestError ? error.failure : undefined

  put({ key, bytes, ifAbsent }: PutRequest): Promise<void> {
    return this.#perform('put', () => this.#store(key, Buffer.from(bytes), ifAbsent))
  }

  beginUpload({ key, ifAbsent }: UploadRequest): Promise<ObjectUpload> {
    return this.#perform('begin', () => {
      this.#count += 1
      const id = `upload-${this.#count}`
      const parts = new Map<number, Buffer>()
      this.uploads.set(id, parts)
      this.#keys.set(id, key)
      return {
        sendPart: async ({ number, bytes }) => {
          this.#partsInFlight += 1
          this.highestPartsInFlight = Math.max(this.highestPartsInFlight, this.#partsInFlight)
          await new Promise((resolve) => setImmediate(resolve))
          this.#partsInFlight -= 1
          return this.#perform('part', () => {
            if (!this.uploads.has(id)) throw new RequestError('KB_STORE_FAILED')
            parts.set(number, Buffer.from(bytes))
            return `${number}`
          })
        },
        complete: (receipts) =>
          this.#perform('complete', () => {
            if (!this.uploads.has(id)) throw new RequestError('KB_STORE_FAILED')
            const body = Buffer.concat(receipts.map((receipt) => parts.get(Number(receipt)) ?? Buffer.alloc(0)))
            this.#store(key, body, ifAbsent, id)
            this.uploads.delete(id)
          }),
        hasLanded: () => this.#perform('landed', () => this.#objects.get(key)?.version === id),
        discard: () => this.#perform('discard', () => void this.uploads.delete(id)),
      }
    })
  }

  read({ key, start, end, version }: ReadRequest): Promise<ObjectRead> {
    return this.#perform('read', () => {
      const object = this.#at(key)
      if (version !== undefined && version !== object.version) throw new RequestError('KB_STORE_UNAVAILABLE')
      if (start > 0 && start >= object.bytes.length) throw new RequestError('KB_BLOB_RANGE')
      const body = breaking(object.bytes.subarray(start, end), this.breaksAfter.shift())
      return { body, size: object.bytes.length, version: object.version }
    })
  }

  head(key: string) {
    return this.#perform('head', () => ({ key, size: this.#at(key).bytes.length, modifiedAtMs: Date.now() }))
  }

  listPage({ prefix, continuation = '' }: ListRequest): Promise<ListPage> {
    return this.#perform('list', () => {
      const keys = [...this.#objects.keys()].filter((key) => key.startsWith(prefix) && key > continuation)
      const page = keys.sort(compareBlobKeys).slice(0, 7)
      const objects = page.map((key) => ({ key, size: this.#at(key).bytes.length, modifiedAtMs: Date.now() }))
      return { objects, next: keys.length > page.length ? page.at(-1) : undefined }
    })
  }

  delete(key: string): Promise<void> {
    return this.#perform('delete', () => {
      this.#at(key)
      this.#objects.delete(key)
    })
  }

  listUploads({ prefix, continuation = '' }: ListRequest): Promise<UploadPage> {
    return this.#perform('list', () => {
      const begun = [...this.uploads].filter(
        ([id]) => (this.#keys.get(id) ?? '').startsWith(prefix) && id > continuation,
      )
      const page = begun.sort(([left], [right]) => compareBlobKeys(left, right)).slice(0, 2)
      const uploads = page.map(([id, parts]) => {
        const bytes = [...parts.values()].reduce((sum, part) => sum + part.length, 0)
        return { key: this.#keys.get(id) ?? '', id, startedAtMs: Date.now(), bytes }
      })
      return { uploads, next: begun.length > page.length ? page.at(-1)?.[0] : undefined }
    })
  }

  discardUpload({ id }: UnfinishedUpload): Promise<void> {
    return this.#perform('discard', () => void this.uploads.delete(id))
  }

  #store(key: string, bytes: Buffer, ifAbsent: boolean, version?: string): void {
    if (ifAbsent && this.#objects.has(key)) throw new RequestError('KB_BLOB_EXISTS')
    this.#count += 1
    this.#objects.set(key, { bytes, version: version ?? `version-${this.#count}` })
  }

  #at(key: string): StoredObject {
    const object = this.#objects.get(key)
    if (object === undefined) throw new RequestError('KB_BLOB_NOT_FOUND')
    return object
  }

  async #perform<Value>(request: Request, effect: () => Value): Promise<Value> {
    this.log.push(request)
    const index = this.#faults.findIndex((fault) => fault.request === request)
    const [fault] = index === -1 ? [] : this.#faults.splice(index, 1)
    if (fault === undefined) return effect()
    if (fault.took) effect()
    throw new RequestError(fault.code ?? 'KB_STORE_UNAVAILABLE')
  }
}

async function* breaking(bytes: Buffer, afterBytes: number | undefined): AsyncGenerator<Uint8Array, void, void> {
  const end = afterBytes === undefined ? bytes.length : Math.min(bytes.length, afterBytes)
  for (let start = 0; start < end; start += 100) yield bytes.subarray(start, Math.min(end, start + 100))
  if (afterBytes !== undefined) throw new RequestError('KB_STORE_UNAVAILABLE')
}
