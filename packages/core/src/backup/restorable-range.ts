import type { ArchiveState } from '../archive/archive-state.ts'
import { recordTimes } from '../archive/record-times.ts'
import { isInternalTopic } from '../config/topic-selection.ts'
import { latestWholeCut } from './whole-cut.ts'

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
  return {
    earliest: recordTimes(lineages.flatMap((lineage) => lineage.sections)).earliest,
    latest: latestWholeCut(
      partitions.flatMap((partition) => partition.lineages.at(-1)?.lastCut ?? []),
      captures,
    ),
  }
}
