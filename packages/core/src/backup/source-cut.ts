import type { ArchiveState, LineageState } from '../archive/archive-state.ts'
import type { GroupCapture } from '../archive/commit.ts'
import { selectTopics } from '../config/topic-selection.ts'
import type { RunWarning } from '../events/run-warning.ts'
import type { CallOptions, KafkaCluster } from '../kafka/kafka-cluster.ts'
import { partitionName, type TopicPartition } from '../kafka/topic-partition.ts'
import type { BackupSettings } from './backup-options.ts'
import { type CatalogChanges, catalogChanges, deletedTopics } from './catalog-changes.ts'
import { captureGroups } from './group-capture.ts'
import { observePartitions, type PartitionObservation, type UnobservedPartition } from './partition-observation.ts'
import { type PartitionTask, partitionTask } from './partition-task.ts'
import { isForbiddenTopic, sourceError } from './source-error.ts'
import {
  findSourceTopics,
  findTopicsAgain,
  OFFSETS_TOPIC,
  type SourceTopic,
  type SourceTopics,
} from './source-topics.ts'

/** Everything a run reads of the source before its data: what there is, and how far it goes. */
export interface SourceCut {
  /** Without `__consumer_offsets`. */
  readonly topics: readonly SourceTopic[]
  /** One for each partition, `__consumer_offsets` included, also where there is nothing new. */
  readonly tasks: readonly PartitionTask[]
  readonly catalog: CatalogChanges
  readonly capture: GroupCapture | null
  readonly warnings: readonly RunWarning[]
}

/**
 * Takes the cut at which a run ends: topics, then group positions, then the end of `__consumer_offsets`, then the last
 * stable offsets of the data.
 *
 * The order is what makes a cut consistent: a position that was captured, or that lies in `__consumer_offsets` below its
 * stop, was committed before the data's stop was frozen, so what its group had read lies below that stop. (A group
 * that reads uncommitted records may stand beyond a last stable offset; the next run brings those records.)
 */
export async function takeSourceCut(
  settings: BackupSettings,
  archive: ArchiveState,
  options: CallOptions,
): Promise<SourceCut> {
  const topics = await findSourceTopics(settings, options)
  const gone = deletedTopics(archivedButGone(settings, topics, archive), archive)
  const groups = settings.consumerGroups === false ? null : await captureGroups(settings, options)
  const cut = await cutTopics(settings, topics, { archive, ...options })
  return {
    ...cut,
    catalog: joinChanges(cut.catalog, gone),
    capture: groups?.capture ?? null,
    warnings: [
      ...cut.warnings,
      ...(groups?.warnings ?? []),
      ...missingOffsetsTopic(groups?.capture, cut),
      ...gone.events.map(deletedWarning),
    ],
  }
}

/** Takes the cut of some topics again, after they have changed under a run. */
export async function retakeSourceCut(
  settings: BackupSettings,
  archive: ArchiveState,
  options: CallOptions & { readonly topics: readonly string[] },
): Promise<SourceCut> {
  const found = await findTopicsAgain(settings, options.topics, options)
  const names = new Set([...found.selected, ...(found.offsetsTopic ? [found.offsetsTopic] : [])].map(topicName))
  const gone = deletedTopics(
    options.topics.filter((topic) => !names.has(topic)),
    archive,
  )
  const cut = await cutTopics(settings, found, { archive, ...options })
  return {
    ...cut,
    catalog: joinChanges(cut.catalog, gone),
    warnings: [...cut.warnings, ...gone.events.map(deletedWarning)],
  }
}

type CutOptions = CallOptions & { readonly archive: ArchiveState }

async function cutTopics(settings: BackupSettings, topics: SourceTopics, options: CutOptions): Promise<SourceCut> {
  const { selected, offsetsTopic } = topics
  const offsetsTasks = offsetsTopic === undefined ? [] : await readableTasks(settings, offsetsTopic, options)
  const tasks = await topicTasks(settings, selected, options)
  const taken = offsetsTopic !== undefined && offsetsTasks.length > 0 ? [...selected, offsetsTopic] : selected
  return {
    topics: selected,
    tasks: [...offsetsTasks, ...tasks],
    catalog: catalogChanges(taken, options.archive),
    capture: null,
    warnings: topics.warnings.filter(({ details }) => details?.topic !== OFFSETS_TOPIC),
  }
}

/** None where any partition of the topic may not be read: half of the positions would answer wrongly. */
async function readableTasks(
  settings: BackupSettings,
  topic: SourceTopic,
  options: CutOptions,
): Promise<readonly PartitionTask[]> {
  const observations = await observe(settings, [topic], options)
  if (observations.some((one) => 'error' in one && isForbiddenTopic(one.error))) return []
  return tasksOf(settings, [topic], { ...options, observations })
}

async function topicTasks(
  settings: BackupSettings,
  topics: readonly SourceTopic[],
  options: CutOptions,
): Promise<readonly PartitionTask[]> {
  return tasksOf(settings, topics, { ...options, observations: await observe(settings, topics, options) })
}

function observe(
  { source, environment }: BackupSettings,
  topics: readonly SourceTopic[],
  { signal }: CallOptions,
): Promise<readonly (PartitionObservation | UnobservedPartition)[]> {
  return observePartitions(source, partitionsOf(topics), { signal, nowMs: environment.nowMs })
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
  }: CutOptions & { readonly observations: readonly (PartitionObservation | UnobservedPartition)[] },
): Promise<readonly PartitionTask[]> {
  const byName = new Map(topics.map((topic) => [topicName(topic), topic]))
  const observed = observations.map(assertObserved)
  const sharedEnds = await sharedEndOffsets(source, observed, { archive, signal })
  return observed.flatMap((observation) => {
    const topic = byName.get(observation.topic)
    if (topic === undefined) return []
    const sharedEndOffset = sharedEnds.get(partitionName(observation)) ?? null
    return [
      partitionTask({ ...factsOf(topic, observation), archived: newestLineage(archive, observation), sharedEndOffset }),
    ]
  })
}

function factsOf({ description, catalog }: SourceTopic, observation: PartitionObservation) {
  return {
    topicId: description.topicId,
    leader: description.partitions.find(({ partition }) => partition === observation.partition)?.leader ?? -1,
    keepsTransactions: description.topic === OFFSETS_TOPIC,
    observation,
    lossReason: lossReasonOf(catalog.configs ?? {}),
  }
}

/** Kafka does not say why a log start moved: where nothing expires, somebody has deleted records. */
function lossReasonOf(configs: Readonly<Record<string, string>>): 'retention' | 'deleted-records' {
  const keepsAll = configs['retention.ms'] === '-1' && (configs['retention.bytes'] ?? '-1') === '-1'
  return keepsAll || configs['cleanup.policy'] === 'compact' ? 'deleted-records' : 'retention'
}

function assertObserved(one: PartitionObservation | UnobservedPartition): PartitionObservation {
  if ('error' in one) throw sourceError(one.error, one, 'asking for the offsets of')
  return one
}

/** Asks, where the archive knows the epoch up to which it has read, how far the log still is the one it has read. */
async function sharedEndOffsets(
  source: KafkaCluster,
  observed: readonly PartitionObservation[],
  { archive, signal }: CutOptions,
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
export function newestLineage(archive: ArchiveState, { topic, partition }: TopicPartition): LineageState | undefined {
  return archive.topics
    .get(topic)
    ?.partitions.find((one) => one.partition === partition)
    ?.lineages.at(-1)
}

function archivedButGone(
  { topics }: BackupSettings,
  { selected }: SourceTopics,
  archive: ArchiveState,
): readonly string[] {
  const present = new Set(selected.map(topicName))
  const { matched } = selectTopics(topics, archive.topics.values())
  return matched.filter((topic) => !present.has(topic) && topic !== OFFSETS_TOPIC)
}

function topicName({ description }: SourceTopic): string {
  return description.topic
}

function joinChanges(left: CatalogChanges, right: CatalogChanges): CatalogChanges {
  return {
    events: [...left.events, ...right.events],
    preconditions: [...left.preconditions, ...right.preconditions],
  }
}

function missingOffsetsTopic(capture: GroupCapture | undefined, { tasks }: SourceCut): readonly RunWarning[] {
  if (tasks.some(({ topic }) => topic === OFFSETS_TOPIC) || capture === undefined || capture.groups.length === 0)
    return []
  return [offsetsTopicWarning]
}

export const offsetsTopicWarning: RunWarning = {
  code: 'KB_WARNING_OFFSETS_TOPIC',
  message: `${OFFSETS_TOPIC} may not be read: group positions are known as of each run, and only within bounds between them`,
  hint: `grant Read and Describe on topic ${OFFSETS_TOPIC}`,
}

function deletedWarning(event: CatalogChanges['events'][number]): RunWarning {
  const topic = 'topic' in event ? event.topic : ''
  return {
    code: 'KB_WARNING_TOPIC_DELETED',
    message: `the source no longer has topic ${topic}; what the archive holds of it stays`,
    details: { topic },
  }
}
