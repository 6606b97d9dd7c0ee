import type { LineageState, PartitionState, TopicState } from './archive-state.ts'
import type { CatalogTopic, Gap, PartitionCut, PartitionLineage, SectionEntry } from './commit.ts'

/*
 * The working form of an archive's state. Folding a commit changes the cells in place, so that it costs what the commit
 * holds and not what the archive holds; what others see is frozen from them, and unchanged cells keep their frozen form.
 */

/** One life of a partition, open for change. */
export interface LineageCell {
  readonly identity: PartitionLineage
  readonly reason: LineageState['reason']
  startOffset: bigint
  nextOffset: bigint
  sections: SectionEntry[]
  gaps: Gap[]
  lastCut: PartitionCut | null
  frozen: LineageState | null
}

/** All lives of a partition, oldest first. */
export interface PartitionCell {
  readonly partition: number
  readonly lineages: LineageCell[]
  frozen: PartitionState | null
}

/** A topic and its partitions. */
export interface TopicCell {
  catalog: CatalogTopic
  deleted: boolean
  readonly partitions: Map<number, PartitionCell>
  frozen: TopicState | null
}

export function freezeTopic(cell: TopicCell): TopicState {
  if (cell.frozen !== null) return cell.frozen
  const partitions = [...cell.partitions.values()]
    .sort((left, right) => left.partition - right.partition)
    .map(freezePartition)
  cell.frozen = { ...cell.catalog, deleted: cell.deleted, partitions }
  return cell.frozen
}

function freezePartition(cell: PartitionCell): PartitionState {
  cell.frozen ??= { partition: cell.partition, lineages: cell.lineages.map(freezeLineage) }
  return cell.frozen
}

function freezeLineage(cell: LineageCell): LineageState {
  if (cell.frozen !== null) return cell.frozen
  const { identity, reason, startOffset, nextOffset, sections, gaps, lastCut } = cell
  cell.frozen = { ...identity, reason, startOffset, nextOffset, sections: [...sections], gaps: [...gaps], lastCut }
  return cell.frozen
}

export function thawTopic(topic: TopicState): TopicCell {
  const { partitions, deleted, ...catalog } = topic
  return {
    catalog,
    deleted,
    partitions: new Map(partitions.map((partition) => [partition.partition, thawPartition(partition)])),
    frozen: topic,
  }
}

function thawPartition(partition: PartitionState): PartitionCell {
  return { partition: partition.partition, lineages: partition.lineages.map(thawLineage), frozen: partition }
}

function thawLineage(state: LineageState): LineageCell {
  const { topic, partition, topicId, lineage, sections, gaps, ...rest } = state
  return {
    ...rest,
    identity: { topic, partition, topicId, lineage },
    sections: [...sections],
    gaps: [...gaps],
    frozen: state,
  }
}
