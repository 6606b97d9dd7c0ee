import type { CallOptions } from '../kafka/kafka-cluster.ts'
import type { GroupOffset } from '../kafka/kafka-groups.ts'
import { comparePartitions } from '../kafka/topic-partition.ts'
import { type AnchoredCapture, nearestCaptures } from './group-captures.ts'
import { type GroupTimeline, readGroupTimeline } from './group-timeline.ts'
import type { OffsetsLog } from './offsets-log.ts'
import { resolveGroup } from './resolve-group-positions.ts'

/** Where a position was seen: in a record of the offsets topic, or in a coordinator's answer. */
export type PositionSource = '__consumer_offsets' | 'capture'

/** A position, or its absence, seen at one time. */
export interface PositionObservation {
  /** When it took effect, by its record or marker; of a capture, when its answer had come. */
  readonly observedAtMs: bigint
  /** `null`: the group had no position there. */
  readonly offset: bigint | null
  readonly source: PositionSource
}

/**
 * Where a group was at T, in one partition.
 *
 * - `exact`: this was its position at T, whatever else happened before and after.
 * - `at-or-before`: it was seen here at `observedAtMs`, T or earlier; what moved it until T may be hidden.
 * - `at-or-after`: it was first seen here at `observedAtMs`, later than T; what it was at T is hidden.
 *
 * The bounds are bounds of time, not of offsets: positions may go backwards.
 */
export interface GroupPositionAt extends GroupOffset, Omit<PositionObservation, 'offset'> {
  readonly groupId: string
  readonly kind: 'exact' | 'at-or-before' | 'at-or-after'
  /** For `at-or-before`: what was seen next, after T. Until then it may have been anywhere. */
  readonly next: PositionObservation | null
}

/** What {@link groupPositionsAt} looks at. */
export interface GroupPositionsRequest extends CallOptions {
  /** T, in epoch milliseconds: what took effect at it counts. */
  readonly atMs: bigint
  /** One for each partition of `__consumer_offsets` that could be read, in any order. */
  readonly logs: readonly OffsetsLog[]
  /** How many partitions `__consumer_offsets` has; 0 where that is not known. */
  readonly partitionCount: number
  readonly captures: Iterable<AnchoredCapture> | AsyncIterable<AnchoredCapture>
  /** All groups where absent. */
  readonly includesGroup?: ((groupId: string) => boolean) | undefined
  /** How far a broker may stamp a record before one that stands in front of it; 1,000 where absent. */
  readonly toleranceMs?: bigint | undefined
}

/** Where groups were at T. */
export interface GroupPositions {
  readonly atMs: bigint
  /** In the order of group, topic and partition. Positions that are known not to have existed at T are left out. */
  readonly positions: readonly GroupPositionAt[]
  /**
   * Partitions of `__consumer_offsets` that were not read, or may hide positions as of T. Elsewhere, what is not listed
   * did not exist.
   */
  readonly hiddenPartitions: readonly number[]
  /** Records of the offsets topic of key versions that hold no positions as far as is known, by version. */
  readonly unknownKeys: ReadonlyMap<number, number>
}

const DEFAULT_TOLERANCE_MS = 1_000n

/**
 * Where each group was at T, and how well that is known.
 *
 * Each log is read once from front to back; what is kept grows with the number of positions, not of records.
 * A position takes effect at the time of its record, in a transaction at that of its commit marker, in an aborted one
 * never; a tombstone ends it. `exact` is only said of what no hole can have hidden: see `docs/offsets.md`.
 *
 * @throws KbackupError `KB_BATCH_CORRUPT`, `KB_CODEC_UNKNOWN`
 */
export async function groupPositionsAt(request: GroupPositionsRequest): Promise<GroupPositions> {
  const { atMs, logs, signal, includesGroup = () => true, toleranceMs = DEFAULT_TOLERANCE_MS } = request
  const captures = await nearestCaptures(request.captures, { atMs, includesGroup })
  const timelines = new Map<number, GroupTimeline>()
  for (const log of logs) {
    signal?.throwIfAborted()
    timelines.set(log.partition, await readGroupTimeline(log, { atMs, includesGroup, toleranceMs, signal }))
  }
  const groups = { timelines, captures, partitionCount: request.partitionCount }
  const groupIds = new Set([...captures.keys(), ...[...timelines.values()].flatMap(({ trails }) => [...trails.keys()])])
  return {
    atMs,
    positions: [...groupIds].flatMap((groupId) => resolveGroup(groupId, groups)).sort(comparePositions),
    hiddenPartitions: hiddenPartitions(timelines, request.partitionCount),
    unknownKeys: sumOf([...timelines.values()].map(({ unknownKeys }) => unknownKeys)),
  }
}

/** By group, topic and partition. */
export function comparePositions(left: GroupPositionAt, right: GroupPositionAt): number {
  if (left.groupId !== right.groupId) return left.groupId < right.groupId ? -1 : 1
  return comparePartitions(left, right)
}

function hiddenPartitions(timelines: ReadonlyMap<number, GroupTimeline>, partitionCount: number): readonly number[] {
  const hiding = [...timelines].filter(([, { hidden }]) => hidden.lastByT >= 0n).map(([partition]) => partition)
  const unread = Array.from({ length: partitionCount }, (_, partition) => partition).filter((it) => !timelines.has(it))
  return [...hiding, ...unread].sort((left, right) => left - right)
}

function sumOf(counts: readonly ReadonlyMap<number, number>[]): ReadonlyMap<number, number> {
  const sum = new Map<number, number>()
  for (const [version, count] of counts.flatMap((each) => [...each])) {
    sum.set(version, (sum.get(version) ?? 0) + count)
  }
  return sum
}
