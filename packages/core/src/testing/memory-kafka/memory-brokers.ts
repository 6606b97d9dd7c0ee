import type { BatchCodec } from '../../batch/batch-codec.ts'
import { KbackupError } from '../../errors/kbackup-error.ts'
import type { FetchedPartition, FetchRequest, ProducerIdentity } from '../../kafka/kafka-data.ts'
import { partitionName, type TopicPartition } from '../../kafka/topic-partition.ts'
import { ChangeNotice } from './change-notice.ts'
import { GroupCoordinator } from './group-coordinator.ts'
import type { MemoryPartition } from './memory-topic.ts'
import type { OffsetCommitValueVersion } from './offsets-topic.ts'
import { fetchNow } from './partition-fetch.ts'
import { TopicTable } from './topic-table.ts'

export interface MemoryKafkaClusterOptions {
  /** `memory` by default; topic ids follow from it. */
  readonly clusterId?: string | undefined
  /** 1 by default; their ids count from 1. */
  readonly brokerCount?: number | undefined
  /** The clock of the brokers, in epoch milliseconds; `Date.now` by default. */
  readonly now?: (() => number) | undefined
  /** 50 by default, as with Kafka. */
  readonly offsetsTopicPartitions?: number | undefined
  /** Codecs that these brokers do not know; none by default. */
  readonly missingCodecs?: readonly BatchCodec[] | undefined
  /** How brokers write positions: 4 by default, as Kafka 4 does, 3 as before. */
  readonly offsetCommitValueVersion?: OffsetCommitValueVersion | undefined
  /** What brokers say of their settings; Kafka's default for `offsets.retention.minutes` where absent. */
  readonly brokerConfig?: Readonly<Record<string, string>> | undefined
}

/** What the brokers of a simulated cluster share: topics, groups, producer ids, and the clock. */
export class MemoryBrokers {
  readonly clusterId: string
  readonly brokerCount: number
  readonly missingCodecs: readonly BatchCodec[]
  readonly config: ReadonlyMap<string, string>
  readonly topics: TopicTable
  readonly coordinator: GroupCoordinator
  readonly #clock: () => number
  readonly #appended = new ChangeNotice()
  #lastProducerId = 999n

  constructor(options: MemoryKafkaClusterOptions) {
    this.clusterId = options.clusterId ?? 'memory'
    this.brokerCount = options.brokerCount ?? 1
    this.missingCodecs = options.missingCodecs ?? []
    this.config = new Map(Object.entries({ 'offsets.retention.minutes': '10080', ...options.brokerConfig }))
    this.#clock = options.now ?? Date.now
    this.topics = new TopicTable({ brokerCount: this.brokerCount, clusterId: this.clusterId })
    this.coordinator = new GroupCoordinator({
      topics: this.topics,
      now: this.now,
      offsetsTopicPartitions: options.offsetsTopicPartitions ?? 50,
      valueVersion: options.offsetCommitValueVersion ?? 4,
      onAppend: this.notifyAppend,
    })
  }

  readonly now = (): bigint => BigInt(this.#clock())

  /** Wakes fetches that wait for records. */
  readonly notifyAppend = (): void => this.#appended.notify()

  /** The partition, which a test has made. */
  readonly partitionOf = (where: TopicPartition): MemoryPartition => {
    const partition = this.topics.partition(where)
    if (partition !== undefined) return partition
    throw new KbackupError('KB_TOPIC_NOT_FOUND', {
      message: `the simulated cluster has no partition ${partitionName(where)}`,
      hint: 'Create the topic first.',
    })
  }

  nextProducer(): ProducerIdentity {
    this.#lastProducerId += 1n
    return { producerId: this.#lastProducerId, producerEpoch: 0 }
  }

  /** Answers at once where there are bytes enough, or an error; otherwise waits for them as long as the request allows. */
  async fetch(request: FetchRequest, signal?: AbortSignal): Promise<readonly FetchedPartition[]> {
    const deadlineMs = performance.now() + request.maxWaitMs
    for (;;) {
      const partitions = fetchNow(this.topics, request)
      const leftMs = deadlineMs - performance.now()
      if (leftMs <= 0 || isEnough(partitions, request.minBytes)) return partitions
      await this.#appended.wait(leftMs, signal)
    }
  }
}

function isEnough(partitions: readonly FetchedPartition[], minBytes: number): boolean {
  if (partitions.some(({ error }) => error !== undefined)) return true
  return partitions.reduce((sum, { records }) => sum + records.length, 0) >= minBytes
}
