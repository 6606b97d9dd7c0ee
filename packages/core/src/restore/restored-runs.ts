import type { SourceRun } from '../batch/source-runs.ts'
import type { RestoredRun } from './journal-entries.ts'

/** `count` records from the ordinal on stand at consecutive target offsets. */
export interface TargetRun {
  readonly firstOrdinal: number
  readonly count: number
  readonly targetFirst: bigint
}

/** The source offset behind a run. */
export function sourceNextOf({ sourceFirst, count }: Pick<RestoredRun, 'sourceFirst' | 'count'>): bigint {
  return sourceFirst + BigInt(count)
}

/** The target offset behind a run. */
export function targetNextOf({ targetFirst, count }: RestoredRun): bigint {
  return targetFirst + BigInt(count)
}

/** Records that fill target offsets one after the other. */
export function placeRuns(sources: readonly SourceRun[], targetFirst: bigint): readonly RestoredRun[] {
  let next = targetFirst
  return sources.flatMap(({ firstOffset, count, isFurther }) => {
    const run = { sourceFirst: firstOffset, count, targetFirst: next }
    next += BigInt(count)
    return isFurther === true ? [] : [run]
  })
}

/** Appends a run to a list in order, joining it to the last one where it continues that on both sides. */
export function appendRun(runs: RestoredRun[], next: RestoredRun): void {
  const last = runs.at(-1)
  const continues =
    last !== undefined && sourceNextOf(last) === next.sourceFirst && targetNextOf(last) === next.targetFirst
  if (continues) runs[runs.length - 1] = { ...last, count: last.count + next.count }
  else runs.push(next)
}

/** Appends source offsets to a list in order, joining them to the last run where they continue it. */
export function appendSourceRun(runs: SourceRun[], next: SourceRun): void {
  const last = runs.at(-1)
  const isPlain = last?.isFurther !== true && next.isFurther !== true
  const continues = isPlain && last !== undefined && last.firstOffset + BigInt(last.count) === next.firstOffset
  if (continues) runs[runs.length - 1] = { ...last, count: last.count + next.count }
  else runs.push(next)
}

/** Appends what a target holds to a list in order, joining it to the last run where it continues that on both sides. */
export function appendTargetRun(runs: TargetRun[], next: TargetRun): void {
  const last = runs.at(-1)
  const continues =
    last !== undefined &&
    last.firstOrdinal + last.count === next.firstOrdinal &&
    last.targetFirst + BigInt(last.count) === next.targetFirst
  if (continues) runs[runs.length - 1] = { ...last, count: last.count + next.count }
  else runs.push(next)
}

/**
 * Joins what the source says of ordinals with what the target says of them, both in order.
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
  const left = new SourceRunQueue(sources.runs)
  let ordinal = sources.firstOrdinal
  return targets.flatMap(({ firstOrdinal, count, targetFirst }) => {
    const before = Math.max(0, ordinal - firstOrdinal)
    if (before >= count) return []
    left.take(firstOrdinal + before - ordinal)
    ordinal = firstOrdinal + count
    return placeRuns(left.take(count - before), targetFirst + BigInt(before))
  })
}

/** Gives source offsets away from the front. */
class SourceRunQueue {
  readonly #runs: readonly SourceRun[]
  #index = 0
  #used = 0

  constructor(runs: readonly SourceRun[]) {
    this.#runs = runs
  }

  /** The next so many records, or as many as are left. */
  take(records: number): readonly SourceRun[] {
    const taken: SourceRun[] = []
    for (let missing = records; missing > 0; ) {
      const run = this.#runs[this.#index]
      if (run === undefined) break
      const count = Math.min(missing, run.count - this.#used)
      const firstOffset = run.isFurther === true ? run.firstOffset : run.firstOffset + BigInt(this.#used)
      taken.push({ ...run, firstOffset, count })
      missing -= count
      this.#advance(run, count)
    }
    return taken
  }

  #advance(run: SourceRun, count: number): void {
    this.#used += count
    if (this.#used < run.count) return
    this.#index += 1
    this.#used = 0
  }
}
