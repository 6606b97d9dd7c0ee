import { readBatches } from '../../batch/record-batch.ts'
import type { RestoreContext } from '../restore-context.ts'
import { ordinalOfSequence } from '../restore-stream.ts'
import type { AnchoredStream } from '../stream-producer.ts'
import type { StreamPosition } from '../stream-progress.ts'
import { EMPTY_ANSWERS_AT_END, fetchOnce, isOurs, logBoundsOf } from '../target-scan.ts'
import type { OrderedBatch } from './ordered-records.ts'

/** What a target holds of a stream from a position on, in the order of its log: batches that bear our producer id. */
export async function* targetBatches(
  { cluster, signal }: RestoreContext,
  { stream: { target }, anchor }: AnchoredStream,
  { from, nextOffset }: { readonly from: StreamPosition; readonly nextOffset: bigint },
): AsyncGenerator<OrderedBatch, void, undefined> {
  const { startOffset } = await logBoundsOf(cluster, target, signal)
  const fromOffset = startOffset > from.targetOffset ? startOffset : from.targetOffset
  let offset = fromOffset
  let near = from.ordinal
  for (let empty = 0; offset < nextOffset && empty < EMPTY_ANSWERS_AT_END; ) {
    const before = offset
    const { fetched, isThrottled } = await fetchOnce(cluster, { ...target, offset }, signal)
    for (const batch of readBatches(fetched.records, target)) {
      if (batch.nextOffset <= offset) continue
      offset = batch.nextOffset
      if (!isOurs(batch, anchor.producer)) continue
      const firstOrdinal = ordinalOfSequence(batch.baseSequence, near)
      near = firstOrdinal + batch.lastOffsetDelta + 1
      yield { batch, firstOrdinal, fromOffset }
    }
    // Whether the end of the log may still move was waited for before.
    if (offset >= fetched.highWatermark && !isThrottled) return
    empty = offset > before || isThrottled ? 0 : empty + 1
  }
}
