import type { ArchiveState } from '../archive/archive-state.ts'
import { isInternalTopic } from '../config/topic-selection.ts'

/** The moments to which an archive can be restored, in epoch milliseconds; both inclusive. */
export interface RestorableRange {
  /** The least record timestamp; `null` where there is no record, or where it was not looked for. */
  readonly earliest: bigint | null
  /** When the source was last asked how far its logs are stable; `null` before the first run has ended. */
  readonly latest: bigint | null
}

/** The range over all topics, internal ones left out. */
export function restorableRange({ topics }: ArchiveState): RestorableRange {
  const partitions = [...topics.values()]
    .filter((topic) => !isInternalTopic(topic))
    .flatMap((topic) => topic.partitions)
  const lineages = partitions.flatMap((partition) => partition.lineages)
  const sections = lineages.flatMap((lineage) => lineage.sections).filter(({ records }) => records > 0)
  const earliest = sections.map(({ minTimestamp }) => minTimestamp)
  return {
    earliest: earliest.reduce(earlier, earliest[0] ?? null),
    latest: lineages.reduce<bigint | null>((latest, { lastCut }) => later(latest, lastCut?.observedAtMs ?? null), null),
  }
}

function earlier(left: bigint | null, right: bigint | null): bigint | null {
  if (left === null || right === null) return null
  return left < right ? left : right
}

function later(left: bigint | null, right: bigint | null): bigint | null {
  if (left === null || right === null) return left ?? right
  return left > right ? left : right
}
