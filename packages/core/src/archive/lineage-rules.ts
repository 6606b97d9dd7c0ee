import type { Gap, SectionEntry } from './commit.ts'
import { partitionFault } from './fold-fault.ts'
import type { StagedCommit, StagedLineage } from './staged-commit.ts'

/** What a commit changes of the data of one lineage. */
export interface LineageChange {
  readonly sections: readonly SectionEntry[]
  readonly gaps: readonly Gap[]
}

interface Extent {
  readonly startOffset: bigint
  readonly nextOffset: bigint
}

/**
 * Stages what is added to a lineage, and takes out the sections whose objects are dropped.
 *
 * Afterwards its sections and gaps must lie end to end, from a start that has not gone back to an end that has not gone
 * back either:
 *
 *     before   start [ A ][ B ]( gap )[ C ] next
 *     append                              [ D ] next'      newest lineage only
 *     replace  start [   A+B  ]( gap )[ C ] next           A and B dropped, A+B added
 *     expire              start'( gap )[ C ] next          A and B dropped
 *
 * @throws FoldFault where they do not.
 */
export function stageLineageChange(
  stage: StagedCommit,
  lineage: StagedLineage,
  change: LineageChange & { readonly droppedKeys: ReadonlySet<string> },
): void {
  const reachesBack = [...change.sections, ...change.gaps].some((extent) => extent.startOffset < lineage.nextOffset)
  const end = lineage.nextOffset
  if (reachesBack || holdsAny(lineage, change.droppedKeys)) rebuild(lineage, change)
  else append(lineage, change)
  if (lineage.nextOffset !== end && stage.newest(lineage.identity) !== lineage) {
    throw partitionFault(lineage.identity, `goes on in lineage ${lineage.identity.lineage}, which has ended`)
  }
}

function append(lineage: StagedLineage, { sections, gaps }: LineageChange): void {
  lineage.nextOffset = walk(lineage, inOrder([...sections, ...gaps]), lineage.nextOffset)
  lineage.addedSections = inOrder(sections)
  lineage.addedGaps = inOrder(gaps)
}

function rebuild(lineage: StagedLineage, change: LineageChange & { readonly droppedKeys: ReadonlySet<string> }): void {
  const kept = (lineage.cell?.sections ?? []).filter(({ key }) => !change.droppedKeys.has(key))
  const sections = inOrder([...kept, ...change.sections])
  const gaps = gapsThatStay(inOrder([...(lineage.cell?.gaps ?? []), ...change.gaps]), { lineage, sections })
  const extents = inOrder<Extent>([...sections, ...gaps])
  const start = extents[0]?.startOffset ?? lineage.nextOffset
  const end = walk(lineage, extents, start)
  if (start < lineage.startOffset) throw partitionFault(lineage.identity, `gains offset ${start} before its start`)
  if (end < lineage.nextOffset) throw partitionFault(lineage.identity, `loses what lies from offset ${end} on`)
  Object.assign(lineage, { startOffset: start, nextOffset: end, rebuilt: { sections, gaps } })
}

/** Gaps that lie before dropped sections go with them: those that no longer touch what is left. */
function gapsThatStay(
  gaps: readonly Gap[],
  { lineage, sections }: { readonly lineage: StagedLineage; readonly sections: readonly SectionEntry[] },
): readonly Gap[] {
  let start = sections[0]?.startOffset ?? lineage.nextOffset
  const leading = gaps.filter((gap) => gap.startOffset < start)
  const touching: Gap[] = []
  for (const gap of leading.reverse()) {
    if (gap.nextOffset !== start) break
    touching.unshift(gap)
    start = gap.startOffset
  }
  return [...touching, ...gaps.filter((gap) => gap.startOffset >= (sections[0]?.startOffset ?? lineage.nextOffset))]
}

function walk(lineage: StagedLineage, extents: readonly Extent[], start: bigint): bigint {
  let next = start
  for (const extent of extents) {
    if (extent.startOffset !== next) {
      throw partitionFault(lineage.identity, `goes on at offset ${extent.startOffset}, not at ${next}`)
    }
    next = extent.nextOffset
  }
  return next
}

function holdsAny(lineage: StagedLineage, keys: ReadonlySet<string>): boolean {
  return keys.size > 0 && (lineage.cell?.sections ?? []).some(({ key }) => keys.has(key))
}

function inOrder<T extends Extent>(extents: readonly T[]): readonly T[] {
  return [...extents].sort((left, right) => (left.startOffset < right.startOffset ? -1 : 1))
}
