import { partitionName } from '../kafka/topic-partition.ts'
import type { OffsetMap, OffsetTranslation, PartitionOffset } from './offset-map.ts'
import { offsetMapJson } from './offset-map-json.ts'
import { type MappedStream, sourceIn, streamsBy, translateIn } from './offset-translation.ts'

/** An offset map over streams that are in order and no longer change. */
export function makeOffsetMap(streams: readonly MappedStream[]): OffsetMap {
  const bySource = streamsBy(streams, 'source')
  const byTarget = streamsBy(streams, 'target')
  const translateAll = (position: PartitionOffset) => {
    const found = bySource.get(partitionName(position)) ?? []
    return found.map((stream) => translateIn(stream, position.offset))
  }
  return {
    streams: streams.map(({ facts }) => facts),
    translateAll,
    translate: (position) => singleTranslation(translateAll(position)),
    sourceOf: (position) => {
      const candidates = byTarget.get(partitionName(position)) ?? []
      return candidates.map((stream) => sourceIn(stream, position.offset)).find((source) => source !== undefined)
    },
    toJSON: () => offsetMapJson(streams.map(({ facts }) => facts)),
  }
}

/** Of several streams only the one that has the record itself gives an answer for all of them, unless they share a target. */
export function singleTranslation(translations: readonly OffsetTranslation[]): OffsetTranslation {
  const [first, ...others] = translations
  if (first === undefined) return { kind: 'unknown', reason: 'not-restored' }
  if (others.length === 0 || first.kind === 'unknown') return first
  const exact = translations.find(({ kind }) => kind === 'exact')
  return exact ?? inOneTarget(translations) ?? { kind: 'unknown', reason: 'several-targets' }
}

/** Among the parts of what one target holds: the first place with a record that comes after, or the end of all. */
function inOneTarget(translations: readonly OffsetTranslation[]): OffsetTranslation | undefined {
  const placed = translations.filter((translation) => translation.kind !== 'unknown')
  if (new Set(placed.map(({ target }) => partitionName(target))).size !== 1) return undefined
  const following = placed.filter(({ kind }) => kind !== 'end')
  const ordered = (following.length > 0 ? following : placed).toSorted((left, right) =>
    left.target.offset < right.target.offset ? -1 : 1,
  )
  return following.length > 0 ? ordered[0] : ordered.at(-1)
}
