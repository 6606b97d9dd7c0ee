import type { SourceRun } from '../batch/source-runs.ts'
import type { RestoredRun } from './journal-entries.ts'

/** `count` records from the ordinal on stand at consecutive target offsets. */
export interface TargetRun {
  readonly firstOrdinal: number
  readonly count: number
  readonly targetFirst: bigint
}

/** Leaves out the first `skip` records and keeps the next `keep`. */
export function sliceRuns(
  runs: readonly SourceRun[],
  skip: number,
  keep = Number.MAX_SAFE_INTEGER,
): readonly SourceRun[] {
  const sliced: SourceRun[] = []
  let toSkip = skip
  let toKeep = keep
  for (const { firstOffset, count } of runs) {
    const skipped = Math.min(count, toSkip)
    const kept = Math.min(count - skipped, toKeep)
    toSkip -= skipped
    toKeep -= kept
    if (kept > 0) sliced.push({ firstOffset: firstOffset + BigInt(skipped), count: kept })
  }
  return sliced
}

/** Records that fill target offsets one after the other. */
export function placeRuns(sources: readonly SourceRun[], targetFirst: bigint): readonly RestoredRun[] {
  let next = targetFirst
  return sources.map(({ firstOffset, count }) => {
    const run = { sourceFirst: firstOffset, count, targetFirst: next }
    next += BigInt(count)
    return run
  })
}

/** Appends a run to a list in order, joining it to the last one where it continues that on both sides. */
export function appendRun(runs: RestoredRun[], next: RestoredRun): void {
  const last = runs.at(-1)
  const length = BigInt(last?.count ?? 0)
  const continues =
    last !== undefined &&
    last.sourceFirst + length === next.sourceFirst &&
    last.targetFirst + length === next.targetFirst
  if (continues) runs[runs.length - 1] = { ...last, count: last.count + next.count }
  else runs.push(next)
}

/**
 * Joins what the source says of ordinals with what the target says of them.
 *
 * ```
 * ordinals       40 41 42 43 44 45        sources: records from ordinal 40 on
 * source          7  8  9 12 13 14
 * target         70 71 72    90 91        43 is not found: its place stays unknown
 * restored       7…9 → 70…72, 13…14 → 90…91
 * ```
 */
export function joinRuns(
  sources: { readonly firstOrdinal: number; readonly runs: readonly SourceRun[] },
  targets: readonly TargetRun[],
): readonly RestoredRun[] {
  return targets.flatMap(({ firstOrdinal, count, targetFirst }) => {
    const before = Math.max(0, sources.firstOrdinal - firstOrdinal)
    if (before >= count) return []
    const skip = Math.max(0, firstOrdinal - sources.firstOrdinal)
    return placeRuns(sliceRuns(sources.runs, skip, count - before), targetFirst + BigInt(before))
  })
}
