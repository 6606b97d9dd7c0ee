import { assertFormat } from './archive-info.ts'
import type { ArchiveState, CaptureReference, LineageState, PartitionState, TopicState } from './archive-state.ts'
import type { CommitReference, Gap, PartitionCut, PartitionLineage, SectionEntry } from './commit.ts'
import { catalogTopicFields, commitReference, gap, lineageReason, partitionCut, sectionEntry } from './commit-shape.ts'
import { damagedObject, openJson, sealJson } from './json-object.ts'
import {
  idText,
  int64,
  list,
  literal,
  nullable,
  object,
  offset,
  readShape,
  type Shape,
  text,
  truth,
  wholeNumber,
} from './json-shape.ts'

/*
 * A snapshot is the state of an archive at one commit, as anybody who folds the commits up to it writes it: the same
 * bytes each time. What a lineage says once is not repeated in its sections, and a list of groups is written once for all
 * the captures that share it.
 */
interface SnapshotObject {
  readonly format: 1
  readonly archiveId: string
  readonly head: CommitReference
  readonly topics: readonly TopicState[]
  readonly groupSets: readonly (readonly string[])[]
  readonly captures: readonly SnapshotCapture[]
  readonly dropped: readonly string[]
  readonly unsafeSingleWriter: boolean
}

interface SnapshotCapture extends Omit<CaptureReference, 'groupIds' | 'unread'> {
  readonly groupSet: number
  readonly unreadSet: number
}

/** The bytes of the snapshot of a state; `undefined` for an archive without commits. */
export function writeSnapshot(state: ArchiveState): Buffer | undefined {
  if (state.head === null) return undefined
  const sets = new Map<string, number>()
  const captures = state.captures.map(({ groupIds, unread, ...capture }) => ({
    ...capture,
    groupSet: setNumber(sets, groupIds),
    unreadSet: setNumber(sets, unread),
  }))
  return sealJson({
    format: 1,
    archiveId: state.archiveId,
    head: state.head,
    topics: [...state.topics.values()].map(packTopic),
    groupSets: [...sets.keys()].map((key): unknown => JSON.parse(key)),
    captures,
    dropped: [...state.dropped],
    unsafeSingleWriter: state.unsafeSingleWriter,
  })
}

function setNumber(sets: Map<string, number>, groupIds: readonly string[]): number {
  const key = JSON.stringify(groupIds)
  const number = sets.get(key) ?? sets.size
  sets.set(key, number)
  return number
}

function packTopic({ partitions, ...topic }: TopicState): object {
  return {
    ...topic,
    partitions: partitions.map(({ partition, lineages }) => ({ partition, lineages: lineages.map(packLineage) })),
  }
}

function packLineage(state: LineageState): object {
  const { topic: _topic, partition: _partition, sections, gaps, lastCut, ...lineage } = state
  return {
    ...lineage,
    sections: sections.map(packEntry),
    gaps: gaps.map(packEntry),
    lastCut: lastCut && packEntry(lastCut),
  }
}

function packEntry(entry: PartitionLineage): object {
  const { topic: _topic, partition: _partition, topicId: _topicId, lineage: _lineage, ...rest } = entry
  return rest
}

/** Reads the bytes of a snapshot; `KB_ARCHIVE_DAMAGED` where they cannot be one. */
export function readSnapshot(bytes: Buffer, key: string): ArchiveState & { readonly head: CommitReference } {
  const value = openJson(bytes, key)
  assertFormat(value, key)
  const snapshot = readShape(snapshotObject, value, key)
  const { archiveId, head, topics, groupSets, captures, dropped, unsafeSingleWriter } = snapshot
  for (const { partitions } of topics) for (const { lineages } of partitions) assertLineages(lineages, key)
  return {
    archiveId,
    head,
    topics: new Map(topics.map((topic) => [topic.topic, topic])),
    captures: captures.map(({ groupSet, unreadSet, ...capture }) => ({
      ...capture,
      groupIds: groupSetAt(groupSets, groupSet, key),
      unread: groupSetAt(groupSets, unreadSet, key),
    })),
    dropped: new Set(dropped),
    unsafeSingleWriter,
  }
}

function groupSetAt(groupSets: SnapshotObject['groupSets'], number: number, key: string): readonly string[] {
  const groupIds = groupSets[number]
  if (groupIds === undefined) throw damagedObject(key, `it has no list of groups ${number}`, { field: 'captures' })
  return groupIds
}

const capture = object<SnapshotCapture>({
  sequence: wholeNumber(1),
  startedAtMs: int64,
  observedAtMs: int64,
  groupSet: wholeNumber(0),
  unreadSet: wholeNumber(0),
})

const snapshotObject: Shape<SnapshotObject> = object({
  format: literal(1),
  archiveId: idText,
  head: commitReference,
  topics: list(topicShape),
  groupSets: list(list(text)),
  captures: list(capture),
  dropped: list(text),
  unsafeSingleWriter: truth,
})

interface PackedTopic extends Omit<TopicState, 'partitions'> {
  readonly partitions: unknown
}

const packedTopic = object<PackedTopic>({
  ...catalogTopicFields,
  deleted: truth,
  partitions: (value) => value,
})

function topicShape(value: unknown): TopicState {
  const topic = packedTopic(value)
  return { ...topic, partitions: list(partitionShape(topic.topic))(topic.partitions) }
}

function partitionShape(topic: string): Shape<PartitionState> {
  const packed = object<{ partition: number; lineages: unknown }>({
    partition: wholeNumber(0),
    lineages: (value) => value,
  })
  return (value) => {
    const { partition, lineages } = packed(value)
    return { partition, lineages: list(lineageShape(topic, partition))(lineages) }
  }
}

const packedLineage = object({
  topicId: idText,
  lineage: wholeNumber(0),
  reason: lineageReason,
  startOffset: offset,
  nextOffset: offset,
  sections: (value: unknown) => value,
  gaps: (value: unknown) => value,
  lastCut: (value: unknown) => value,
})

function lineageShape(topic: string, partition: number): Shape<LineageState> {
  return (value) => {
    const { topicId, lineage, reason, startOffset, nextOffset, ...packed } = packedLineage(value)
    const identity = { topic, partition, topicId, lineage }
    return {
      ...identity,
      reason,
      startOffset,
      nextOffset,
      sections: list<SectionEntry>(unpacked(identity, sectionEntry))(packed.sections),
      gaps: list<Gap>(unpacked(identity, gap))(packed.gaps),
      lastCut: nullable<PartitionCut>(unpacked(identity, partitionCut))(packed.lastCut),
    }
  }
}

/** Assigned, not spread: several times faster for what JSON.parse made, and snapshots hold it a hundred thousand times. */
function unpacked<T>(identity: PartitionLineage, shape: Shape<T>): Shape<T> {
  return (value) => shape(typeof value === 'object' && value !== null ? Object.assign({}, identity, value) : value)
}

function assertLineages(lineages: readonly LineageState[], key: string): void {
  for (const [number, { lineage, startOffset, nextOffset, sections, gaps, topic, partition }] of lineages.entries()) {
    const extents = [...sections, ...gaps].sort((left, right) => (left.startOffset < right.startOffset ? -1 : 1))
    let next = startOffset
    for (const extent of extents) next = extent.startOffset === next ? extent.nextOffset : -1n
    if (next === nextOffset && lineage === number) continue
    throw damagedObject(key, `lineage ${number} of ${topic}/${partition} does not lie end to end`)
  }
}
