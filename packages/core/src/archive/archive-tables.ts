import type { TopicPartition } from '../kafka/topic-partition.ts'
import type { LineageCell, PartitionCell, TopicCell } from './fold-cells.ts'

/** What a commit is checked against: the archive as of the commit before it. */
export interface ArchiveTables {
  readonly topics: ReadonlyMap<string, TopicCell>
  /** Keys of the objects that sections of the archive lie in. */
  readonly liveKeys: ReadonlySet<string>
  /** Keys that were dropped, for good. */
  readonly dropped: ReadonlySet<string>
}

export function findPartition(tables: ArchiveTables, { topic, partition }: TopicPartition): PartitionCell | undefined {
  return tables.topics.get(topic)?.partitions.get(partition)
}

/** The lineage that data is added to; `undefined` for a partition that the archive does not know. */
export function newestLineage(tables: ArchiveTables, partition: TopicPartition): LineageCell | undefined {
  return findPartition(tables, partition)?.lineages.at(-1)
}
