import {
  type BlobBody,
  type BlobCallOptions,
  type BlobInfo,
  type BlobStore,
  type GetOptions,
  KbackupError,
  type PutOptions,
} from '@kbackup/core'
import { type BlobCall, type BlobFault, FaultBlobStore, seededRandom } from '@kbackup/core/testing'

const PUT_ERRORS: readonly BlobFault[] = [
  { kind: 'torn-put' },
  { kind: 'late-put', landsAfterSteps: 1 },
  { kind: 'late-put', landsAfterSteps: 4 },
]
const ERRORS: readonly BlobFault[] = [{ kind: 'fail-before' }, { kind: 'fail-after' }]

/** A store of a folder whose calls go wrong as a seed has it: no body is damaged on its way to a disk, but from it. */
export class FaultyFolder implements BlobStore {
  readonly name: string
  readonly counts: Record<string, number> = {}
  readonly #inner: FaultBlobStore
  #random: (() => number) | undefined

  constructor(inner: BlobStore) {
    this.name = inner.name
    this.#inner = new FaultBlobStore(inner, { schedule: (call) => this.#draw(call) })
  }

  reseed(seed: number): void {
    this.#random = seededRandom(seed)
  }

  landLatePuts(): Promise<void> {
    return this.#inner.landLatePuts()
  }

  put(key: string, body: BlobBody, options?: PutOptions): Promise<void> {
    return this.#inner.put(key, body, options)
  }

  get(key: string, options?: GetOptions): Promise<Buffer> {
    return this.#inner.get(key, options)
  }

  head(key: string, options?: BlobCallOptions): Promise<BlobInfo | undefined> {
    return this.#inner.head(key, options)
  }

  list(prefix: string, options?: BlobCallOptions): AsyncIterable<BlobInfo> {
    return this.#inner.list(prefix, options)
  }

  delete(key: string, options?: BlobCallOptions): Promise<void> {
    return this.#inner.delete(key, options)
  }

  #draw(call: BlobCall): BlobFault | undefined {
    this.#count('requests')
    const fault = this.#random && drawFault(call, this.#random)
    if (fault !== undefined) this.#count(fault.kind === 'fail-before' && 'error' in fault ? 'throttle' : fault.kind)
    return fault
  }

  #count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1
  }
}

function drawFault({ operation }: BlobCall, random: () => number): BlobFault | undefined {
  const drawn = random()
  if (drawn < 0.25) {
    const faults = operation === 'put' ? [...ERRORS, ...PUT_ERRORS] : ERRORS
    return faults[Math.floor(random() * faults.length)]
  }
  if (drawn < 0.55) return { kind: 'fail-before', error: throttled(1 + Math.floor(random() * 5)) }
  if (drawn < 0.56) return operation === 'get' ? { kind: 'flip-byte' } : undefined
  return drawn < 0.66 ? { kind: 'delay', delayMs: Math.ceil(random() * 20) } : undefined
}

function throttled(seconds: number): KbackupError {
  return new KbackupError('KB_STORE_THROTTLED', {
    message: 'the store asks for fewer requests, by schedule',
    details: { retryAfterMs: seconds * 1_000 },
  })
}
