import { setTimeout as sleep } from 'node:timers/promises'
import { partitionName } from '@kbackup/core'
import { until } from './condition.ts'
import { GARBAGE } from './payments.ts'
import type { CommittedPosition, Platform, Reader, ReadRecord } from './platform.ts'

/** The work on one record; a little slower than payments come in, so that there is always something left to read. */
const WORK_MS = 0.45

/** What a processor is to read. */
export interface ProcessorOptions {
  readonly groupId: string
  readonly topics: readonly string[]
  readonly signal: AbortSignal
  /** Whether each record costs time. */
  readonly works?: boolean | undefined
}

/** What a processor did. */
export interface ProcessorLog {
  /** In the order in which it was read; across partitions too. */
  readonly read: readonly ReadRecord[]
  readonly commits: readonly CommittedPosition[]
  /** How many of them were garbage. */
  readonly garbage: number
}

/** A program that reads payments as a member of a consumer group, commits as it goes, and remembers what it read. */
export class PaymentProcessor implements ProcessorLog, AsyncDisposable {
  readonly #platform: Platform
  readonly #options: ProcessorOptions
  readonly #read: ReadRecord[] = []
  readonly #commits: CommittedPosition[] = []
  #reader: Reader | undefined

  constructor(platform: Platform, options: ProcessorOptions) {
    this.#platform = platform
    this.#options = options
  }

  get read(): readonly ReadRecord[] {
    return this.#read
  }

  get commits(): readonly CommittedPosition[] {
    return this.#commits
  }

  get garbage(): number {
    return this.#read.filter(({ value }) => value === GARBAGE).length
  }

  async start(): Promise<void> {
    const { groupId, topics, works = false } = this.#options
    this.#reader = await this.#platform.read({
      groupId,
      topics,
      onRecords: async (records) => {
        if (works) await sleep(records.length * WORK_MS)
        this.#read.push(...records)
      },
      onCommit: (position) => void this.#commits.push(position),
    })
  }

  /** Leaves the group, unless it has. */
  async stop(): Promise<void> {
    const reader = this.#reader
    this.#reader = undefined
    await reader?.stop()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  /** Waits until it has committed something in so many partitions. */
  hasCommittedIn(partitions: number): Promise<void> {
    return this.waitFor('positions in every partition', () => {
      return new Set(this.#commits.map(partitionName)).size >= partitions
    })
  }

  /** Waits until it has committed the end of every partition. */
  async hasCaughtUp(ends: ReadonlyMap<string, bigint>): Promise<void> {
    const committed = await groupPositions(this.#platform, this.#options)
    await this.waitFor('the end of every partition', () => {
      for (const position of this.#commits) committed.set(partitionName(position), position.offset)
      return [...ends].every(([partition, end]) => (committed.get(partition) ?? 0n) >= end)
    })
  }

  waitFor(what: string, holds: () => boolean): Promise<void> {
    const checked = () => {
      if (this.#reader?.failure !== undefined) throw this.#reader.failure
      return holds()
    }
    return until(`${this.#options.groupId}: ${what}`, checked, this.#options.signal)
  }
}

/** The positions that the cluster has of a group in some topics, by partition. */
export async function groupPositions(
  { cluster }: Pick<Platform, 'cluster'>,
  { groupId, topics, signal }: Pick<ProcessorOptions, 'groupId' | 'topics' | 'signal'>,
): Promise<Map<string, bigint>> {
  const [group] = await cluster.fetchGroupOffsets([groupId], { signal })
  const own = (group?.offsets ?? []).filter(({ topic }) => topics.includes(topic))
  return new Map(own.map((position) => [partitionName(position), position.offset]))
}
