import { groupBy } from '../collections/group-by.ts'
import { partitionName, type TopicPartition } from '../kafka/topic-partition.ts'
import type { GroupReset } from '../offsets/group-reset.ts'
import type { OffsetMapStream, OffsetTranslation, PartitionOffset } from '../offsets/offset-map.ts'
import type { TranslatedPosition } from '../offsets/translated-positions.ts'
import type { PositionFinder } from './group-strategies/group-strategy.ts'

/** Where a group goes on in a target partition. */
export interface TargetPosition extends PartitionOffset {
  /**
   * How many restored records it reads again: records of several source partitions stand there in turn, and only a place
   * before all that it had not read misses none.
   */
  readonly repeatedRecords: bigint
  /** The source partitions whose records stand there. */
  readonly sources: readonly TopicPartition[]
}

/**
 * The places from which a group misses no record, in each target partition that its source partitions went to.
 *
 * ```
 * a/0 → t/0     a0 a1 .. .. a2 .. a3        the group had read a0, a1 and b0, b1, b2
 * a/1 → t/0     .. .. b0 b1 .. b2 ..
 * t/0            0  1  2  3  4  5  6        a/0 goes on at 4, a/1 behind its end: the group goes on at 4, and reads b2 again
 * ```
 *
 * A source partition in which the archive knows no position of the group counts from its first record, where others share
 * its target. A target is left as it is where the place in one of its sources is not known.
 */
export function targetPositions(map: PositionFinder, positions: readonly PartitionOffset[]): readonly TargetPosition[] {
  const bySource = groupBy(map.streams, ({ source }) => partitionName(source))
  const translated = new Map<OffsetMapStream, OffsetTranslation>()
  for (const position of positions) {
    const streams = bySource.get(partitionName(position)) ?? []
    for (const [index, translation] of map.translateAll(position).entries()) {
      const stream = streams[index]
      if (stream !== undefined) translated.set(stream, translation)
    }
  }
  const groups = groupBy(map.streams, ({ target }) => partitionName(target))
  return [...groups.values()].flatMap((streams) => mergedPosition(streams, translated) ?? [])
}

/** What each group is set to, by its archived positions. */
export function targetsOfGroups(
  map: PositionFinder,
  translated: ReadonlyMap<string, readonly TranslatedPosition[]>,
): ReadonlyMap<string, readonly TargetPosition[]> {
  return new Map(
    [...translated].map(([groupId, positions]) => {
      const sources = new Map(positions.map(({ source }) => [partitionName(source), source]))
      return [groupId, targetPositions(map, [...sources.values()])]
    }),
  )
}

/** The metadata of a position goes along where it is the only one that leads to a place. */
export function resetToTargets(
  groupId: string,
  positions: readonly TranslatedPosition[],
  targets: readonly TargetPosition[],
): GroupReset {
  const metadata = new Map(positions.map(({ source }) => [partitionName(source), source.metadata]))
  return {
    groupId,
    positions: targets.map(({ topic, partition, offset, sources }) => {
      const [only] = sources.length === 1 ? sources : []
      const kept = only === undefined ? null : (metadata.get(partitionName(only)) ?? null)
      return { topic, partition, offset, metadata: kept }
    }),
  }
}

function mergedPosition(
  streams: readonly OffsetMapStream[],
  translated: ReadonlyMap<OffsetMapStream, OffsetTranslation>,
): TargetPosition | undefined {
  const [first] = streams
  const known = streams.flatMap((stream) => translated.get(stream) ?? [])
  if (first === undefined || known.length === 0 || known.some(({ kind }) => kind === 'unknown')) return undefined
  const end = greatest(streams.map(({ targetEnd }) => targetEnd))
  const places = streams.map((stream) => placeIn(stream, translated.get(stream), end))
  const offset = least([end, ...places])
  const repeats = streams.map((stream, index) =>
    translated.has(stream) ? recordsBetween(stream, offset, places[index] ?? offset) : 0n,
  )
  const repeatedRecords = repeats.reduce((sum, count) => sum + count, 0n)
  return { ...first.target, offset, repeatedRecords, sources: sourcesOf(streams) }
}

/** Each once: what stood in a target before is a stream of its own. */
function sourcesOf(streams: readonly OffsetMapStream[]): readonly TopicPartition[] {
  return [...new Map(streams.map(({ source }) => [partitionName(source), source])).values()]
}

/** The first record of a stream that the group has not read; the end of all where there is none, unless others follow. */
function placeIn(stream: OffsetMapStream, translation: OffsetTranslation | undefined, end: bigint): bigint {
  if (translation === undefined) {
    const [first] = stream.runs()
    return first?.targetFirst ?? end
  }
  if (translation.kind === 'end') return stream.othersFollow ? stream.targetEnd : end
  return translation.kind === 'unknown' ? end : translation.target.offset
}

function recordsBetween(stream: OffsetMapStream, from: bigint, to: bigint): bigint {
  let records = 0n
  for (const { sourceFirst, sourceLast, targetFirst } of stream.runs()) {
    const next = targetFirst + (sourceLast - sourceFirst) + 1n
    const first = greatest([targetFirst, from])
    const end = least([next, to])
    if (end > first) records += end - first
  }
  return records
}

function least(offsets: readonly bigint[]): bigint {
  return offsets.reduce((found, offset) => (offset < found ? offset : found))
}

function greatest(offsets: readonly bigint[]): bigint {
  return offsets.reduce((found, offset) => (offset > found ? offset : found))
}
