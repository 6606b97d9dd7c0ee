import { KbackupError } from '../../../errors/kbackup-error.ts'
import { blobBodyBytes } from '../../../storage/blob-body.ts'
import type { BlobCallOptions, BlobInfo, BlobStore, GetOptions, PutOptions } from '../../../storage/blob-store.ts'
import type { MemoryBlobStore } from '../../../testing/memory-blob-store.ts'
import type { Turns } from './turns.ts'

export interface SimulatedStoreOptions {
  readonly inner: MemoryBlobStore
  readonly turns: Turns
  /** The process whose requests these are. */
  readonly owner: string
  /** The share of requests that go wrong. */
  readonly faultRate: () => number
}

/**
 * The one store of a simulation as one process sees it: each request takes effect at a moment drawn from the seed, its answer
 * comes at another, and either may be lost. What a killed process has sent may still land.
 */
export class SimulatedStore implements BlobStore {
  readonly name = 'simulated'
  readonly #options: SimulatedStoreOptions

  constructor(options: SimulatedStoreOptions) {
    this.#options = options
  }

  async put(key: string, body: Uint8Array | AsyncIterable<Uint8Array>, options: PutOptions = {}): Promise<void> {
    const { inner, turns, owner } = this.#options
    const bytes = await blobBodyBytes(body)
    await turns.wait(owner)
    if (this.#strikes()) return this.#loseRequest(key, bytes, options)
    await inner.put(key, bytes, options)
    await this.#answer()
  }

  async get(key: string, options: GetOptions = {}): Promise<Buffer> {
    const { inner, turns, owner } = this.#options
    await turns.wait(owner)
    if (this.#strikes()) throw unavailable()
    return inner.get(key, options)
  }

  async head(key: string, options: BlobCallOptions = {}): Promise<BlobInfo | undefined> {
    await this.#options.turns.wait(this.#options.owner)
    return this.#options.inner.head(key, options)
  }

  async *list(prefix: string, options: BlobCallOptions = {}): AsyncGenerator<BlobInfo, void, void> {
    await this.#options.turns.wait(this.#options.owner)
    if (this.#strikes()) throw unavailable()
    yield* this.#options.inner.list(prefix, options)
  }

  async delete(key: string): Promise<void> {
    await this.#options.turns.wait(this.#options.owner)
    await this.#options.inner.delete(key)
  }

  /** The request never arrives, or it arrives when its sender has given it up. */
  #loseRequest(key: string, bytes: Buffer, options: PutOptions): never {
    if (this.#options.turns.chance(0.5)) void this.#landLater(key, bytes, options)
    throw unavailable()
  }

  async #landLater(key: string, bytes: Buffer, options: PutOptions): Promise<void> {
    const delay = 1 + this.#options.turns.below(30)
    // On the network, not in the process: it lands even if the process is gone.
    for (let turn = 0; turn < delay; turn++) await this.#options.turns.wait('network')
    try {
      await this.#options.inner.put(key, bytes, options)
    } catch (error) {
      if (!KbackupError.is(error, 'KB_BLOB_EXISTS')) throw error
    }
  }

  async #answer(): Promise<void> {
    await this.#options.turns.wait(this.#options.owner)
    if (this.#strikes()) throw unavailable()
  }

  #strikes(): boolean {
    return this.#options.turns.chance(this.#options.faultRate())
  }
}

function unavailable(): KbackupError {
  return new KbackupError('KB_STORE_UNAVAILABLE', { message: 'the simulated store did not answer' })
}
