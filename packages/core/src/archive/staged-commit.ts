import { partitionName, type TopicPartition } from '../kafka/topic-partition.ts'
import type { LineageState } from './archive-state.ts'
import { type ArchiveTables, findPartition } from './archive-tables.ts'
import type { CatalogTopic, Gap, PartitionCut, PartitionLineage, SectionEntry } from './commit.ts'
import type { LineageCell } from './fold-cells.ts'

/** What a commit does to one lineage, worked out but not done. */
export interface StagedLineage {
  readonly identity: PartitionLineage
  readonly reason: LineageState['reason']
  /** `null` for a lineage that the commit itself starts. */
  readonly cell: LineageCell | null
  startOffset: bigint
  nextOffset: bigint
  addedSections: readonly SectionEntry[]
  addedGaps: readonly Gap[]
  /** All sections and gaps anew, where some were replaced or dropped. */
  rebuilt: { readonly sections: readonly SectionEntry[]; readonly gaps: readonly Gap[] } | null
  cut: PartitionCut | null
}

/** A topic as a commit leaves it. */
export interface StagedTopic {
  readonly catalog: CatalogTopic
  readonly deleted: boolean
}

/**
 * What a commit does to an archive, worked out but not done: reading goes through to the archive as it was.
 *
 * Either the whole commit follows from what was before, and then it is applied, or nothing is changed.
 */
export class StagedCommit {
  readonly tables: ArchiveTables
  readonly topics = new Map<string, StagedTopic>()
  readonly #partitions = new Map<string, StagedLineage[]>()

  constructor(tables: ArchiveTables) {
    this.tables = tables
  }

  /** Every lineage that the commit touches. */
  *lineages(): Generator<StagedLineage, void, void> {
    for (const lineages of this.#partitions.values()) yield* lineages
  }

  topic(name: string): StagedTopic | undefined {
    return this.topics.get(name) ?? this.tables.topics.get(name)
  }

  newest(partition: TopicPartition): StagedLineage | undefined {
    const started = this.#partitions.get(partitionName(partition))?.findLast(({ cell }) => cell === null)
    if (started !== undefined) return started
    const cell = findPartition(this.tables, partition)?.lineages.at(-1)
    return cell && this.#touch(cell)
  }

  find(identity: PartitionLineage): StagedLineage | undefined {
    const cell = findPartition(this.tables, identity)?.lineages[identity.lineage]
    const lineage = cell === undefined ? this.newest(identity) : this.#touch(cell)
    if (lineage === undefined) return undefined
    const { topicId, lineage: number } = lineage.identity
    return topicId === identity.topicId && number === identity.lineage ? lineage : undefined
  }

  start(identity: PartitionLineage, { startOffset, reason }: Pick<LineageState, 'startOffset' | 'reason'>): void {
    this.#add(newStagedLineage({ identity, reason, cell: null, startOffset, nextOffset: startOffset }))
  }

  #touch(cell: LineageCell): StagedLineage {
    const known = this.#partitions.get(partitionName(cell.identity))?.find((lineage) => lineage.cell === cell)
    if (known !== undefined) return known
    const { identity, reason, startOffset, nextOffset } = cell
    return this.#add(newStagedLineage({ identity, reason, cell, startOffset, nextOffset }))
  }

  #add(lineage: StagedLineage): StagedLineage {
    const name = partitionName(lineage.identity)
    const lineages = this.#partitions.get(name)
    if (lineages === undefined) this.#partitions.set(name, [lineage])
    else lineages.push(lineage)
    return lineage
  }
}

type LineageStart = Pick<StagedLineage, 'identity' | 'reason' | 'cell' | 'startOffset' | 'nextOffset'>

/** Written out, not spread: this is made for every partition of every commit. */
function newStagedLineage({ identity, reason, cell, startOffset, nextOffset }: LineageStart): StagedLineage {
  return { identity, reason, cell, startOffset, nextOffset, addedSections: [], addedGaps: [], rebuilt: null, cut: null }
}
