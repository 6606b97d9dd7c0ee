import type { ArchiveState } from '../archive/archive-state.ts'
import type { PartitionCut } from '../archive/commit.ts'
import { isInternalTopic } from '../config/topic-selection.ts'

/** The moments to which an archive can be restored, in epoch milliseconds; both inclusive. */
export interface RestorableRange {
  /** The least record timestamp; `null` where there is no record, or where it was not looked for. */
  readonly earliest: bigint | null
  /**
   * When the source was last asked how far its logs are stable, by a run that read up to there; `null` before the first
   * run has ended. What a run that was cut short has read is in the archive, but does not count here.
   */
  readonly latest: bigint | null
}

/** The range over all topics, internal ones left out. */
export function restorableRange({ topics, captures }: ArchiveState): RestorableRange {
  const partitions = [...topics.values()]
    .filter((topic) => !isInternalTopic(topic))
    .flatMap((topic) => topic.partitions)
  const lineages = partitions.flatMap((partition) => partition.lineages)
  const sections = lineages.flatMap((lineage) => lineage.sections).filter(({ records }) => records > 0)
  const earliest = sections.map(({ minTimestamp }) => minTimestamp)
  return {
    earliest: earliest.reduce(earlier, earliest[0] ?? null),
    latest: latestWholeCut(
      partitions.flatMap((partition) => partition.lineages.at(-1)?.lastCut ?? []),
      captures,
    ),
  }
}

/**
 * All cuts of one run bear one time, and its first commit holds those of all its partitions: where one of them is not
 * reached, the run was cut short. Captures are committed with whole cuts only; they tell of the run before it.
 */
function latestWholeCut(cuts: readonly PartitionCut[], captures: ArchiveState['captures']): bigint | null {
  const isReached = (cut: PartitionCut) => cut.nextOffset >= cut.lastStableOffset
  const cutShort = new Set(cuts.filter((cut) => !isReached(cut)).map(({ observedAtMs }) => observedAtMs))
  const times = [...cuts, ...captures].map(({ observedAtMs }) => observedAtMs).filter((time) => !cutShort.has(time))
  return times.reduce<bigint | null>((latest, time) => (latest === null || time > latest ? time : latest), null)
}

function earlier(left: bigint | null, right: bigint | null): bigint | null {
  if (left === null || right === null) return null
  return left < right ? left : right
}
