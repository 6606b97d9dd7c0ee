import type { ArchiveState, LineageState } from '../archive/archive-state.ts'
import type { KbackupError } from '../errors/kbackup-error.ts'
import { isForbidden } from '../kafka/forbidden.ts'
import type { CallOptions, KafkaCluster } from '../kafka/kafka-cluster.ts'
import type { ProtocolError } from '../kafka/protocol-error.ts'
import { partitionName, type TopicPartition } from '../kafka/topic-partition.ts'
import { OFFSETS_TOPIC } from '../offsets/offsets-topic-record.ts'
import type { BackupSettings } from './backup-options.ts'
import { observePartitions, type PartitionObservation, type UnobservedPartition } from './partition-observation.ts'
import { type PartitionTask, partitionTask } from './partition-task.ts'
import { sourceError } from './source-error.ts'
import type { SourceTopic } from './source-topics.ts'

/** What tasks follow from beside the source. */
export interface TaskOptions extends CallOptions {
  readonly archive: ArchiveState
}

/** The tasks of some topics, and the partitions of which nothing could be learned: those without a leader, for instance. */
export interface PartitionTasks {
  readonly tasks: readonly PartitionTask[]
  readonly failed: readonly FailedPartition[]
}

export interface FailedPartition extends TopicPartition {
  readonly error: KbackupError
}

/** The task of every partition of some topics, with the stops that their leaders give now. */
export async function partitionTasks(
  settings: BackupSettings,
  topics: readonly SourceTopic[],
  options: TaskOptions,
): Promise<PartitionTasks> {
  return tasksOf(settings, topics, { ...options, observations: await observe(settings, topics, options) })
}

/** What the tasks of `__consumer_offsets` follow from. */
export interface ReadableTaskOptions extends TaskOptions {
  /** Whether partitions without a leader are waited for; otherwise they are among the failed ones at once. */
  readonly awaitsLeaders: boolean
}

/** As {@link partitionTasks}, but none where any partition may not be read: half of the positions would answer wrongly. */
export async function readablePartitionTasks(
  settings: BackupSettings,
  topic: SourceTopic,
  { awaitsLeaders, ...options }: ReadableTaskOptions,
): Promise<PartitionTasks> {
  const observations = await (awaitsLeaders
    ? observe(settings, [topic], options)
    : observeLed(settings, topic, options))
  if (observations.some((one) => 'error' in one && isForbidden(one.error))) return { tasks: [], failed: [] }
  return tasksOf(settings, [topic], { ...options, observations })
}

function observe(
  { source, environment }: BackupSettings,
  topics: readonly SourceTopic[],
  { signal }: CallOptions,
): Promise<readonly (PartitionObservation | UnobservedPartition)[]> {
  return observePartitions(source, partitionsOf(topics), { signal, nowMs: environment.nowMs })
}

const NO_LEADER: ProtocolError = { code: 5, name: 'LEADER_NOT_AVAILABLE', retriable: true }

async function observeLed(
  { source, environment }: BackupSettings,
  topic: SourceTopic,
  { signal }: CallOptions,
): Promise<readonly (PartitionObservation | UnobservedPartition)[]> {
  const [now] = await source.describeTopics([topic.description.topic], { signal })
  const leaderless = new Set(now?.partitions.filter(({ leader }) => leader < 0).map(({ partition }) => partition))
  const isLed = ({ partition }: TopicPartition): boolean => !leaderless.has(partition)
  const partitions = partitionsOf([topic])
  const observed = await observePartitions(source, partitions.filter(isLed), { signal, nowMs: environment.nowMs })
  return [...observed, ...partitions.filter((one) => !isLed(one)).map((one) => ({ ...one, error: NO_LEADER }))]
}

function partitionsOf(topics: readonly SourceTopic[]): readonly TopicPartition[] {
  return topics.flatMap(({ description: { topic, partitions } }) =>
    partitions.map(({ partition }) => ({ topic, partition })),
  )
}

async function tasksOf(
  { source }: BackupSettings,
  topics: readonly SourceTopic[],
  {
    archive,
    observations,
    signal,
  }: TaskOptions & { readonly observations: readonly (PartitionObservation | UnobservedPartition)[] },
): Promise<PartitionTasks> {
  const byName = new Map(topics.map((topic) => [topic.description.topic, topic]))
  const observed = observations.flatMap((one) => ('error' in one ? [] : [one]))
  const sharedEnds = await sharedEndOffsets(source, observed, { archive, signal })
  const tasks = observed.flatMap((observation) => {
    const topic = byName.get(observation.topic)
    if (topic === undefined) return []
    const sharedEndOffset = sharedEnds.get(partitionName(observation)) ?? null
    return [
      partitionTask({ ...factsOf(topic, observation), archived: newestLineage(archive, observation), sharedEndOffset }),
    ]
  })
  return { tasks, failed: observations.flatMap(failureOf) }
}

function factsOf({ description, catalog, maxBatchBytes }: SourceTopic, observation: PartitionObservation) {
  return {
    topicId: description.topicId,
    leader: description.partitions.find(({ partition }) => partition === observation.partition)?.leader ?? -1,
    keepsTransactions: description.topic === OFFSETS_TOPIC,
    isTiered: catalog.configs?.['remote.storage.enable'] === 'true',
    maxBatchBytes,
    observation,
    lossReason: lossReasonOf(catalog.configs ?? {}),
  }
}

/** Kafka does not say why a log start moved: where nothing expires, somebody has deleted records. */
function lossReasonOf(configs: Readonly<Record<string, string>>): 'retention' | 'deleted-records' {
  const keepsAll = configs['retention.ms'] === '-1' && (configs['retention.bytes'] ?? '-1') === '-1'
  return keepsAll || configs['cleanup.policy'] === 'compact' ? 'deleted-records' : 'retention'
}

function failureOf(one: PartitionObservation | UnobservedPartition): readonly FailedPartition[] {
  if (!('error' in one)) return []
  const { topic, partition } = one
  return [{ topic, partition, error: sourceError(one.error, { topic, partition }, 'asking for the offsets of') }]
}

/** Asks, where the archive knows the epoch up to which it has read, how far the log still is the one it has read. */
async function sharedEndOffsets(
  source: KafkaCluster,
  observed: readonly PartitionObservation[],
  { archive, signal }: TaskOptions,
): Promise<ReadonlyMap<string, bigint>> {
  const queries = observed.flatMap(({ topic, partition }) => {
    const { nextOffset, lastCut } = newestLineage(archive, { topic, partition }) ?? {}
    const known = lastCut && lastCut.nextOffset === nextOffset && lastCut.leaderEpoch >= 0
    return known ? [{ topic, partition, leaderEpoch: lastCut.leaderEpoch }] : []
  })
  const ends = queries.length === 0 ? [] : await source.leaderEpochEnds(queries, { signal })
  return new Map(
    ends.flatMap((end) =>
      end.error === undefined && end.endOffset >= 0n ? [[partitionName(end), end.endOffset]] : [],
    ),
  )
}

/** The lineage with which a partition of an archive goes on. */
function newestLineage(archive: ArchiveState, { topic, partition }: TopicPartition): LineageState | undefined {
  return archive.topics
    .get(topic)
    ?.partitions.find((one) => one.partition === partition)
    ?.lineages.at(-1)
}
