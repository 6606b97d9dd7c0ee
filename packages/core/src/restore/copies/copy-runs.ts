import type { OffsetBounds } from '../../batch/record-selection.ts'
import { countLeading } from '../../collections/count-leading.ts'
import { type CopiedRun, copyNextOf } from '../../offsets/copied-run.ts'
import { PresentOffsets } from '../present-records/present-offsets.ts'

/** The offsets of the copies of a run. */
export function copyBounds(run: CopiedRun): OffsetBounds {
  return { startOffset: run.copyFirst, nextOffset: copyNextOf(run) }
}

/** The part of a run whose copies lie in some ranges, which are in order and apart. */
export function copiesWithin<Run extends CopiedRun>(run: Run, ranges: readonly OffsetBounds[]): readonly Run[] {
  const bounds = copyBounds(run)
  return overlapping(ranges, bounds).map((range) => partOf(run, shared(range, bounds), run.copyFirst))
}

/** The part of a run whose originals lie in some ranges, which are in order and apart. */
export function originalsWithin<Run extends CopiedRun>(run: Run, ranges: readonly OffsetBounds[]): readonly Run[] {
  const bounds = originalBounds(run)
  return overlapping(ranges, bounds).map((range) => partOf(run, shared(range, bounds), run.originalFirst))
}

/** The parts of some runs whose originals lie in none of some ranges, which are in order and apart. */
export function originalsOutside<Run extends CopiedRun>(
  runs: readonly Run[],
  ranges: readonly OffsetBounds[],
): readonly Run[] {
  const inside = new PresentOffsets(
    ranges.map(({ startOffset, nextOffset }) => ({
      sourceFirst: startOffset,
      count: Number(nextOffset - startOffset),
    })),
  )
  return runs.flatMap((run) => originalsWithin(run, inside.missingIn(originalBounds(run))))
}

/**
 * What is known of the copies of a log, with those of one more restore. What that restore copied may have been copies itself:
 * each copy leads to the record that is none. Where two restores claim an offset, the later one has it, since the log had
 * lost it in between.
 *
 * @param known in order and apart
 */
export function withCopies<Run extends CopiedRun>(known: readonly Run[], added: readonly Run[]): readonly Run[] {
  const own = new PresentOffsets(known.map(asOffsets))
  const ranges = known.map((earlier) => ({ ...copyBounds(earlier), earlier }))
  const resolved = added.flatMap((run) => [
    ...originalsWithin(run, own.missingIn(originalBounds(run))),
    ...throughCopies(run, ranges),
  ])
  const sorted = resolved.toSorted(byCopy)
  const claimed = new PresentOffsets(sorted.map(asOffsets))
  const kept = known.flatMap((run) => copiesWithin(run, claimed.missingIn(copyBounds(run))))
  return [...kept, ...sorted].toSorted(byCopy)
}

/** The parts of a run that were made of copies, as copies of what these are copies of. */
function throughCopies<Run extends CopiedRun>(
  run: Run,
  ranges: readonly (OffsetBounds & { readonly earlier: CopiedRun })[],
): readonly Run[] {
  return overlapping(ranges, originalBounds(run)).flatMap((range) =>
    originalsWithin(run, [range]).map((part) => ({
      ...part,
      originalFirst: range.earlier.originalFirst + (part.originalFirst - range.startOffset),
    })),
  )
}

function originalBounds({ originalFirst, count }: CopiedRun): OffsetBounds {
  return { startOffset: originalFirst, nextOffset: originalFirst + BigInt(count) }
}

/** Those of some ranges, in order and apart, that have an offset in common with others. */
function overlapping<Range extends OffsetBounds>(
  ranges: readonly Range[],
  { startOffset, nextOffset }: OffsetBounds,
): readonly Range[] {
  const before = countLeading(ranges.length, (index) => (ranges[index]?.nextOffset ?? startOffset) <= startOffset)
  const begun = countLeading(ranges.length, (index) => (ranges[index]?.startOffset ?? nextOffset) < nextOffset)
  return ranges.slice(before, begun)
}

function shared(left: OffsetBounds, right: OffsetBounds): OffsetBounds {
  return {
    startOffset: left.startOffset > right.startOffset ? left.startOffset : right.startOffset,
    nextOffset: left.nextOffset < right.nextOffset ? left.nextOffset : right.nextOffset,
  }
}

/** Of a run, what a range spans on the side whose first offset is `first`. */
function partOf<Run extends CopiedRun>(run: Run, { startOffset, nextOffset }: OffsetBounds, first: bigint): Run {
  const skipped = startOffset - first
  return {
    ...run,
    copyFirst: run.copyFirst + skipped,
    count: Number(nextOffset - startOffset),
    originalFirst: run.originalFirst + skipped,
  }
}

function asOffsets({ copyFirst, count }: CopiedRun) {
  return { sourceFirst: copyFirst, count }
}

function byCopy(left: CopiedRun, right: CopiedRun): number {
  return left.copyFirst < right.copyFirst ? -1 : 1
}
