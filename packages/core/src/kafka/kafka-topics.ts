import type { ProtocolError } from './protocol-error.ts'
import type { TopicPartition } from './topic-partition.ts'

/** A cluster as its metadata shows it. */
export interface ClusterDescription {
  readonly clusterId: string
  readonly controllerId: number
  readonly brokers: readonly { readonly brokerId: number; readonly host: string; readonly port: number }[]
}

export interface PartitionDescription {
  readonly partition: number
  /** The broker id of the leader, −1 while there is none. */
  readonly leader: number
  readonly leaderEpoch: number
  readonly replicas: readonly number[]
  readonly inSyncReplicas: readonly number[]
}

export interface TopicDescription {
  readonly topic: string
  /** The topic id (KIP-516) as 32 lower-case hexadecimal digits; all zeros where the cluster has none. */
  readonly topicId: string
  readonly internal: boolean
  /** In the order of their numbers. */
  readonly partitions: readonly PartitionDescription[]
}

export interface TopicConfigEntry {
  readonly name: string
  /** `null` for sensitive values, which brokers withhold. */
  readonly value: string | null
  /** Whether the value was set on the topic itself; otherwise it is the broker's or Kafka's default. */
  readonly isOverride: boolean
}

/** A topic to create. */
export interface NewTopic {
  readonly topic: string
  readonly partitionCount: number
  /** −1 takes the broker's default. */
  readonly replicationFactor: number
  readonly configs: Readonly<Record<string, string>>
}

/** One change of a topic's configuration; `null` removes the override. */
export interface TopicConfigChange {
  readonly topic: string
  readonly configs: Readonly<Record<string, string | null>>
}

/** What became of one topic of a request that changes topics. */
export interface TopicResult {
  readonly topic: string
  readonly error?: ProtocolError | undefined
}

/** Which offset of a partition is asked for. `last-stable` is what a read_committed consumer may read up to. */
export type OffsetPoint = 'earliest' | 'latest' | 'last-stable' | { readonly timestamp: bigint }

export interface OffsetQuery extends TopicPartition {
  readonly at: OffsetPoint
}

export interface OffsetAnswer extends TopicPartition {
  /** The offset; −1 where no record is at or after the timestamp that was asked for, and where `error` is set. */
  readonly offset: bigint
  readonly timestamp: bigint
  readonly leaderEpoch: number
  readonly error?: ProtocolError | undefined
}

export interface LeaderEpochQuery extends TopicPartition {
  readonly leaderEpoch: number
}

/** The end of a leader epoch (KIP-101): the first offset that is no longer of this epoch or an earlier one. */
export interface LeaderEpochEnd extends TopicPartition {
  /** The largest epoch not above the one asked for; −1 where the broker does not know. */
  readonly leaderEpoch: number
  /** −1 where the broker does not know. */
  readonly endOffset: bigint
  readonly error?: ProtocolError | undefined
}
