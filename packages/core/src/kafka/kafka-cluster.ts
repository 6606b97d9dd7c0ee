import type { BatchCodec } from '../batch/batch-codec.ts'
import type {
  FetchRequest,
  FetchResponse,
  PartitionProducers,
  ProduceRequest,
  ProduceResult,
  ProducerIdentity,
} from './kafka-data.ts'
import type { GroupDescription, GroupListing, GroupOffset, GroupOffsetResult, GroupOffsets } from './kafka-groups.ts'
import type {
  ClusterDescription,
  LeaderEpochEnd,
  LeaderEpochQuery,
  NewTopic,
  OffsetAnswer,
  OffsetQuery,
  TopicConfigChange,
  TopicConfigEntry,
  TopicDescription,
  TopicResult,
} from './kafka-topics.ts'
import type { TopicPartition } from './topic-partition.ts'

/** What every call takes beside its own arguments. */
export interface CallOptions {
  /** Ends the call; it then rejects with the signal's reason. An already aborted signal does no I/O. */
  readonly signal?: AbortSignal | undefined
}

/** How groups are listed. */
export interface ListGroupsOptions extends CallOptions {
  /** Lists those groups whose coordinators are there now, and waits for no others. */
  readonly allowMissing?: boolean | undefined
}

/**
 * What kbackup needs of a Kafka cluster: record batches and positions, not messages.
 *
 * Promised semantics, each of which is a case of `kafkaClusterContract` in `@kbackup/core/testing`:
 *
 * - Connecting is lazy: nothing is sent before the first call, and `close` may be called at any time, more than once.
 * - Results stand in the order of what was asked, one for one, except where a doc comment says otherwise.
 * - What a broker says of one item is that item's `error`; a call rejects only when nothing could be learned
 *   (no broker reached, credentials refused, cancelled), with a `KbackupError` or with the signal's reason.
 * - Leader changes, moved coordinators, and errors that the protocol calls retriable are tried again inside, by code,
 *   for a bounded time; what comes out as an item's `error` has outlasted that, or does not pass by itself.
 * - `produce` is the exception: it tries again only what no broker can have appended, or, for a batch that bears a
 *   producer id, what the leader would recognise as a duplicate (KIP-98). A connection that breaks with a request in
 *   flight rejects with `KB_KAFKA_UNAVAILABLE`, the outcome being unknown.
 * - Requests for the same partition reach its leader in the order in which `produce` was called.
 * - Batches come and go byte for byte.
 */
export interface KafkaCluster extends AsyncDisposable {
  describeCluster(options?: CallOptions): Promise<ClusterDescription>

  /**
   * Topics that do not exist are left out of the answer; nothing is created by asking. `KB_KAFKA_AUTHORIZATION` where a
   * named topic may not be described.
   */
  describeTopics(topics: readonly string[] | 'all', options?: CallOptions): Promise<readonly TopicDescription[]>

  /** Configuration by topic; a topic that does not exist or may not be read is left out. */
  describeTopicConfigs(
    topics: readonly string[],
    options?: CallOptions,
  ): Promise<ReadonlyMap<string, readonly TopicConfigEntry[]>>

  /** The settings of one broker, as it says them; empty where they may not be read. */
  describeBrokerConfig(options?: CallOptions): Promise<ReadonlyMap<string, string>>

  listOffsets(queries: readonly OffsetQuery[], options?: CallOptions): Promise<readonly OffsetAnswer[]>

  leaderEpochEnds(queries: readonly LeaderEpochQuery[], options?: CallOptions): Promise<readonly LeaderEpochEnd[]>

  fetch(request: FetchRequest, options?: CallOptions): Promise<FetchResponse>

  produce(request: ProduceRequest, options?: CallOptions): Promise<readonly ProduceResult[]>

  /**
   * Codecs that some broker of the cluster does not know, as far as it says so; absent where nothing tells. A batch in
   * one of them is answered with UNSUPPORTED_COMPRESSION_TYPE.
   */
  missingCodecs?(options?: CallOptions): Promise<readonly BatchCodec[]>

  /** A new producer id for idempotent producing (InitProducerId without a transactional id). */
  allocateProducerId(options?: CallOptions): Promise<ProducerIdentity>

  /** The producers that the leader of each partition remembers (KIP-664). `KB_KAFKA_UNSUPPORTED` where brokers lack it. */
  describeProducers(
    partitions: readonly TopicPartition[],
    options?: CallOptions,
  ): Promise<readonly PartitionProducers[]>

  createTopics(topics: readonly NewTopic[], options?: CallOptions): Promise<readonly TopicResult[]>

  /** Raises partition counts; `partitionCount` is the new total. */
  createPartitions(
    topics: readonly { readonly topic: string; readonly partitionCount: number }[],
    options?: CallOptions,
  ): Promise<readonly TopicResult[]>

  /** Changes only the named settings (IncrementalAlterConfigs, KIP-339). */
  alterTopicConfigs(changes: readonly TopicConfigChange[], options?: CallOptions): Promise<readonly TopicResult[]>

  deleteTopics(topics: readonly string[], options?: CallOptions): Promise<readonly TopicResult[]>

  /** Moves the log start of each partition up to an offset. Answers with the new log start. */
  deleteRecords(
    partitions: readonly (TopicPartition & { readonly beforeOffset: bigint })[],
    options?: CallOptions,
  ): Promise<readonly OffsetAnswer[]>

  /**
   * All groups, asked of every broker, those among them whose coordinator is just moving. `KB_KAFKA_UNAVAILABLE` where a
   * broker cannot be asked, or a group's coordinator is not there for too long: no group is overlooked.
   */
  listGroups(options?: ListGroupsOptions): Promise<readonly GroupListing[]>

  /** A group that does not exist is described as `Dead`, without members. */
  describeGroups(groupIds: readonly string[], options?: CallOptions): Promise<readonly GroupDescription[]>

  /** All committed positions of each group, each from its own coordinator, without pending transactional ones (KIP-447). */
  fetchGroupOffsets(groupIds: readonly string[], options?: CallOptions): Promise<readonly GroupOffsets[]>

  /** Commits positions as an empty group's administrator does; error 25 (UNKNOWN_MEMBER_ID) if it has members. */
  commitGroupOffsets(
    groupId: string,
    offsets: readonly GroupOffset[],
    options?: CallOptions,
  ): Promise<readonly GroupOffsetResult[]>

  deleteGroupOffsets(
    groupId: string,
    partitions: readonly TopicPartition[],
    options?: CallOptions,
  ): Promise<readonly GroupOffsetResult[]>

  close(): Promise<void>
}
