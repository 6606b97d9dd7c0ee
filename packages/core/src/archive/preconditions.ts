import { partitionName } from '../kafka/topic-partition.ts'
import { type ArchiveTables, newestLineage } from './archive-tables.ts'
import type { CommitDraft, Precondition } from './commit.ts'

/** What stands against a draft: each list names what another writer has changed. */
export interface Conflicts {
  /** As `orders/3`. */
  readonly partitions: readonly string[]
  /**
   * Those of the partitions that nobody else has changed: a cleanup has dropped objects of theirs, which no commit named yet.
   * The same may be stored anew under other keys.
   */
  readonly dropped: readonly string[]
  readonly topics: readonly string[]
  /**
   * Objects that are to be live and are not, are to be added and were dropped, or are to be dropped and have come to
   * life.
   */
  readonly keys: readonly string[]
}

/**
 * What of a draft does not hold: its preconditions, that no object it adds was dropped, and that no object it drops has
 * come to life: whoever drops a live object says so by an `object-live` precondition. `undefined` where all holds.
 */
export function findConflicts(
  tables: ArchiveTables,
  draft: Pick<CommitDraft, 'preconditions' | 'sections' | 'drops'>,
): Conflicts | undefined {
  const failed = draft.preconditions.filter((precondition) => !holds(tables, precondition))
  const lost = draft.sections.filter(({ key }) => tables.dropped.has(key))
  const revived = revivedKeys(tables, draft)
  if (failed.length === 0 && lost.length === 0 && revived.length === 0) return undefined
  const lostPartitions = unique(lost.map(partitionName))
  const failedOf = <T>(pick: (one: Precondition) => T | undefined) => failed.flatMap((one) => pick(one) ?? [])
  const changed = failedOf((one) => (one.type === 'partition-at' ? partitionName(one) : undefined))
  return {
    partitions: unique([...changed, ...lostPartitions]),
    dropped: lostPartitions.filter((partition) => !changed.includes(partition)),
    topics: unique(failedOf((one) => (one.type === 'topic-is' ? one.topic : undefined))),
    keys: unique([
      ...failedOf((one) => (one.type === 'object-live' ? one.key : undefined)),
      ...lost.map(({ key }) => key),
      ...revived,
    ]),
  }
}

/** Objects that nobody named when a cleaner looked for such, and that a commit has named since. */
function revivedKeys(
  { liveKeys }: ArchiveTables,
  { preconditions, drops }: Pick<CommitDraft, 'preconditions' | 'drops'>,
): readonly string[] {
  const live = drops.filter((key) => liveKeys.has(key))
  if (live.length === 0) return []
  const meant = new Set(preconditions.flatMap((one) => (one.type === 'object-live' ? [one.key] : [])))
  return live.filter((key) => !meant.has(key))
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
