import type { PartitionObservation } from '../../../backup/partition-observation.ts'
import type { SourceTopic } from '../../../backup/source-topics.ts'
import { KbackupError } from '../../../errors/kbackup-error.ts'
import type { TopicPartition } from '../../../kafka/topic-partition.ts'
import type { LineageState } from '../../archive-state.ts'
import { ORDERS } from '../commit-fixture.ts'

/** One history of a partition: what was written to it lies on a branch, which begins where the log was cut off. */
interface Branch {
  readonly topicId: string
  readonly parent: number | null
  readonly forkOffset: bigint
}

interface Log {
  branch: number
  startOffset: bigint
  endOffset: bigint
  /** Where each epoch of leadership began. */
  epochs: readonly bigint[]
}

/**
 * A topic that grows, loses its oldest records, is cut off by an unclean election, and is deleted and created again.
 *
 * A record is told by the branch that it was written on: two records at one offset are the same if their branches are.
 */
export class SimulatedSource {
  readonly #branches: Branch[] = []
  #topicId = ''
  #incarnations = 0
  #logs: Log[] = []
  readonly #partitionCount: number

  constructor(partitionCount: number) {
    this.#partitionCount = partitionCount
    this.recreate()
  }

  get topicId(): string {
    return this.#topicId
  }

  get partitions(): readonly number[] {
    return this.#logs.map((_, partition) => partition)
  }

  /** As the metadata shows it now. */
  describe(): SourceTopic {
    const partitionCount = this.#partitionCount
    return {
      description: { topic: ORDERS, topicId: this.#topicId, internal: false, partitions: [] },
      catalog: { topic: ORDERS, topicId: this.#topicId, partitionCount, replicationFactor: 1, configs: {} },
      maxBatchBytes: 1_000,
    }
  }

  observe(partition: number): PartitionObservation {
    const { startOffset, endOffset, epochs } = this.#log(partition)
    return {
      topic: ORDERS,
      partition,
      logStartOffset: startOffset,
      lastStableOffset: endOffset,
      highWatermark: endOffset,
      leaderEpoch: epochs.length - 1,
      observedAtMs: 0n,
    }
  }

  /** How far the log is still the one that was archived; `null` where the archive does not know its epoch. */
  sharedEndOffset({ partition }: TopicPartition, { lastCut, nextOffset }: LineageState): bigint | null {
    if (lastCut === null || lastCut.nextOffset !== nextOffset) return null
    const { epochs, endOffset } = this.#log(partition)
    // A later election may have cut off all of an earlier epoch.
    return epochs.slice(lastCut.leaderEpoch + 1).reduce(smaller, endOffset)
  }

  /** The records of a range, by their branches; as a fetch with an epoch: refused where the leadership is another one. */
  read(
    { partition, leaderEpoch }: { readonly partition: number; readonly leaderEpoch: number },
    [startOffset, nextOffset]: readonly [bigint, bigint],
  ): readonly number[] {
    const log = this.#log(partition)
    const isGone = startOffset < log.startOffset || nextOffset > log.endOffset || leaderEpoch !== log.epochs.length - 1
    if (isGone) throw new KbackupError('KB_SOURCE_CHANGED', { message: 'the log is not the one that was asked for' })
    const count = Number(nextOffset - startOffset)
    return Array.from({ length: count }, (_, index) => this.branchAt(log.branch, startOffset + BigInt(index)))
  }

  topicIdOf(branch: number): string | undefined {
    return this.#branches[branch]?.topicId
  }

  /** The branch that the record at an offset of a history was written on. */
  branchAt(branch: number, offset: bigint): number {
    const { parent = null, forkOffset = 0n } = this.#branches[branch] ?? {}
    return parent === null || offset >= forkOffset ? branch : this.branchAt(parent, offset)
  }

  append(partition: number, count: bigint): void {
    this.#log(partition).endOffset += count
  }

  expire(partition: number, count: bigint): void {
    const log = this.#log(partition)
    log.startOffset = smaller(log.startOffset + count, log.endOffset)
  }

  /** An unclean election: the end is lost, and the log goes on differently. */
  truncate(partition: number, count: bigint): void {
    const log = this.#log(partition)
    const end = log.endOffset - smaller(count, log.endOffset - log.startOffset)
    log.branch = this.#branch({ topicId: this.#topicId, parent: log.branch, forkOffset: end })
    log.endOffset = end
    log.epochs = [...log.epochs, end]
  }

  recreate(): void {
    this.#topicId = (++this.#incarnations).toString(16).padStart(32, '0')
    this.#logs = Array.from({ length: this.#partitionCount }, () => {
      const branch = this.#branch({ topicId: this.#topicId, parent: null, forkOffset: 0n })
      return { branch, startOffset: 0n, endOffset: 4n, epochs: [0n] }
    })
  }

  #branch(branch: Branch): number {
    return this.#branches.push(branch) - 1
  }

  #log(partition: number): Log {
    const log = this.#logs[partition]
    if (log === undefined) throw new Error(`the source has no partition ${partition}`)
    return log
  }
}

function smaller(left: bigint, right: bigint): bigint {
  return left < right ? left : right
}
