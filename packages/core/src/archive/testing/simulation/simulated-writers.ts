import { KbackupError } from '../../../errors/kbackup-error.ts'
import { MemoryBlobStore } from '../../../testing/memory-blob-store.ts'
import type { ArchiveState } from '../../archive-state.ts'
import { type ArchiveWriter, openArchiveWriter } from '../../archive-writer.ts'
import type { CommitReference, SectionEntry } from '../../commit.ts'
import type { Environment } from '../../environment.ts'
import { BACKUP_ID, createOrders, EMPTY_DRAFT, newestOf, preconditionOf, sectionAt } from '../commit-fixture.ts'
import { SimulatedStore } from './simulated-store.ts'
import { Turns } from './turns.ts'

const PARTITIONS = 3
const COMMITS_EACH = 6
const WRITERS = 3
const MAX_LIVES = 6

/** A commit that a writer was told of. */
export interface Acknowledged {
  readonly reference: CommitReference
  readonly sections: readonly SectionEntry[]
}

/** What is left when everybody is done and the network is quiet. */
export interface SimulationOutcome {
  readonly store: MemoryBlobStore
  readonly acknowledged: readonly Acknowledged[]
  readonly fenced: number
  readonly kills: number
}

/**
 * Writers that want the same partitions, and a cleaner that removes what nobody names, on a store that loses requests and
 * answers, in processes that are killed and started again under their old writer id.
 */
export class WriterSimulation {
  readonly #turns: Turns
  readonly #inner = new MemoryBlobStore()
  readonly #acknowledged: Acknowledged[] = []
  #faultRate = 0.1
  #turnsTaken = 0
  #fenced = 0
  #kills = 0
  #running = 0

  constructor(seed: number) {
    this.#turns = new Turns(seed)
  }

  async run(): Promise<SimulationOutcome> {
    await this.#prepare()
    for (let writer = 0; writer < WRITERS; writer++) this.#start(`writer-${writer}`, 1)
    void this.#clean()
    await this.#turns.run(() => this.#afterTurn())
    return { store: this.#inner, acknowledged: this.#acknowledged, fenced: this.#fenced, kills: this.#kills }
  }

  async #prepare(): Promise<void> {
    const writer = await openArchiveWriter(this.#inner, BACKUP_ID, {
      createIfMissing: true,
      writerId: 'first',
      environment: this.#environment('first'),
    })
    await writer.commit(createOrders(PARTITIONS))
  }

  /** Everybody who is under way in the end must be able to finish. */
  #afterTurn(): void {
    this.#turnsTaken++
    if (this.#turnsTaken > 3_000) this.#faultRate = 0
  }

  #start(writerId: string, life: number): void {
    const owner = `${writerId}/${life}`
    this.#running++
    void this.#live(owner, writerId).then(
      () => this.#running--,
      (error: unknown) => this.#restart({ owner, writerId, life }, error),
    )
    if (life < MAX_LIVES && this.#turns.chance(0.5)) void this.#killLater({ owner, writerId, life })
  }

  #restart({ owner, writerId, life }: Life, error: unknown): void {
    if (!KbackupError.is(error, 'KB_STORE_UNAVAILABLE')) throw error
    this.#running--
    if (!this.#turns.isStopped(owner)) this.#start(writerId, life + 1)
  }

  async #killLater(one: Life): Promise<void> {
    const delay = this.#turns.below(60)
    for (let turn = 0; turn < delay; turn++) await this.#turns.wait('operator')
    if (this.#turns.isStopped(one.owner)) return
    this.#kills++
    this.#turns.stop(one.owner)
    this.#running--
    this.#start(one.writerId, one.life + 1)
  }

  async #live(owner: string, writerId: string): Promise<void> {
    const store = this.#storeOf(owner)
    const environment = this.#environment(owner)
    const writer = await openArchiveWriter(store, BACKUP_ID, {
      createIfMissing: true,
      writerId,
      environment,
      snapshotEveryCommits: 4,
    })
    for (let number = 0; number < COMMITS_EACH; number++) await this.#backUp(writer, store)
  }

  /** Uploads the next offsets of some partitions, then commits them; on a fence, what is not fenced is tried again by the next. */
  async #backUp(writer: ArchiveWriter, store: SimulatedStore): Promise<void> {
    const partitions = [0, 1, 2].filter(() => this.#turns.chance(0.5))
    const { state } = writer
    const sections = await Promise.all(partitions.map((partition) => this.#upload({ writer, store, state, partition })))
    const preconditions = partitions.map((partition) => preconditionOf(state, partition))
    try {
      const reference = await writer.commit({ ...EMPTY_DRAFT, preconditions, sections })
      this.#acknowledged.push({ reference, sections })
    } catch (error) {
      if (!KbackupError.is(error, 'KB_ARCHIVE_FENCED')) throw error
      this.#fenced++
    }
  }

  async #upload({ writer, store, state, partition }: Upload): Promise<SectionEntry> {
    const lineage = newestOf(state, partition)
    if (lineage === undefined) throw new Error('the simulation starts every lineage')
    const next = lineage.nextOffset + BigInt(1 + this.#turns.below(9))
    const section = sectionAt(
      lineage,
      [lineage.nextOffset, next],
      writer.segmentKey(lineage, lineage.nextOffset, 'zstd'),
    )
    for (;;) {
      try {
        await store.put(section.key, Buffer.from(section.key), { ifAbsent: true })
        return section
      } catch (error) {
        if (KbackupError.is(error, 'KB_BLOB_EXISTS')) return section
        if (!KbackupError.is(error, 'KB_STORE_UNAVAILABLE')) throw error
      }
    }
  }

  /** Drops objects that no commit names, on purpose while their writers are about to; deletes them when that commit stands. */
  async #clean(): Promise<void> {
    const store = this.#storeOf('cleaner')
    while (this.#running > 0) {
      for (let turn = 0; turn < 20; turn++) await this.#turns.wait('cleaner')
      try {
        await this.#cleanOnce(store)
      } catch (error) {
        if (!KbackupError.is(error, 'KB_STORE_UNAVAILABLE', 'KB_ARCHIVE_FENCED')) throw error
      }
    }
  }

  async #cleanOnce(store: SimulatedStore): Promise<void> {
    const environment = this.#environment('cleaner')
    const writer = await openArchiveWriter(store, BACKUP_ID, {
      createIfMissing: false,
      writerId: 'cleaner',
      environment,
    })
    const live = liveKeys(writer.state)
    const listed: string[] = []
    for await (const { key } of store.list(`${BACKUP_ID}/topics/`)) listed.push(key)
    const drops = listed.filter((key) => !live.has(key) && !writer.state.dropped.has(key))
    if (drops.length === 0) return
    await writer.commit({ ...EMPTY_DRAFT, drops })
    for (const key of drops) await store.delete(key)
  }

  #storeOf(owner: string): SimulatedStore {
    return new SimulatedStore({ inner: this.#inner, turns: this.#turns, owner, faultRate: () => this.#faultRate })
  }

  #environment(owner: string): Environment {
    const digit = () => this.#turns.below(16).toString(16)
    return {
      nowMs: () => 1_764_000_000_000 + this.#turnsTaken,
      nonce: (bytes) => Array.from({ length: bytes * 2 }, digit).join(''),
      random: this.#turns.random,
      sleep: () => this.#turns.wait(owner),
    }
  }
}

interface Life {
  readonly owner: string
  readonly writerId: string
  readonly life: number
}

interface Upload {
  readonly writer: ArchiveWriter
  readonly store: SimulatedStore
  readonly state: ArchiveState
  readonly partition: number
}

function liveKeys(state: ArchiveState): ReadonlySet<string> {
  const lineages = [...state.topics.values()].flatMap(({ partitions }) => partitions.flatMap((one) => one.lineages))
  return new Set(lineages.flatMap(({ sections }) => sections.map(({ key }) => key)))
}
