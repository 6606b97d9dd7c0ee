import { TRANSACTIONAL_FLAG } from '../../batch/batch-layout.ts'
import type { ProducerIdentity } from '../../kafka/kafka-data.ts'
import type { GroupOffset } from '../../kafka/kafka-groups.ts'
import { partitionName, type TopicPartition } from '../../kafka/topic-partition.ts'
import type { GroupCoordinator } from './group-coordinator.ts'
import type { MemoryPartition } from './memory-topic.ts'
import { encodeTestBatch, type TestBatchOptions, type TestRecord } from './test-record.ts'
import { encodeMarker } from './transaction-marker.ts'

export interface MemoryTransactionOptions extends ProducerIdentity {
  readonly partitionOf: (where: TopicPartition) => MemoryPartition
  readonly coordinator: GroupCoordinator
  readonly now: () => bigint
  readonly onAppend: () => void
}

/** An open transaction of a producer of its own; its batches are in the log at once, its end are markers. */
export class MemoryTransaction implements ProducerIdentity {
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly #options: MemoryTransactionOptions
  readonly #sequences = new Map<string, number>()
  readonly #partitions = new Map<string, TopicPartition>()

  constructor(options: MemoryTransactionOptions) {
    this.producerId = options.producerId
    this.producerEpoch = options.producerEpoch
    this.#options = options
  }

  /** Appends one batch; gives the offset of its first record. */
  async append(
    where: TopicPartition,
    records: readonly TestRecord[],
    { codec }: Pick<TestBatchOptions, 'codec'> = {},
  ): Promise<bigint> {
    const name = partitionName(where)
    const baseSequence = this.#sequences.get(name) ?? 0
    this.#sequences.set(name, baseSequence + records.length)
    const { producerId, producerEpoch } = this
    const producer = { producerId, producerEpoch, baseSequence }
    const now = this.#options.now()
    return this.#put(where, encodeTestBatch(records, { now, codec, producer, flags: TRANSACTIONAL_FLAG }))
  }

  /** Commits positions of a group that take effect when the transaction does. */
  async commitGroupOffsets(groupId: string, offsets: readonly GroupOffset[]): Promise<void> {
    const where = await this.#options.coordinator.commitInTransaction(groupId, offsets, this)
    this.#partitions.set(partitionName(where), where)
  }

  commit(): Promise<void> {
    return this.#end('commit')
  }

  abort(): Promise<void> {
    return this.#end('abort')
  }

  async #end(outcome: 'commit' | 'abort'): Promise<void> {
    const { producerId, producerEpoch } = this
    const now = this.#options.now()
    for (const where of this.#partitions.values()) {
      await this.#put(where, encodeMarker({ producerId, producerEpoch, outcome, now }))
    }
    this.#partitions.clear()
    this.#options.coordinator.endTransaction(producerId, outcome)
  }

  async #put(where: TopicPartition, encoding: Promise<Buffer>): Promise<bigint> {
    const partition = this.#options.partitionOf(where)
    this.#partitions.set(partitionName(where), where)
    const batch = await partition.inOrder(async () => partition.log.append(await encoding))
    this.#options.onAppend()
    return batch.baseOffset
  }
}
