import { packBatches } from '../batch/pack-for-produce.ts'
import type { RecordCursor } from '../batch/record-cursor.ts'
import type { PackedBatch } from '../batch/stream-packer.ts'
import { BlockFeed } from './block-feed.ts'
import type { BlockLease } from './block-lease.ts'
import { withOriginalHeaders } from './original-headers.ts'
import type { RestoreContext } from './restore-context.ts'
import { type RestoreStream, type StreamAnchor, sequenceOfOrdinal } from './restore-stream.ts'
import type { StreamPosition } from './stream-progress.ts'
import type { TimeWindow } from './time-window.ts'
import { packTransformed } from './transformed-stream.ts'

/** A batch to produce, with the claim on the memory that it may be a slice of. */
export interface LeasedBatch extends PackedBatch {
  readonly firstOrdinal: number
  /** Taken for this batch; to be released when its bytes are no longer needed. */
  readonly lease: BlockLease
}

/** The records of a stream from a position on, as batches to produce; each run of it gives the same records in the same order. */
export async function* packedStream(
  context: RestoreContext,
  { stream, anchor }: { readonly stream: RestoreStream; readonly anchor: StreamAnchor },
  from: StreamPosition,
): AsyncGenerator<LeasedBatch, void, undefined> {
  const { store, budget, counters, signal } = context
  const { present } = anchor
  const feed = new BlockFeed({ store, stream, fromOffset: from.sourceOffset, present, budget, counters, signal })
  const packing = {
    producer: anchor.producer,
    firstSequence: sequenceOfOrdinal(from.ordinal),
    // Which records are too large was fixed when the restore began, whatever the target takes now.
    maxBatchBytes: stream.filter.dropAboveBytes ?? context.maxBatchBytesOf(stream.target.topic),
    maxBatchRecords: context.maxBatchRecords,
    missingCodecs: context.missingCodecs,
    dropLarger: stream.filter.dropAboveBytes !== null,
    onDecode: () => counters.addDecodedBatch(),
    signal,
  }
  const { transform } = stream
  const batches =
    transform === null
      ? packBatches(feed.blocks(), { ...packing, ...asTheyAre(stream, context) })
      : packTransformed(feed.batches(), { ...packing, stream, transform, from })
  let firstOrdinal = from.ordinal
  for await (const batch of batches) {
    const { lease } = feed
    lease.retain()
    yield { ...batch, firstOrdinal, lease }
    firstOrdinal += batch.recordCount
  }
}

function asTheyAre({ source, filter, wantsKey }: RestoreStream, { originalHeaders }: RestoreContext) {
  return {
    dropNullKeys: filter.dropNullKeys,
    ownsBytes: true,
    rewrite: originalHeaders ? (cursor: RecordCursor) => withOriginalHeaders(cursor, source) : undefined,
    where: source,
    selection: { bounds: EVERY_OFFSET, window: timestampWindow(filter.window) },
    wantsKey: wantsKey ?? undefined,
  }
}

/** Each batch comes with the bounds of its slice. */
const EVERY_OFFSET = { startOffset: 0n, nextOffset: 0x7fff_ffff_ffff_ffffn }

function timestampWindow({ start, end }: TimeWindow) {
  return { start: start ?? undefined, end: end ?? undefined }
}
