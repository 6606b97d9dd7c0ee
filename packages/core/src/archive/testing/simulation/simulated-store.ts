import { KbackupError } from '../../../errors/kbackup-error.ts'
import { blobBodyBytes } from '../../../storage/blob-body.ts'
import type { BlobCallOptions, BlobInfo, BlobStore, GetOptions, PutOptions } from '../../../storage/blob-store.ts'
import type { MemoryBlobStore } from '../../../testing/memory-blob-store.ts'
import { BACKUP_ID } from '../commit-fixture.ts'
import type { Turns } from './turns.ts'
import type { Witness } from './witness.ts'

/** What a process may do: a writer creates, a cleaner also deletes, a reader deletes nothing but pins. */
export type Role = 'writer' | 'cleaner' | 'reader'

export interface SimulatedStoreOptions {
  readonly inner: MemoryBlobStore
  readonly turns: Turns
  readonly witness: Witness
  /** The process whose requests these are. */
  readonly owner: string
  readonly role: Role
  /** How often requests go wrong: 1 as usual, 0 never. */
  readonly trouble: () => number
}

/** A read meets another process's turn that often; more would only cost time, since what it reads hardly ever changes. */
const READ_WAITS = 0.15
const READ_FAILS = 0.01
const WRITE_FAILS = 0.15
const LONGEST_DELAY = 60

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
    this.#assertMayPut(key, options)
    await turns.wait(owner)
    if (this.#strikes(WRITE_FAILS)) return this.#loseRequest(key, bytes, options)
    await inner.put(key, bytes, options)
    await this.#answer()
  }

  async get(key: string, options: GetOptions = {}): Promise<Buffer> {
    await this.#read()
    return this.#options.inner.get(key, options)
  }

  async head(key: string, options: BlobCallOptions = {}): Promise<BlobInfo | undefined> {
    await this.#read()
    return this.#options.inner.head(key, options)
  }

  async *list(prefix: string, options: BlobCallOptions = {}): AsyncGenerator<BlobInfo, void, void> {
    await this.#read()
    yield* this.#options.inner.list(prefix, options)
  }

  async delete(key: string): Promise<void> {
    const { inner, turns, owner, role, witness } = this.#options
    await turns.wait(owner)
    const isPin = key.startsWith(`${BACKUP_ID}/pins/`)
    if (role === 'writer' || (role === 'reader' && !isPin)) witness.fault(`${owner} may not delete ${key}`)
    if (!isPin) witness.deleting(key)
    if (this.#strikes(WRITE_FAILS)) throw unavailable()
    await inner.delete(key)
    await this.#answer()
  }

  async #read(): Promise<void> {
    const { turns, owner } = this.#options
    if (turns.chance(READ_WAITS)) await turns.wait(owner)
    if (this.#strikes(READ_FAILS)) throw unavailable()
  }

  /** Nothing but the manifest is ever written over. */
  #assertMayPut(key: string, { ifAbsent }: PutOptions): void {
    if (ifAbsent === true || key === `${BACKUP_ID}/manifest.json`) return
    this.#options.witness.fault(`${this.#options.owner} would overwrite ${key}`)
  }

  /** The request never arrives, or it arrives when its sender has given it up. */
  #loseRequest(key: string, bytes: Buffer, options: PutOptions): never {
    if (this.#options.turns.chance(0.6)) void this.#landLater(key, bytes, options)
    throw unavailable()
  }

  async #landLater(key: string, bytes: Buffer, options: PutOptions): Promise<void> {
    const { turns, inner } = this.#options
    // On the network, not in the process: it lands even if the process is gone.
    await turns.waitFor('network', 1 + turns.below(LONGEST_DELAY))
    try {
      await inner.put(key, bytes, options)
    } catch (error) {
      if (!KbackupError.is(error, 'KB_BLOB_EXISTS')) throw error
    }
  }

  async #answer(): Promise<void> {
    await this.#options.turns.wait(this.#options.owner)
    if (this.#strikes(WRITE_FAILS)) throw unavailable()
  }

  #strikes(share: number): boolean {
    return this.#options.turns.chance(share * this.#options.trouble())
  }
}

function unavailable(): KbackupError {
  return new KbackupError('KB_STORE_UNAVAILABLE', { message: 'the simulated store did not answer' })
}
