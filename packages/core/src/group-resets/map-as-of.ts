import { partitionName } from '../kafka/topic-partition.ts'
import type { OffsetMap } from '../offsets/offset-map.ts'
import { OffsetMapBuilder } from '../offsets/offset-map-builder.ts'
import { copiesAsOf } from '../restore/copies/left-out-copies.ts'
import type { ChosenRestore } from './chosen-restore.ts'

/**
 * The map of a restore, for positions of another moment than the end of its window: of the copies that it left out, those
 * count which were there to be read by then.
 *
 * @param atMs `null`: the newest that the restored commit knows
 */
export function mapAsOf({ restore, map }: ChosenRestore, atMs: bigint | null): OffsetMap {
  const { streams } = restore.begin
  if (streams.every(({ filter }) => filter.dropCopies.length === 0)) return map
  const leftOut = new Map(streams.map(({ source, filter }) => [partitionName(source), filter.dropCopies]))
  const builder = new OffsetMapBuilder()
  for (const facts of map.streams) {
    const copies = copiesAsOf(leftOut.get(partitionName(facts.source)) ?? [], atMs)
    const stream = builder.stream({ ...facts, copies })
    for (const run of facts.runs()) stream.add(run)
    stream.endsAt(facts.targetEnd)
  }
  return builder.build()
}
