import type { ArchiveState, LineageState, PartitionState, TopicState } from '../archive/archive-state.ts'
import type { SectionEntry } from '../archive/commit.ts'
import type { SectionSlice } from './restore-stream.ts'
import { relateToWindow, type TimeWindow } from './time-window.ts'

/**
 * One partition of a topic as it is to be restored: the sections of its newest history that may hold records in the
 * window.
 */
export interface PartitionSource {
  readonly lineage: LineageState
  /** Only sections that overlap the window. */
  readonly slices: readonly SectionSlice[]
  /** Records of sections that were left out because they lie outside of the window. */
  readonly recordsOutside: number
  /** `[startOffset, nextOffset)` is what the archive accounts for. */
  readonly startOffset: bigint
  readonly nextOffset: bigint
}

export interface TopicSource {
  readonly topic: TopicState
  /** The id of the topic whose records are restored; the archived topic may have had others before or since. */
  readonly topicId: string
  readonly partitions: readonly PartitionSource[]
  /** Whether another life of the topic holds records in the window that are not restored. */
  readonly otherTopicIdsInWindow: readonly string[]
}

function overlaps(window: TimeWindow, entry: SectionEntry): boolean {
  return entry.records > 0 && relateToWindow(window, entry) !== 'outside'
}

/**
 * The slices of a lineage, oldest first. A lineage that began by truncation shares what lies below its start
 * with the one before it, as far as that reaches:
 *
 * ```
 * lineage 0   [0 ─────────── 70)[70 ─── 100)      100 was lost to an unclean election at 80
 * lineage 1                         [80 ──── 130)
 * slices      [0 ─────────── 70)[70 80)[80 ─ 130)
 * ```
 */
function lineageSlices(partition: PartitionState, lineage: LineageState): readonly SectionSlice[] {
  const own = lineage.sections.map((entry) => ({ entry, startOffset: entry.startOffset, nextOffset: entry.nextOffset }))
  if (lineage.reason !== 'truncated') return own
  const parent = partition.lineages.find((other) => other.lineage === lineage.lineage - 1)
  if (parent === undefined || parent.topicId !== lineage.topicId) return own
  const shared = lineageSlices(partition, parent)
    .filter((slice) => slice.startOffset < lineage.startOffset)
    .map((slice) => (slice.nextOffset <= lineage.startOffset ? slice : { ...slice, nextOffset: lineage.startOffset }))
  return [...shared, ...own]
}

function newestLineage(partition: PartitionState, topicId: string): LineageState | undefined {
  return partition.lineages.findLast((lineage) => lineage.topicId === topicId)
}

function selectPartition(partition: PartitionState, topicId: string, window: TimeWindow): PartitionSource | undefined {
  const lineage = newestLineage(partition, topicId)
  if (lineage === undefined) return undefined
  const all = lineageSlices(partition, lineage)
  const slices = all.filter(({ entry }) => overlaps(window, entry))
  const outside = all.filter((slice) => !slices.includes(slice))
  return {
    lineage,
    slices,
    recordsOutside: outside.reduce((sum, { entry }) => sum + entry.records, 0),
    startOffset: all[0]?.startOffset ?? lineage.startOffset,
    nextOffset: lineage.nextOffset,
  }
}

function topicIdsOldestFirst(topic: TopicState): readonly string[] {
  const ids = topic.partitions.flatMap(({ lineages }) => lineages.map(({ topicId }) => topicId))
  return [...new Set([...ids.filter((id) => id !== topic.topicId), topic.topicId])]
}

function hasRecordsIn(topic: TopicState, topicId: string, window: TimeWindow): boolean {
  return topic.partitions.some((partition) =>
    partition.lineages.some(
      (lineage) => lineage.topicId === topicId && lineage.sections.some((entry) => overlaps(window, entry)),
    ),
  )
}

/**
 * Picks the life of a topic that is restored: the newest one that holds records in the window,
 * the newest of all where none does. A topic that was recreated after the window's end is so restored as it was before.
 */
export function selectTopicSource(topic: TopicState, window: TimeWindow): TopicSource {
  const candidates = topicIdsOldestFirst(topic)
  const inWindow = candidates.filter((topicId) => hasRecordsIn(topic, topicId, window))
  const topicId = inWindow.at(-1) ?? topic.topicId
  return {
    topic,
    topicId,
    partitions: topic.partitions.flatMap((partition) => selectPartition(partition, topicId, window) ?? []),
    otherTopicIdsInWindow: inWindow.filter((id) => id !== topicId),
  }
}

/** The topics of an archive that are data, by name. */
export function archivedDataTopics(state: ArchiveState): readonly TopicState[] {
  return [...state.topics.values()].filter(({ topic }) => topic !== '__consumer_offsets')
}
