import { partitionName } from '../kafka/topic-partition.ts'
import { type ArchiveTables, newestLineage } from './archive-tables.ts'
import type { CommitDraft, Precondition } from './commit.ts'

/** What stands against a draft: each list names what another writer has changed. */
export interface Conflicts {
  /** As `orders/3`. */
  readonly partitions: readonly string[]
  readonly topics: readonly string[]
  /** Objects that are to be live and are not, or are to be added and were dropped. */
  readonly keys: readonly string[]
}

/** The preconditions of a draft that do not hold, and the keys it adds that were dropped; `undefined` where nothing is. */
export function findConflicts(
  tables: ArchiveTables,
  draft: Pick<CommitDraft, 'preconditions' | 'sections'>,
): Conflicts | undefined {
  const failed = draft.preconditions.filter((precondition) => !holds(tables, precondition))
  const lost = draft.sections.filter(({ key }) => tables.dropped.has(key))
  if (failed.length === 0 && lost.length === 0) return undefined
  return {
    partitions: unique([
      ...failed.flatMap((one) => (one.type === 'partition-at' ? [partitionName(one)] : [])),
      ...lost.map(partitionName),
    ]),
    topics: unique(failed.flatMap((one) => (one.type === 'topic-is' ? [one.topic] : []))),
    keys: unique([
      ...failed.flatMap((one) => (one.type === 'object-live' ? [one.key] : [])),
      ...lost.map(({ key }) => key),
    ]),
  }
}

/** Whether a commit adds an object that was dropped before it: then nothing of it counts. */
export function isVoid(tables: ArchiveTables, commit: Pick<CommitDraft, 'sections'>): boolean {
  return commit.sections.some(({ key }) => tables.dropped.has(key))
}

function holds(tables: ArchiveTables, precondition: Precondition): boolean {
  switch (precondition.type) {
    case 'partition-at':
      return partitionIsAt(tables, precondition)
    case 'object-live':
      return tables.liveKeys.has(precondition.key)
    case 'topic-is':
      return (tables.topics.get(precondition.topic)?.catalog.topicId ?? null) === precondition.topicId
  }
}

function partitionIsAt(tables: ArchiveTables, at: Extract<Precondition, { type: 'partition-at' }>): boolean {
  const newest = newestLineage(tables, at)
  if (newest === undefined) return at.lineage === -1
  const { topicId, lineage } = newest.identity
  return lineage === at.lineage && topicId === at.topicId && newest.nextOffset === at.nextOffset
}

function unique(names: readonly string[]): readonly string[] {
  return [...new Set(names)].sort()
}
