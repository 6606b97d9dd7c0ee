import type { ArchiveState, LineageState, PartitionState, TopicState } from '../archive/archive-state.ts'
import type { SectionEntry } from '../archive/commit.ts'
import { sumOf } from '../collections/sum-of.ts'
import type { PartitionSelection, SelectionOf } from './partition-selection.ts'
import type { SectionSlice } from './restore-stream.ts'
import { relateToWindow, type TimeWindow } from './time-window.ts'

/**
 * One partition of a topic as it is to be restored: the sections of its newest history that may hold records in the
 * window.
 */
export interface PartitionSource {
  readonly lineage: LineageState
  /** What is restored of it; `null` where nothing is. */
  readonly selection: PartitionSelection | null
  /** Only sections that overlap the window, cut to the offsets that are selected. */
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

/** The part of a slice between two offsets; nothing where that is empty. */
export function clipSlice(
  slice: SectionSlice,
  { startOffset, nextOffset }: Pick<PartitionSelection, 'startOffset' | 'nextOffset'>,
): readonly SectionSlice[] {
  const start = startOffset !== null && startOffset > slice.startOffset ? startOffset : slice.startOffset
  const next = nextOffset !== null && nextOffset < slice.nextOffset ? nextOffset : slice.nextOffset
  return start < next ? [{ entry: slice.entry, startOffset: start, nextOffset: next }] : []
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

/** What is selected of a partition's newest life under a topic id; `undefined` where it has none. */
export function selectPartition(
  partition: PartitionState,
  topicId: string,
  selection: PartitionSelection | null,
): PartitionSource | undefined {
  const lineage = newestLineage(partition, topicId)
  if (lineage === undefined) return undefined
  const all = lineageSlices(partition, lineage)
  const slices = selection === null ? [] : all.flatMap((slice) => selectedPart(slice, selection))
  const touched = new Set(slices.map(({ entry }) => entry))
  return {
    lineage,
    selection,
    slices,
    recordsOutside: sumOf(all, ({ entry }) => (touched.has(entry) ? 0 : entry.records)),
    startOffset: all[0]?.startOffset ?? lineage.startOffset,
    nextOffset: lineage.nextOffset,
  }
}

function selectedPart(slice: SectionSlice, selection: PartitionSelection): readonly SectionSlice[] {
  return overlaps(selection.window, slice.entry) ? clipSlice(slice, selection) : []
}

function topicIdsOldestFirst(topic: TopicState): readonly string[] {
  const ids = topic.partitions.flatMap(({ lineages }) => lineages.map(({ topicId }) => topicId))
  return [...new Set([...ids.filter((id) => id !== topic.topicId), topic.topicId])]
}

function hasRecordsIn(topic: TopicState, topicId: string, selectionOf: SelectionOf): boolean {
  return topic.partitions.some((partition) => {
    const selection = selectionOf(topic.topic, partition.partition)
    if (selection === null) return false
    return partition.lineages.some(
      (lineage) => lineage.topicId === topicId && lineage.sections.some((entry) => overlaps(selection.window, entry)),
    )
  })
}

/**
 * Picks the life of a topic that is restored: the newest one that holds records in the window,
 * the newest of all where none does. A topic that was recreated after the window's end is so restored as it was before.
 */
export function selectTopicSource(topic: TopicState, selectionOf: SelectionOf): TopicSource {
  const candidates = topicIdsOldestFirst(topic)
  const inWindow = candidates.filter((topicId) => hasRecordsIn(topic, topicId, selectionOf))
  const topicId = inWindow.at(-1) ?? topic.topicId
  return {
    topic,
    topicId,
    partitions: topic.partitions.flatMap(
      (partition) => selectPartition(partition, topicId, selectionOf(topic.topic, partition.partition)) ?? [],
    ),
    otherTopicIdsInWindow: inWindow.filter((id) => id !== topicId),
  }
}

/** The topics of an archive that are data, by name. */
export function archivedDataTopics(state: ArchiveState): readonly TopicState[] {
  return [...state.topics.values()].filter(({ topic }) => topic !== '__consumer_offsets')
}
