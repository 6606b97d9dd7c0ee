import { KbackupError } from '../errors/kbackup-error.ts'
import { pause } from '../memory/pause.ts'
import { blobBodyBytes, blobBodyChunks, untilAborted } from '../storage/blob-body.ts'
import type { BlobCallOptions, BlobInfo, BlobStore, GetOptions, PutOptions } from '../storage/blob-store.ts'
import type { BlobCall, BlobFault, BlobFaultSchedule, BlobOperation } from './blob-fault.ts'

/** One call of a {@link FaultBlobStore}: what was asked, what went wrong, what the caller heard. */
export interface BlobLogEntry extends BlobCall {
  readonly fault: BlobFault['kind'] | undefined
  /** `pending` while the call runs; what a rejected call was rejected with. */
  readonly outcome: 'pending' | 'ok' | { readonly error: unknown }
}

export interface FaultBlobStoreOptions {
  /** What goes wrong, call by call; nothing by default. */
  readonly schedule?: BlobFaultSchedule | undefined
  /** How `delay` waits; real time by default. */
  readonly sleep?: ((delayMs: number, signal?: AbortSignal) => Promise<unknown>) | undefined
}

interface LatePut {
  readonly landsAtStep: number
  readonly land: () => Promise<void>
}

interface FaultedCall {
  readonly call: BlobCall
  readonly fault: BlobFault | undefined
  readonly signal: AbortSignal | undefined
}

/**
 * Wraps a store and makes its calls go wrong on schedule, deterministically; for crash tests of what uses a store.
 *
 * `log` tells every call in the order in which they began. A late put holds its body in memory until it lands.
 */
export class FaultBlobStore implements BlobStore {
  readonly name: string
  readonly #inner: BlobStore
  readonly #schedule: BlobFaultSchedule
  readonly #sleep: (delayMs: number, signal?: AbortSignal) => Promise<unknown>
  readonly #log: BlobLogEntry[] = []
  #latePuts: readonly LatePut[] = []
  #halted = false

  constructor(inner: BlobStore, options: FaultBlobStoreOptions = {}) {
    this.name = inner.name
    this.#inner = inner
    this.#schedule = options.schedule ?? (() => undefined)
    this.#sleep = options.sleep ?? pause
  }

  /** The calls so far, in the order in which they began. */
  get log(): readonly BlobLogEntry[] {
    return this.#log
  }

  /** How many puts were reported as failed and have yet to land. */
  get latePutCount(): number {
    return this.#latePuts.length
  }

  put(key: string, body: Uint8Array | AsyncIterable<Uint8Array>, options: PutOptions = {}): Promise<void> {
    return this.#run('put', key, options.signal, (faulted) => this.#put(faulted, body, options))
  }

  get(key: string, options: GetOptions = {}): Promise<Buffer> {
    return this.#run('get', key, options.signal, async ({ call, fault }) => {
      const bytes = await this.#inner.get(key, options)
      if (fault?.kind === 'flip-byte') flipByte(bytes, fault.at)
      return this.#answer(bytes, { call, fault })
    })
  }

  head(key: string, options: BlobCallOptions = {}): Promise<BlobInfo | undefined> {
    return this.#run('head', key, options.signal, async (faulted) =>
      this.#answer(await this.#inner.head(key, options), faulted),
    )
  }

  async *list(prefix: string, options: BlobCallOptions = {}): AsyncGenerator<BlobInfo, void, void> {
    const faulted = await this.#run('list', prefix, options.signal, async (begun) => begun)
    try {
      yield* this.#inner.list(prefix, options)
      this.#answer(undefined, faulted)
    } catch (error) {
      this.#note(faulted.call, { error })
      throw error
    }
  }

  delete(key: string, options: BlobCallOptions = {}): Promise<void> {
    return this.#run('delete', key, options.signal, async (faulted) =>
      this.#answer(await this.#inner.delete(key, options), faulted),
    )
  }

  /** Lets every late put take effect now, in the order in which they were made. */
  async landLatePuts(): Promise<void> {
    const due = this.#latePuts
    this.#latePuts = []
    for (const { land } of due) await land()
  }

  async #run<Value>(
    operation: BlobOperation,
    key: string,
    signal: AbortSignal | undefined,
    perform: (faulted: FaultedCall) => Promise<Value>,
  ): Promise<Value> {
    const call: BlobCall = { step: this.#log.length + 1, operation, key }
    const fault = this.#halted ? undefined : this.#schedule(call)
    this.#log.push({ ...call, fault: fault?.kind, outcome: 'pending' })
    try {
      await this.#begin({ call, fault, signal })
      const value = await perform({ call, fault, signal })
      this.#note(call, 'ok')
      return value
    } catch (error) {
      this.#note(call, { error })
      throw error
    }
  }

  async #begin({ call, fault, signal }: FaultedCall): Promise<void> {
    if (this.#halted) throw unavailable(call, 'the process has been halted')
    signal?.throwIfAborted()
    await this.#landDue(call.step)
    if (fault?.kind === 'fail-before') throw fault.error ?? unavailable(call, 'it failed before it took effect')
    if (fault?.kind === 'halt' && fault.when === 'before') throw this.#halt(call)
    if (fault?.kind === 'hang') await untilAborted(new Promise<never>(() => undefined), signal)
    if (fault?.kind === 'delay') await this.#sleep(fault.delayMs, signal)
    signal?.throwIfAborted()
  }

  async #put(faulted: FaultedCall, body: Uint8Array | AsyncIterable<Uint8Array>, options: PutOptions): Promise<void> {
    const { call, fault } = faulted
    if (fault?.kind === 'torn-put') return this.#tear(faulted, body)
    if (fault?.kind === 'late-put') return this.#postpone(faulted, body, options)
    await this.#inner.put(call.key, fault?.kind === 'flip-byte' ? await flipped(body, fault.at) : body, options)
    this.#answer(undefined, faulted)
  }

  async #tear({ call, fault, signal }: FaultedCall, body: Uint8Array | AsyncIterable<Uint8Array>): Promise<never> {
    const wanted = fault?.kind === 'torn-put' ? fault.afterBytes : undefined
    const limit = wanted ?? (body instanceof Uint8Array ? body.length / 2 : 1)
    let taken = 0
    for await (const chunk of blobBodyChunks(body, signal)) {
      taken += chunk.length
      if (taken >= limit) break
    }
    throw unavailable(call, 'it was cut off while the body was sent')
  }

  async #postpone(
    { call, fault, signal }: FaultedCall,
    body: Uint8Array | AsyncIterable<Uint8Array>,
    { ifAbsent }: PutOptions,
  ): Promise<never> {
    const bytes = await blobBodyBytes(body, signal)
    const steps = fault?.kind === 'late-put' ? fault.landsAfterSteps : undefined
    const landsAtStep = steps === undefined ? Number.POSITIVE_INFINITY : call.step + steps
    const land = async (): Promise<void> => {
      try {
        await this.#inner.put(call.key, bytes, { ifAbsent })
      } catch (error) {
        if (!KbackupError.is(error, 'KB_BLOB_EXISTS')) throw error
      }
    }
    this.#latePuts = [...this.#latePuts, { landsAtStep, land }]
    throw unavailable(call, 'nobody answered in time')
  }

  async #landDue(step: number): Promise<void> {
    const due = this.#latePuts.filter(({ landsAtStep }) => landsAtStep <= step)
    this.#latePuts = this.#latePuts.filter(({ landsAtStep }) => landsAtStep > step)
    for (const { land } of due) await land()
  }

  #answer<Value>(value: Value, { call, fault }: Omit<FaultedCall, 'signal'>): Value {
    if (fault?.kind === 'fail-after') throw unavailable(call, 'the answer was lost after it took effect')
    if (fault?.kind === 'halt') throw this.#halt(call)
    return value
  }

  #halt(call: BlobCall): KbackupError {
    this.#halted = true
    return unavailable(call, 'the process was halted')
  }

  #note(call: BlobCall, outcome: BlobLogEntry['outcome']): void {
    const entry = this.#log[call.step - 1]
    if (entry !== undefined) this.#log[call.step - 1] = { ...entry, outcome }
  }
}

function unavailable({ operation, key, step }: BlobCall, why: string): KbackupError {
  return new KbackupError('KB_STORE_UNAVAILABLE', {
    message: `${operation} ${key} failed by schedule at step ${step}: ${why}`,
    details: { operation, key, step },
  })
}

async function flipped(body: Uint8Array | AsyncIterable<Uint8Array>, at: number | undefined): Promise<Buffer> {
  const bytes = await blobBodyBytes(body)
  flipByte(bytes, at)
  return bytes
}

function flipByte(bytes: Buffer, at = Math.floor(bytes.length / 2)): void {
  const byte = bytes[at]
  if (byte !== undefined) bytes[at] = byte ^ 0x01
}
