import { KbackupError } from '../../../errors/kbackup-error.ts'
import { MemoryBlobStore } from '../../../testing/memory-blob-store.ts'
import type { Environment } from '../../environment.ts'
import { BACKUP_ID } from '../commit-fixture.ts'
import { finalFaults } from './final-check.ts'
import { cleanerLife } from './simulated-cleaner.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import { readerLife } from './simulated-reader.ts'
import { SimulatedSource } from './simulated-source.ts'
import { type Role, SimulatedStore } from './simulated-store.ts'
import { writerLife } from './simulated-writer.ts'
import { strangerLife } from './stranger.ts'
import { tamperingFaults } from './tampering.ts'
import { Turns } from './turns.ts'
import { Witness } from './witness.ts'

const PARTITIONS = 2
const SOURCE_CHANGES = 7
const MAX_LIVES = 5
/** From then on nothing goes wrong, so that everybody comes to an end. */
const QUIET_AFTER_TURNS = 400
const MOST_TURNS = 20_000

/** How much happened in one run. */
export interface SimulationFigures {
  readonly turns: number
  readonly commits: number
  readonly acknowledged: number
  readonly fenced: number
  readonly ghosts: number
  readonly kills: number
  readonly stalls: number
  readonly deletions: number
  readonly bundles: number
  readonly recreations: number
  readonly truncations: number
}

export interface SimulationOutcome {
  readonly seed: number
  /** What went wrong, in sentences; empty where all promises were kept. */
  readonly faults: readonly string[]
  readonly figures: SimulationFigures
  readonly store: MemoryBlobStore
}

/** What a process does, from its start to its end. */
interface Program {
  readonly name: string
  readonly role: Role
  readonly live: (process: SimulatedProcess) => Promise<void>
}

const PROGRAMS: readonly Program[] = [
  { name: 'writer-a', role: 'writer', live: writerLife },
  { name: 'writer-b', role: 'writer', live: writerLife },
  { name: 'cleaner-a', role: 'cleaner', live: cleanerLife },
  { name: 'cleaner-b', role: 'cleaner', live: cleanerLife },
  { name: 'reader', role: 'reader', live: readerLife },
]
const STRANGER: Program = { name: 'stranger', role: 'writer', live: strangerLife }
const STRANGER_COMES = 0.2

/**
 * One archive, and all who work on it at the same time: writers that want the same partitions of a source that changes under
 * them, cleaners that merge, expire and delete, a reader that pins. Requests and answers are lost, requests land late,
 * processes are killed, stopped and woken, and started again under their old names. All of it follows from the seed.
 *
 * What the processes do to the archive is done by the code that is shipped.
 */
export class Simulation {
  readonly #seed: number
  readonly #turns: Turns
  readonly #inner = new MemoryBlobStore()
  readonly #source = new SimulatedSource(PARTITIONS)
  readonly #witness: Witness
  #kills = 0
  #stalls = 0
  #recreations = 0
  #truncations = 0

  constructor(seed: number) {
    this.#seed = seed
    this.#turns = new Turns(seed)
    this.#witness = new Witness(() => this.#commitCount)
  }

  async run(): Promise<SimulationOutcome> {
    const programs = this.#turns.chance(STRANGER_COMES) ? [...PROGRAMS, STRANGER] : PROGRAMS
    for (const program of programs) this.#start(program, 1)
    this.#fatal('the source', this.#changeSource())
    if (!(await this.#turns.run(MOST_TURNS))) this.#witness.fault('it does not come to an end')
    const parts = { store: this.#inner, source: this.#source, witness: this.#witness, turns: this.#turns }
    const faults = [...this.#witness.faults, ...(await finalFaults(parts)), ...(await tamperingFaults(parts))]
    return { seed: this.#seed, faults, figures: this.#figures(), store: this.#inner }
  }

  #start(program: Program, life: number): void {
    const owner = `${program.name}/${life}`
    this.#fatal(owner, this.#live(program, { owner, life }))
    if (life < MAX_LIVES && this.#turns.chance(0.4)) this.#fatal(owner, this.#strike(program, { owner, life }))
  }

  /** A process ends with an error of the store, and is started again; any other error is one of the code. */
  async #live(program: Program, { owner, life }: Life): Promise<void> {
    try {
      await program.live(this.#process(program, owner))
    } catch (error) {
      if (!KbackupError.is(error, 'KB_STORE_UNAVAILABLE', 'KB_ARCHIVE_NOT_FOUND')) throw error
      if (life >= MAX_LIVES) return
      await this.#turns.waitFor('operator', 10)
      if (!this.#turns.isKilled(owner)) this.#start(program, life + 1)
    }
  }

  /** Kills a process, or stops it for a while; meanwhile it may have been given up and started again. */
  async #strike(program: Program, { owner, life }: Life): Promise<void> {
    await this.#turns.waitFor('operator', this.#turns.below(150))
    if (this.#turns.chance(0.4)) {
      this.#stalls++
      this.#turns.stall(owner, this.#turns.below(150))
      if (this.#turns.chance(0.5)) return
    } else {
      this.#kills++
      this.#turns.kill(owner)
    }
    this.#start({ ...program }, life + 1)
  }

  #fatal(owner: string, work: Promise<void>): void {
    work.catch((error: unknown) => {
      this.#witness.fault(`${owner} ends with ${error instanceof Error ? `${error.name} ${error.message}` : error}`)
    })
  }

  async #changeSource(): Promise<void> {
    for (let change = 0; change < SOURCE_CHANGES; change++) {
      await this.#turns.waitFor('source', this.#turns.below(50))
      this.#changeOnce(this.#turns.below(PARTITIONS), BigInt(1 + this.#turns.below(5)))
    }
  }

  #changeOnce(partition: number, count: bigint): void {
    const drawn = this.#turns.random()
    if (drawn < 0.65) this.#source.append(partition, count)
    else if (drawn < 0.75) this.#source.expire(partition, count)
    else if (drawn < 0.85) this.#recreate()
    else this.#truncate(partition, count)
  }

  #recreate(): void {
    this.#recreations++
    this.#source.recreate()
  }

  #truncate(partition: number, count: bigint): void {
    this.#truncations++
    this.#source.truncate(partition, count - 1n)
    this.#source.append(partition, count)
  }

  #process({ name, role }: Program, owner: string): SimulatedProcess {
    const [inner, turns, witness, source] = [this.#inner, this.#turns, this.#witness, this.#source]
    const trouble = () => (turns.taken < QUIET_AFTER_TURNS ? 1 : 0)
    const store = new SimulatedStore({ inner, turns, witness, owner, role, trouble })
    return { owner, name, turns, store, witness, source, environment: this.#environment(owner) }
  }

  #environment(owner: string): Environment {
    const digits = () => this.#turns.below(0x1_0000).toString(16).padStart(4, '0')
    return {
      nowMs: () => 1_764_000_000_000 + this.#turns.taken,
      nonce: (bytes) => Array.from({ length: bytes / 2 }, digits).join(''),
      random: this.#turns.random,
      sleep: () => this.#turns.wait(owner),
    }
  }

  get #commitCount(): number {
    return this.#inner.keys(`${BACKUP_ID}/commits/`).length
  }

  #figures(): SimulationFigures {
    const { acknowledged, fenced, deletions, bundles } = this.#witness
    return {
      turns: this.#turns.taken,
      commits: this.#commitCount,
      acknowledged: acknowledged.length,
      fenced: fenced.length,
      ghosts: fenced.filter(({ isGhost }) => isGhost).length,
      kills: this.#kills,
      stalls: this.#stalls,
      deletions: deletions.length,
      bundles,
      recreations: this.#recreations,
      truncations: this.#truncations,
    }
  }
}

interface Life {
  readonly owner: string
  readonly life: number
}
