import { createHash } from 'node:crypto'
import {
  type Archive,
  type BlobStore,
  createRestore,
  type Environment,
  KbackupError,
  openArchive,
  retryingBlobStore,
  verifyArchive,
} from '@kbackup/core'
import { MemoryKafkaCluster, seededRandom } from '@kbackup/core/testing'
import { contentOf, differences, type TopicContent } from '../crash/crash-topic.ts'
import type { ChaosBackend } from './chaos-backend.ts'
import { appendRound, CHAOS_TOPIC, chaosSource, type Random } from './chaos-source.ts'
import { type ChaosTally, countEnd } from './chaos-tally.ts'
import { falseLoser, runWriter, type WriterReport } from './chaos-writer.ts'
import { hurriedEnvironment } from './hurried-environment.ts'
import { recordsInCluster } from './memory-content.ts'

const ROUNDS = 2
/** The share of runs whose stores try again more often than is usual, so that most jobs come to their end. */
const PATIENT_RUNS = 0.75
const MAX_TRIES = 100
/** Of an error of the store that passes, and of another writer: all else is the fault of the engine. */
const EXPECTED_ENDS = new Set(['KB_STORE_UNAVAILABLE', 'KB_STORE_THROTTLED', 'KB_STORE_FAILED', 'KB_ARCHIVE_FENCED'])
const COMMIT_DIGITS = 20
const NOTHING = Buffer.alloc(0)

export interface ChaosRunOptions {
  readonly backend: ChaosBackend
  readonly seed: number
  readonly tally: ChaosTally
  /** Uploads in parts, which take longer. */
  readonly isLarge: boolean
}

/** Backs up, validates and restores while things go wrong; gives what is not as it must be, as sentences. */
export async function chaosRun(options: ChaosRunOptions): Promise<readonly string[]> {
  const run = new ChaosRun(options)
  await run.play()
  return run.faults
}

class ChaosRun {
  readonly faults: string[] = []
  readonly #options: ChaosRunOptions
  readonly #random: Random
  readonly #environment: Environment
  readonly #backupId: string
  readonly #reports: WriterReport[] = []
  readonly #stores: readonly [BlobStore, BlobStore]

  constructor(options: ChaosRunOptions) {
    this.#options = options
    this.#random = seededRandom(options.seed)
    this.#environment = hurriedEnvironment(options.tally.waits)
    this.#backupId = `run-${options.seed}`
    const [first, second] = options.backend.stores
    const isPatient = this.#random() < PATIENT_RUNS
    this.#stores = isPatient ? [this.#patient(first), this.#patient(second)] : [first, second]
  }

  async play(): Promise<void> {
    const { backend, seed, tally, isLarge } = this.#options
    const source = await chaosSource(this.#random)
    backend.begin(seed)
    for (let round = 0; round < ROUNDS; round += 1) {
      await appendRound(source, this.#random, isLarge && round === 0)
      await this.#backUp(source, { hasRival: this.#random() < 0.5 })
    }
    const target = new MemoryKafkaCluster({ clusterId: 'target', offsetsTopicPartitions: 2 })
    await this.#validate()
    await this.#restore(target)
    await this.#duel()
    await backend.settle()
    const meant = await contentOf(recordsInCluster(source, CHAOS_TOPIC))
    const archive = await openArchive(backend.calm, this.#backupId)
    await this.#compare(archive, meant, target)
    await this.#holdArchiveToReports(archive)
    tally.runs += 1
    if (isLarge) tally.largeRuns += 1
  }

  /** One writer, or two at once, each until it has come to its end. */
  async #backUp(source: MemoryKafkaCluster, { hasRival }: { readonly hasRival: boolean }): Promise<void> {
    const limits = this.#random() < 0.5 ? { maxSegmentBytes: 1, maxSegmentAgeMs: 1 } : {}
    const writers = this.#stores.slice(0, hasRival ? 2 : 1).map((storage) =>
      this.#untilDone(async () => {
        const options = { source, storage, backupId: this.#backupId, topics: [CHAOS_TOPIC], commitIntervalMs: 0 }
        const report = await runWriter(
          { ...options, ...limits, environment: this.#environment },
          this.#options.backend.calm,
        )
        this.#reports.push(report)
        if (report.error !== undefined) throw report.error
      }),
    )
    await Promise.all(writers)
  }

  async #validate(): Promise<void> {
    const store = this.#patient(this.#options.backend.stores[0])
    await this.#untilDone(async () => {
      const { findings } = await verifyArchive(store, this.#backupId, { depth: 'records' })
      const damage = findings.filter(({ severity }) => severity === 'damage')
      this.faults.push(...damage.map(({ message }) => `a sound archive was called damaged: ${message}`))
    })
  }

  async #restore(target: MemoryKafkaCluster): Promise<void> {
    const { backend } = this.#options
    const [storage] = this.#stores
    const options = { storage, backupId: this.#backupId, target, environment: this.#environment }
    let hasFailed = false
    await this.#untilDone(async () => {
      // What a restore that failed has sent must not be taken for that of another process.
      await backend.settle()
      if (hasFailed && (await this.#isRestored())) return
      hasFailed = true
      await createRestore({ ...options, topics: [CHAOS_TOPIC] }).run()
    })
  }

  /** Whether a restore that failed had come to its end, of which it did not hear: another one would be refused. */
  async #isRestored(): Promise<boolean> {
    const archive = await openArchive(this.#options.backend.calm, this.#backupId)
    return (await archive.restores()).some(({ finished }) => finished)
  }

  /** Two clients create one object: who is told that it exists must find the other's there. */
  async #duel(): Promise<void> {
    const { stores, calm, seed } = { ...this.#options.backend, ...this.#options }
    const key = `duels/${seed}`
    const bodies = stores.map((_, index) => Buffer.from(`writer ${index} of run ${seed}`))
    const outcomes = await Promise.allSettled(
      stores.map((store, index) => this.#patient(store).put(key, bodies[index] ?? NOTHING, { ifAbsent: true })),
    )
    await this.#options.backend.settle()
    const found = await calm.get(key)
    for (const [index, outcome] of outcomes.entries()) {
      const isOurs = found.equals(bodies[index] ?? NOTHING)
      if (outcome.status === 'fulfilled' && !isOurs)
        this.faults.push('two clients were told that they created one object')
      if (outcome.status === 'rejected' && KbackupError.is(outcome.reason, 'KB_BLOB_EXISTS') && isOurs) {
        this.faults.push('a client was told that its own object is that of another')
      }
    }
  }

  /** Begins a job again until it succeeds; each end is a success or one typed error. */
  async #untilDone(job: () => Promise<void>): Promise<void> {
    const { tally } = this.#options
    for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
      tally.jobs += 1
      try {
        await job()
        return countEnd(tally, 'done')
      } catch (error) {
        this.#noteFailure(error)
      }
    }
    this.faults.push(`a job failed ${MAX_TRIES} times`)
  }

  #noteFailure(error: unknown): void {
    const code = KbackupError.is(error) ? error.code : 'untyped'
    countEnd(this.#options.tally, code)
    if (EXPECTED_ENDS.has(code)) return
    this.faults.push(`a job ended with ${code}: ${error instanceof Error ? error.stack : String(error)}`)
  }

  async #compare(archive: Archive, meant: TopicContent, target: MemoryKafkaCluster): Promise<void> {
    const archived = await contentOf(archive.records({ topics: [CHAOS_TOPIC] }))
    const restored = await contentOf(recordsInCluster(target, CHAOS_TOPIC))
    this.faults.push(...differences(archived, meant, { withOffsets: true }).map((fault) => `archived ${fault}`))
    this.faults.push(...differences(restored, meant, { withOffsets: false }).map((fault) => `restored ${fault}`))
    for (const records of meant.values()) this.#options.tally.recordsCompared += 2 * records.length
    const { findings } = await archive.verify({ depth: 'records' })
    const damage = findings.filter(({ severity }) => severity === 'damage')
    this.faults.push(...damage.map(({ message }) => `the archive is damaged: ${message}`))
  }

  async #holdArchiveToReports(archive: Archive): Promise<void> {
    const { backend, tally } = this.#options
    const count = archive.state.head?.sequence ?? 0
    const commits = await Promise.all(Array.from({ length: count }, (_, index) => archive.readCommit(index + 1)))
    for (const report of this.#reports) {
      this.faults.push(...falseLoser(report, commits))
      if (KbackupError.is(report.error, 'KB_ARCHIVE_FENCED')) tally.losers += 1
      for (const { sequence, sha256 } of report.commits) {
        tally.commits += 1
        const key = `${this.#backupId}/commits/${String(sequence).padStart(COMMIT_DIGITS, '0')}.json`
        const found = createHash('sha256')
          .update(await backend.calm.get(key))
          .digest('hex')
        if (found !== sha256) this.faults.push(`commit ${sequence}, which was reported, is lost`)
      }
    }
  }

  #patient(store: BlobStore): BlobStore {
    const { sleep, random } = this.#environment
    return retryingBlobStore(store, { maxAttempts: 12, sleep, random })
  }
}
