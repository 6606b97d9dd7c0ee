import { groupBy } from '../collections/group-by.ts'
import type { TopicPartition } from '../kafka/topic-partition.ts'
import type { GroupPositionAt, PositionObservation } from './group-positions.ts'
import type { OffsetMap, OffsetTranslation, PartitionOffset } from './offset-map.ts'

/** A group's archived position in one source partition, and where that is in the target. */
export interface TranslatedPosition {
  readonly source: TopicPartition & { readonly offset: bigint; readonly metadata: string | null }
  /** How well the source position is known: at the end of the window, or within bounds of time. */
  readonly known: GroupPositionAt['kind']
  readonly observedAtMs: bigint
  /** What was seen of it next, where it is not exact. */
  readonly next: PositionObservation | null
  /** How it was translated; `unknown` is left as it is. */
  readonly translation: OffsetTranslation
}

/** What finds a source position in the target. */
export type PositionMap = Pick<OffsetMap, 'translate' | 'translateAll'>

/** Archived positions, group by group, where they are in the target. */
export function translatePositions(
  positions: readonly GroupPositionAt[],
  map: PositionMap,
): ReadonlyMap<string, readonly TranslatedPosition[]> {
  const groups = groupBy(positions, ({ groupId }) => groupId)
  return new Map(
    [...groups].map(([groupId, own]) => [
      groupId,
      own.flatMap((position) => translationsOf(position, map).map((translation) => translated(position, translation))),
    ]),
  )
}

/** More than one where the records of a partition went into several. */
function translationsOf(position: PartitionOffset, map: PositionMap): readonly OffsetTranslation[] {
  const all = map.translateAll(position)
  return all.length > 1 ? all : [map.translate(position)]
}

function translated(position: GroupPositionAt, translation: OffsetTranslation): TranslatedPosition {
  const { topic, partition, offset, metadata, kind, observedAtMs, next } = position
  return { source: { topic, partition, offset, metadata }, known: kind, observedAtMs, next, translation }
}
