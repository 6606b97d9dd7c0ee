import type { TopicPartition } from '../kafka/topic-partition.ts'
import type { CopiedRun } from './copied-run.ts'
import type { OffsetRun } from './offset-run-list.ts'

/** A place in a log: for a consumer, the next record that it will read. */
export interface PartitionOffset extends TopicPartition {
  readonly offset: bigint
}

/** Offsets `[startOffset, nextOffset)`. */
export interface OffsetRange {
  readonly startOffset: bigint
  readonly nextOffset: bigint
}

/** Why a position cannot be translated. */
export type UnknownReason =
  /** The source partition is no part of the restore. */
  | 'not-restored'
  /** The position lies beyond what the archive accounts for: records between were never seen. */
  | 'beyond-archive'
  /** Records of the source partition went to several target partitions; ask with `translateAll`. */
  | 'several-targets'
  /** It was looked for in the target, and is not there. */
  | 'not-found'

/**
 * Where a source position lies in the target.
 *
 * - `exact`: the record at this offset was restored, to this place.
 * - `next`: it was not (left out by the window, a marker, compacted away, aborted); the first restored one after it is here.
 * - `end`: nothing at or after it was restored; this is the place behind the last restored record of the stream.
 * - `before-window`: it lies before the first restored record, because the window or the archive begins later; that record is here.
 * - `found`: by another strategy than the map, or where copies were left out: a record stands here, and the one that is to be
 *   read next here or behind it.
 * - `unknown`: nothing true can be said.
 */
export type OffsetTranslation =
  | { readonly kind: 'exact' | 'next' | 'end' | 'before-window' | 'found'; readonly target: PartitionOffset }
  | { readonly kind: 'unknown'; readonly reason: UnknownReason }

/** The records that went from one source partition to one target partition. */
export interface OffsetMapStream {
  readonly source: TopicPartition
  readonly target: TopicPartition
  /**
   * 0 for what the restore has produced. Where it produced only what was missing, records that stood in the target before are
   * streams beside that, numbered from 1: as many as it takes for each to be in the order of both sides.
   */
  readonly part: number
  /** Whether records that are none of the restore may stand behind the end, and before what it produced. */
  readonly othersFollow: boolean
  /** The source offsets that the archive accounts for, whether or not they were restored. */
  readonly archived: OffsetRange
  /** Whether a start of the selection left out the beginning of what is archived. */
  readonly windowed: boolean
  /** Source offsets that were left out as copies; a position before them, or among them, is one before their originals. */
  readonly copies: readonly CopiedRun[]
  /** The target's end before the first record of the restore; of what stood there before, its first place. */
  readonly targetStart: bigint
  /** Where a consumer goes on that has read everything: behind the last restored record of the stream. */
  readonly targetEnd: bigint
  /** How many records they are. */
  readonly records: bigint
  /** How many runs they form. */
  readonly runCount: number
  /** In offset order; none continues the one before it. */
  runs(): Iterable<OffsetRun>
}

/**
 * Where the records of one restore stand: source offsets to target offsets, exact in both directions. Immutable.
 *
 * Its JSON form has offsets as decimal strings; {@link readOffsetMap} reads it.
 *
 * @example
 * ```ts
 * import type { OffsetMap } from '@kbackup/core'
 *
 * function nextRead(map: OffsetMap): bigint | undefined {
 *   const found = map.translate({ topic: 'orders', partition: 3, offset: 1_204_551n })
 *   return found.kind === 'unknown' ? undefined : found.target.offset
 * }
 * ```
 */
export interface OffsetMap {
  /** In the order of their sources, then of their targets. */
  readonly streams: readonly OffsetMapStream[]
  /** Where a source position lies in the target; never a guess. */
  translate(position: PartitionOffset): OffsetTranslation
  /** The same for each stream of the source partition: more than one where records were repartitioned. */
  translateAll(position: PartitionOffset): readonly OffsetTranslation[]
  /** The source of the record at a target offset; `undefined` where no record of this restore stands there. */
  sourceOf(position: PartitionOffset): PartitionOffset | undefined
  toJSON(): object
}
