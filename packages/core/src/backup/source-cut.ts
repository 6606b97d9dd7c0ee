import type { ArchiveState } from '../archive/archive-state.ts'
import type { GroupCapture } from '../archive/commit.ts'
import { selectTopics } from '../config/topic-selection.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import type { RunWarning } from '../events/run-warning.ts'
import type { CallOptions } from '../kafka/kafka-cluster.ts'
import { OFFSETS_TOPIC } from '../offsets/offsets-topic-record.ts'
import type { BackupSettings } from './backup-options.ts'
import { type CatalogChanges, catalogChanges, deletedTopics } from './catalog-changes.ts'
import { captureGroups } from './group-capture.ts'
import type { OffsetsTopicOutcome } from './offsets-topic-outcome.ts'
import type { PartitionTask } from './partition-task.ts'
import {
  type FailedPartition,
  type PartitionTasks,
  partitionTasks,
  type ReadableTaskOptions,
  readablePartitionTasks,
} from './partition-tasks.ts'
import { findSourceTopics, findTopicsAgain, type SourceTopic, type SourceTopics } from './source-topics.ts'

/** Everything a run reads of the source before its data: what there is, and how far it goes. */
export interface SourceCut {
  /** Without `__consumer_offsets`. */
  readonly topics: readonly SourceTopic[]
  /** One for each partition, `__consumer_offsets` included, also where there is nothing new. */
  readonly tasks: readonly PartitionTask[]
  /** Partitions of which nothing could be learned; the others are backed up, and the run fails when they are done. */
  readonly failed: readonly FailedPartition[]
  readonly catalog: CatalogChanges
  readonly capture: GroupCapture | null
  readonly offsetsTopic: OffsetsTopicOutcome
  readonly warnings: readonly RunWarning[]
}

/**
 * Takes the cut at which a run ends: topics, then group positions between two looks at the end of `__consumer_offsets`,
 * then the last stable offsets of the data.
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
  const capturing = { offsetsTopic: topics.offsetsTopic, previous: archive.captures.at(-1), ...options }
  const groups = settings.consumerGroups === false ? null : await captureGroups(settings, capturing)
  // The capture has waited for coordinators in vain: their partitions are not waited for once more.
  const awaitsLeaders = groups?.isComplete ?? true
  const cut = await cutTopics(settings, topics, { archive, awaitsLeaders, ...options })
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
  const cut = await cutTopics(settings, found, { archive, awaitsLeaders: true, ...options })
  return {
    ...cut,
    catalog: joinChanges(cut.catalog, gone),
    warnings: [...cut.warnings, ...gone.events.map(deletedWarning)],
  }
}

const NO_PARTITIONS: PartitionTasks = { tasks: [], failed: [] }

async function cutTopics(
  settings: BackupSettings,
  topics: SourceTopics,
  options: ReadableTaskOptions,
): Promise<SourceCut> {
  const { selected, offsetsTopic } = topics
  const offsets =
    offsetsTopic === undefined ? NO_PARTITIONS : await readablePartitionTasks(settings, offsetsTopic, options)
  const data = await partitionTasks(settings, selected, options)
  const leaderless = offsets.failed.filter(({ error }) => KbackupError.is(error, 'KB_KAFKA_UNAVAILABLE'))
  const failed = offsets.failed.filter((one) => !leaderless.includes(one))
  const warnings = topics.warnings.filter(({ details }) => details?.topic !== OFFSETS_TOPIC)
  const taken = offsetsTopic !== undefined && offsets.tasks.length > 0 ? [...selected, offsetsTopic] : selected
  return {
    topics: selected,
    tasks: [...offsets.tasks, ...data.tasks],
    failed: [...failed, ...data.failed],
    catalog: catalogChanges(taken, options.archive),
    capture: null,
    offsetsTopic: leaderless.length > 0 ? 'incomplete' : offsetsTopicOutcome(settings, topics, offsets),
    warnings: leaderless.length > 0 ? [...warnings, incompleteWarning(leaderless)] : warnings,
  }
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

function offsetsTopicOutcome(
  { consumerGroups }: BackupSettings,
  { offsetsTopic, isOffsetsTopicHidden }: SourceTopics,
  { tasks }: PartitionTasks,
): OffsetsTopicOutcome {
  if (consumerGroups === false) return 'not-wanted'
  if (offsetsTopic === undefined && !isOffsetsTopicHidden) return 'absent'
  return tasks.length > 0 ? 'archived' : 'unreadable'
}

function missingOffsetsTopic(capture: GroupCapture | undefined, { offsetsTopic }: SourceCut): readonly RunWarning[] {
  const concernsGroups = capture !== undefined && capture.groups.length > 0
  return offsetsTopic === 'unreadable' && concernsGroups ? [offsetsTopicWarning] : []
}

export const offsetsTopicWarning: RunWarning = {
  code: 'KB_WARNING_OFFSETS_TOPIC',
  message: `${OFFSETS_TOPIC} may not be read: group positions are known as of each run, and only within bounds between them`,
  hint: `grant Read and Describe on topic ${OFFSETS_TOPIC}`,
}

/** Positions are captured beside: a partition without a leader is no reason to keep data without a cut. */
function incompleteWarning(leaderless: readonly FailedPartition[]): RunWarning {
  const partitions = leaderless.map(({ partition }) => partition)
  return {
    code: 'KB_WARNING_OFFSETS_TOPIC',
    message: `partitions ${partitions.join(', ')} of ${OFFSETS_TOPIC} cannot be read: what became of the groups there since the last backup is not known`,
    hint: `check that all partitions of ${OFFSETS_TOPIC} have a leader, then run the backup again`,
    details: { partitions },
  }
}

export const otherWriterWarning: RunWarning = {
  code: 'KB_WARNING_OTHER_WRITER',
  message: `another run on this archive is archiving ${OFFSETS_TOPIC}; this one leaves it to that run, and captures the positions as they are now`,
  hint: 'nothing is lost while that run ends well; set consumerGroups: false in all runs but one',
  details: { topic: OFFSETS_TOPIC },
}

function deletedWarning(event: CatalogChanges['events'][number]): RunWarning {
  const topic = 'topic' in event ? event.topic : ''
  return {
    code: 'KB_WARNING_TOPIC_DELETED',
    message: `the source no longer has topic ${topic}; what the archive holds of it stays`,
    details: { topic },
  }
}
