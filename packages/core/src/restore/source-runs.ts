import type { RawRecord } from '../batch/batch-records.ts'

/** Consecutive source offsets, each the offset of a record. */
export interface SourceRun {
  readonly firstOffset: bigint
  readonly count: number
}

/** The runs that records in offset order fall into. */
export function sourceRunsOf(records: readonly Pick<RawRecord, 'offset'>[]): readonly SourceRun[] {
  const runs: { firstOffset: bigint; count: number }[] = []
  for (const { offset } of records) {
    const run = runs.at(-1)
    if (run !== undefined && run.firstOffset + BigInt(run.count) === offset) run.count += 1
    else runs.push({ firstOffset: offset, count: 1 })
  }
  return runs
}

/** Leaves out the first `skip` records and keeps the next `keep`. */
export function sliceRuns(runs: readonly SourceRun[], skip: number, keep = Number.MAX_SAFE_INTEGER): readonly SourceRun[] {
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
