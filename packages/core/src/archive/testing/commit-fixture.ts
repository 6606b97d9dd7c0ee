import type { ArchiveState, LineageState } from '../archive-state.ts'
import type { CommitDraft, Gap, PartitionLineage, Precondition, SectionEntry } from '../commit.ts'
import { sha256Hex } from '../json-object.ts'

export const BACKUP_ID = 'payments'
export const ORDERS = 'orders'
export const TOPIC_ID = 'fedcba9876543210fedcba9876543210'

export const EMPTY_DRAFT: CommitDraft = {
  preconditions: [],
  catalog: [],
  sections: [],
  gaps: [],
  cuts: [],
  capture: null,
  drops: [],
}

/** An entry that says what a real one would, of an object that need not exist. */
export function sectionAt(
  lineage: PartitionLineage,
  [startOffset, nextOffset]: readonly [bigint, bigint],
  key = `${BACKUP_ID}/topics/${lineage.topic}/partition=${lineage.partition}/segment-${startOffset}-${nextOffset}.zst`,
): SectionEntry {
  const { topic, partition, topicId, lineage: number } = lineage
  return {
    key,
    topic,
    partition,
    topicId,
    lineage: number,
    startOffset,
    nextOffset,
    position: 0,
    length: 300,
    sha256: sha256Hex(key),
    codec: 'zstd',
    index: { position: 200, length: 100, sha256: sha256Hex(`${key} index`) },
    records: Number(nextOffset - startOffset),
    logBytes: 1_000,
    largestBatchBytes: 500,
    minTimestamp: startOffset,
    maxTimestamp: nextOffset,
    leaderEpochs: [],
  }
}

export function gapAt(lineage: PartitionLineage, [startOffset, nextOffset]: readonly [bigint, bigint]): Gap {
  const { topic, partition, topicId, lineage: number } = lineage
  return { topic, partition, topicId, lineage: number, startOffset, nextOffset, reason: 'retention' }
}

export function lineageOf(partition: number, change: Partial<PartitionLineage> = {}): PartitionLineage {
  return { topic: ORDERS, partition, topicId: TOPIC_ID, lineage: 0, ...change }
}

/** The newest lineage of a partition of `orders`. */
export function newestOf(state: ArchiveState, partition: number, topic = ORDERS): LineageState | undefined {
  return state.topics
    .get(topic)
    ?.partitions.find((one) => one.partition === partition)
    ?.lineages.at(-1)
}

/** What a writer that has seen this state demands of a partition. */
export function preconditionOf(state: ArchiveState, partition: number): Precondition {
  const newest = newestOf(state, partition)
  const identity = lineageOf(partition, { lineage: newest?.lineage ?? -1, topicId: newest?.topicId ?? TOPIC_ID })
  return { type: 'partition-at', ...identity, nextOffset: newest?.nextOffset ?? 0n }
}

/** The first commit: the topic, and the first lineage of each of its partitions. */
export function createOrders(partitionCount: number): CommitDraft {
  const partitions = Array.from({ length: partitionCount }, (_, partition) => lineageOf(partition))
  return {
    ...EMPTY_DRAFT,
    preconditions: [
      { type: 'topic-is', topic: ORDERS, topicId: null },
      ...partitions.map((lineage) => ({ type: 'partition-at' as const, ...lineage, lineage: -1, nextOffset: 0n })),
    ],
    catalog: [
      { type: 'topic-created', topic: ORDERS, topicId: TOPIC_ID, partitionCount, replicationFactor: 1, configs: {} },
      ...partitions.map((lineage) => ({
        type: 'lineage-started' as const,
        ...lineage,
        startOffset: 0n,
        reason: 'first' as const,
      })),
    ],
  }
}

/** Adds the next `count` offsets to partitions of `orders`, as a writer that has seen this state. */
export function appendTo(
  state: ArchiveState,
  partitions: readonly number[],
  { count = 10n, tag = '' }: { count?: bigint; tag?: string } = {},
): CommitDraft {
  const sections = partitions.map((partition) => {
    const start = newestOf(state, partition)?.nextOffset ?? 0n
    const lineage = newestOf(state, partition) ?? lineageOf(partition)
    const key = `${BACKUP_ID}/topics/${ORDERS}/partition=${partition}/segment-${start}-${tag}.zst`
    return sectionAt(lineage, [start, start + count], key)
  })
  return { ...EMPTY_DRAFT, preconditions: partitions.map((partition) => preconditionOf(state, partition)), sections }
}

/** Takes live objects out of the archive, perhaps for others in their place. */
export function dropping(drops: readonly string[], sections: readonly SectionEntry[] = []): CommitDraft {
  const preconditions = drops.map((key) => ({ type: 'object-live' as const, key }))
  return { ...EMPTY_DRAFT, preconditions, sections, drops }
}
