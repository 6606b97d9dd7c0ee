import { partitionName } from '../kafka/topic-partition.ts'
import { firstUnread } from './copied-run.ts'
import type { OffsetMapStream, OffsetTranslation, PartitionOffset } from './offset-map.ts'
import { type OffsetRunList, targetLastOf } from './offset-run-list.ts'

/** A stream with its runs at hand. */
export interface MappedStream {
  readonly facts: OffsetMapStream
  readonly runs: OffsetRunList
}

/**
 * Where a source offset lies in the target of one stream.
 *
 * ```
 * archived       [ 5 ──────────────────────── 30 )
 * restored             10 11 12    15 16             windowed: the window begins at 10
 * target                0  1  2     3  4
 *
 * source         0 … 9          before-window → 0    (next → 0 for 5 … 9 if nothing was left out by a start)
 *                10 11 12       exact         → 0 1 2
 *                13 14          next          → 3
 *                15 16          exact         → 3 4
 *                17 … 30        end           → 5    30 is the tip: a consumer without lag
 *                31 …           unknown
 * ```
 *
 * Where copies were left out, what is looked up is the first original whose copy lies at or behind the offset.
 */
export function translateIn({ facts, runs }: MappedStream, offset: bigint): OffsetTranslation {
  if (offset < 0n || offset > facts.archived.nextOffset) return { kind: 'unknown', reason: 'beyond-archive' }
  const unread = firstUnread(facts.copies, offset)
  const index = runs.floorOfSource(unread)
  const run = runs.at(index)
  if (run !== undefined && unread <= run.sourceLast) {
    const kind = unread === offset ? 'exact' : 'found'
    return { kind, target: { ...facts.target, offset: run.targetFirst + (unread - run.sourceFirst) } }
  }
  const following = runs.at(index + 1)
  if (following === undefined) return { kind: 'end', target: { ...facts.target, offset: facts.targetEnd } }
  const cutOff = run === undefined && (facts.windowed || unread < facts.archived.startOffset)
  return { kind: cutOff ? 'before-window' : 'next', target: { ...facts.target, offset: following.targetFirst } }
}

/** The source of the record at a target offset, if this stream put it there. */
export function sourceIn({ facts, runs }: MappedStream, offset: bigint): PartitionOffset | undefined {
  const run = runs.at(runs.floorOfTarget(offset))
  if (run === undefined || offset > targetLastOf(run)) return undefined
  return { ...facts.source, offset: run.sourceFirst + (offset - run.targetFirst) }
}

/** Streams by the name of the partition at one of their ends. */
export function streamsBy(
  streams: readonly MappedStream[],
  end: 'source' | 'target',
): ReadonlyMap<string, readonly MappedStream[]> {
  const groups = new Map<string, MappedStream[]>()
  for (const stream of streams) {
    const name = partitionName(stream.facts[end])
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [stream])
    else group.push(stream)
  }
  return groups
}
