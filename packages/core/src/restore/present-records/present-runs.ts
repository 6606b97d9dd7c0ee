import type { RestoredRun } from '../journal-entries.ts'
import { targetNextOf } from '../restored-runs.ts'
import type { LogBounds } from '../target-scan.ts'

/** What of some runs still stands in a log: brokers delete from its beginning. */
export function runsWithin(
  runs: readonly RestoredRun[],
  { startOffset, endOffset }: LogBounds,
): readonly RestoredRun[] {
  return runs.flatMap(({ sourceFirst, count, targetFirst }) => {
    const lost = startOffset > targetFirst ? startOffset - targetFirst : 0n
    const left = least(BigInt(count), endOffset - targetFirst) - lost
    if (left <= 0n) return []
    return [{ sourceFirst: sourceFirst + lost, count: Number(left), targetFirst: targetFirst + lost }]
  })
}

/**
 * Runs in the order of the source, as few lists of them as it takes for each to be in the order of the target too.
 *
 * ```
 * source   [0, 9]     [20, 29]   [30, 39]          lists
 * target   [50, 59]   [0, 9]     [60, 69]          [0, 9] → 50, [30, 39] → 60    and    [20, 29] → 0
 * ```
 */
export function inBothOrders(runs: readonly RestoredRun[]): readonly (readonly RestoredRun[])[] {
  const lists: RestoredRun[][] = []
  for (const run of runs) {
    const fitting = lists.find((list) => endsBefore(list.at(-1), run))
    if (fitting === undefined) lists.push([run])
    else fitting.push(run)
  }
  return lists
}

function endsBefore(last: RestoredRun | undefined, next: RestoredRun): boolean {
  return last === undefined || targetNextOf(last) <= next.targetFirst
}

function least(left: bigint, right: bigint): bigint {
  return left < right ? left : right
}
