import type { GroupCapture, PartitionCut } from '../archive/commit.ts'

/** Whether a run has read a partition to the end that it had found. */
export function isReached({ nextOffset, lastStableOffset }: PartitionCut): boolean {
  return nextOffset >= lastStableOffset
}

/**
 * The moment up to which partitions are whole: the time of the newest run that ended before the first one that left any of
 * them short; `null` where there is none.
 *
 * All cuts of one run bear one time, and its first commit holds those of all its partitions: where one of them is not
 * reached, the run was cut short. Captures are committed with whole cuts only.
 *
 * ```
 * orders/0   10:00 reached    11:00 not reached
 * orders/1   10:00 reached    11:00 reached      12:00 reached, by a run without orders/0
 * whole up to 10:00: records of orders/0 are missing from 11:00 on
 * ```
 */
export function latestWholeCut(
  cuts: readonly PartitionCut[],
  captures: readonly Pick<GroupCapture, 'observedAtMs'>[],
): bigint | null {
  const cutShort = cuts.filter((cut) => !isReached(cut))
  const isWhole = (time: bigint) => cutShort.every(({ observedAtMs }) => time < observedAtMs)
  const times = [...cuts, ...captures].map(({ observedAtMs }) => observedAtMs).filter(isWhole)
  return times.reduce<bigint | null>((latest, time) => (latest === null || time > latest ? time : latest), null)
}
