import { partitionName } from '../kafka/topic-partition.ts'
import type { ArchiveTables } from './archive-tables.ts'
import { stageCatalogEvent } from './catalog-rules.ts'
import type { CommitDraft, Gap, PartitionCut, PartitionLineage, SectionEntry } from './commit.ts'
import { FoldFault, partitionFault } from './fold-fault.ts'
import { stageLineageChange } from './lineage-rules.ts'
import { StagedCommit, type StagedLineage } from './staged-commit.ts'

/**
 * Works out what a commit does to an archive, without doing it.
 *
 * @throws FoldFault where it cannot follow from what was before; the archive is then as it was.
 */
export function stageCommit(tables: ArchiveTables, draft: CommitDraft): StagedCommit {
  const stage = new StagedCommit(tables)
  for (const event of draft.catalog) stageCatalogEvent(stage, event)
  stageData(stage, draft)
  for (const cut of draft.cuts) stageCut(stage, cut)
  return stage
}

interface DataChange {
  readonly identity: PartitionLineage
  readonly sections: SectionEntry[]
  readonly gaps: Gap[]
}

function stageData(stage: StagedCommit, draft: CommitDraft): void {
  const droppedKeys = new Set(draft.drops)
  assertKeys(draft.sections, droppedKeys)
  const changes = changesByLineage(draft)
  for (const identity of lineagesHolding(stage.tables, droppedKeys)) changeOf(changes, identity)
  for (const { identity, sections, gaps } of changes.values()) {
    stageLineageChange(stage, knownLineage(stage, identity), { sections, gaps, droppedKeys })
  }
}

function assertKeys(sections: readonly SectionEntry[], droppedKeys: ReadonlySet<string>): void {
  const both = sections.find(({ key }) => droppedKeys.has(key))
  if (both !== undefined) throw new FoldFault(`object ${both.key} is added and dropped at once`)
}

function changesByLineage(draft: CommitDraft): Map<string, DataChange> {
  const changes = new Map<string, DataChange>()
  for (const section of draft.sections) changeOf(changes, section).sections.push(section)
  for (const gap of draft.gaps) changeOf(changes, gap).gaps.push(gap)
  return changes
}

function changeOf(changes: Map<string, DataChange>, identity: PartitionLineage): DataChange {
  const name = `${partitionName(identity)}/${identity.lineage}/${identity.topicId}`
  const change = changes.get(name) ?? { identity, sections: [], gaps: [] }
  changes.set(name, change)
  return change
}

/** Found by looking at every section: drops are rare, and an index of them all would cost memory all the time. */
function* lineagesHolding(tables: ArchiveTables, keys: ReadonlySet<string>): Generator<PartitionLineage, void, void> {
  if (![...keys].some((key) => tables.liveKeys.has(key))) return
  for (const topic of tables.topics.values()) {
    for (const { lineages } of topic.partitions.values()) {
      for (const { identity, sections } of lineages) if (sections.some(({ key }) => keys.has(key))) yield identity
    }
  }
}

function stageCut(stage: StagedCommit, cut: PartitionCut): void {
  const lineage = knownLineage(stage, cut)
  if (stage.newest(cut) !== lineage) throw partitionFault(cut, `is cut in lineage ${cut.lineage}, which has ended`)
  if (cut.nextOffset !== lineage.nextOffset) {
    throw partitionFault(cut, `is cut at offset ${cut.nextOffset} and reaches to ${lineage.nextOffset}`)
  }
  lineage.cut = cut
}

function knownLineage(stage: StagedCommit, identity: PartitionLineage): StagedLineage {
  const lineage = stage.find(identity)
  if (lineage !== undefined) return lineage
  throw partitionFault(identity, `has no lineage ${identity.lineage} of topic id ${identity.topicId}`)
}
