import type { CapturedGroup, GroupCapture, PartitionCut } from '../archive/commit.ts'
import type { GroupOffset } from '../kafka/kafka-groups.ts'
import { partitionName } from '../kafka/topic-partition.ts'
import type { OffsetRange } from './offset-map.ts'
import { OFFSETS_TOPIC } from './offsets-topic-record.ts'

/**
 * A capture, and where in the logs of `__consumer_offsets` it was taken.
 *
 * What a coordinator answers is the outcome of its log up to some offset. The anchor of a partition says between which
 * offsets that one lies: `[startOffset, nextOffset]`. It is known without comparing any clocks: the log reached
 * `startOffset` before the capture began, and it had not gone beyond `nextOffset` after the capture had ended.
 */
export interface AnchoredCapture {
  readonly capture: GroupCapture
  /** By partition of `__consumer_offsets`; without an anchor a capture only bounds. */
  readonly anchors: ReadonlyMap<number, OffsetRange>
}

/**
 * Anchors a capture by what its writer saw of the logs right before it and right after it.
 *
 * @param cuts of the commit that holds the capture: they were taken after it, by the same writer.
 */
export function anchorCapture(capture: GroupCapture, cuts: Iterable<PartitionCut>): AnchoredCapture {
  const before = new Map(capture.offsetsTopicEnds.map(({ partition, highWatermark }) => [partition, highWatermark]))
  const anchors = new Map<number, OffsetRange>()
  for (const { topic, partition, highWatermark: nextOffset } of cuts) {
    const startOffset = topic === OFFSETS_TOPIC ? before.get(partition) : undefined
    if (startOffset !== undefined && nextOffset >= startOffset) anchors.set(partition, { startOffset, nextOffset })
  }
  return { capture, anchors }
}

/** One group as one capture shows it. */
export interface CapturedGroupView {
  readonly observedAtMs: bigint
  /** By {@link partitionName}. */
  readonly offsets: ReadonlyMap<string, GroupOffset>
  readonly anchors: ReadonlyMap<number, OffsetRange>
}

/** Of one group, the captures nearest to T on either side. */
export interface NearestCaptures {
  before: CapturedGroupView | undefined
  after: CapturedGroupView | undefined
}

/** Keeps of any number of captures the two nearest to T of each group. A capture that was under way at T is after it. */
export async function nearestCaptures(
  captures: Iterable<AnchoredCapture> | AsyncIterable<AnchoredCapture>,
  { atMs, includesGroup }: { readonly atMs: bigint; readonly includesGroup: (groupId: string) => boolean },
): Promise<ReadonlyMap<string, NearestCaptures>> {
  const groups = new Map<string, NearestCaptures>()
  for await (const { capture, anchors } of captures) {
    for (const group of capture.groups) {
      if (!includesGroup(group.groupId)) continue
      const nearest = groups.get(group.groupId) ?? { before: undefined, after: undefined }
      const side = sideOf(nearest, capture.observedAtMs, atMs)
      if (side !== undefined) nearest[side] = viewOf(group, { capture, anchors })
      groups.set(group.groupId, nearest)
    }
  }
  return groups
}

/** On which side of T a capture is the nearest so far, if on any. */
function sideOf(
  { before, after }: NearestCaptures,
  observedAtMs: bigint,
  atMs: bigint,
): 'before' | 'after' | undefined {
  if (observedAtMs > atMs) return after === undefined || observedAtMs < after.observedAtMs ? 'after' : undefined
  return before === undefined || observedAtMs > before.observedAtMs ? 'before' : undefined
}

function viewOf(group: CapturedGroup, { capture, anchors }: AnchoredCapture): CapturedGroupView {
  const offsets = new Map(group.offsets.map((offset) => [partitionName(offset), offset]))
  return { observedAtMs: capture.observedAtMs, offsets, anchors }
}
