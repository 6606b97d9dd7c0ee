import { groupBy } from '../../collections/group-by.ts'
import { partitionName } from '../../kafka/topic-partition.ts'
import { mapConcurrently } from '../../memory/map-concurrently.ts'
import type { OffsetMapStream, OffsetTranslation, PartitionOffset } from '../../offsets/offset-map.ts'
import { singleTranslation } from '../../offsets/offset-map-view.ts'
import type { AnchoredStream } from '../stream-producer.ts'
import { findByScan } from './find-by-scan.ts'
import { findByTime } from './find-by-time.ts'
import type { GroupStrategy, PositionFinder, StrategyContext } from './group-strategy.ts'

/** Positions of one source partition that are looked for in one of its streams. */
export interface StreamPositions {
  readonly anchored: AnchoredStream
  readonly facts: OffsetMapStream
  /** Each once. */
  readonly offsets: readonly bigint[]
}

type Found = ReadonlyMap<bigint, OffsetTranslation>

const FINDERS = { 'timestamp-based': findByTime, 'cluster-scan': findByScan } as const

/** Looks positions up in the target, each stream at once, by the strategy that is asked for. */
export async function positionFinder(
  strategy: GroupStrategy,
  options: StrategyContext,
  positions: readonly PartitionOffset[],
): Promise<PositionFinder> {
  const { map, context, concurrency } = options
  if (strategy === 'offset-map' || strategy === 'manual') return map
  const wanted = wantedOf(options, positions)
  const find = FINDERS[strategy]
  const found = await mapConcurrently(wanted, { concurrency, signal: context.signal }, async (stream, { signal }) => {
    return [stream.facts, await find({ ...context, signal }, stream)] as const
  })
  return lookup(map.streams, new Map(found))
}

function wantedOf({ map, active }: StrategyContext, positions: readonly PartitionOffset[]): readonly StreamPositions[] {
  const anchored = new Map(active.map((each) => [streamKey(each.stream), each]))
  const bySource = groupBy(positions, partitionName)
  return map.streams.flatMap((facts) => {
    const offsets = new Set(bySource.get(partitionName(facts.source))?.map(({ offset }) => offset))
    const stream = anchored.get(streamKey(facts))
    return stream === undefined || offsets.size === 0 ? [] : [{ anchored: stream, facts, offsets: [...offsets] }]
  })
}

function streamKey({ source, target }: Pick<OffsetMapStream, 'source' | 'target'>): string {
  return `${partitionName(source)} ${partitionName(target)}`
}

const NOT_FOUND: OffsetTranslation = { kind: 'unknown', reason: 'not-found' }

function lookup(streams: readonly OffsetMapStream[], found: ReadonlyMap<OffsetMapStream, Found>): PositionFinder {
  const bySource = groupBy(streams, ({ source }) => partitionName(source))
  const translateAll = (position: PartitionOffset) => {
    const own = bySource.get(partitionName(position)) ?? []
    return own.map((stream) => found.get(stream)?.get(position.offset) ?? NOT_FOUND)
  }
  return { streams, translateAll, translate: (position) => singleTranslation(translateAll(position)) }
}
