import { viewBatch } from '../../batch/record-batch.ts'
import { packedStream } from '../packed-stream.ts'
import { ReadCounters } from '../read-counters.ts'
import type { RestoreContext } from '../restore-context.ts'
import type { AnchoredStream } from '../stream-producer.ts'
import { OrderedRecords } from '../verification/ordered-records.ts'
import { RecordDigest } from '../verification/record-digest.ts'

/** The record that a group reads next, as it was restored. */
export interface NextRecord {
  readonly timestamp: bigint
  /** SHA-256 over timestamp, key, value and headers. */
  readonly digest: string
}

/** The first restored record of a stream at or behind a source offset, read from the archive; `undefined` where none is. */
export async function nextRecord(
  context: RestoreContext,
  anchored: AnchoredStream,
  offset: bigint,
): Promise<NextRecord | undefined> {
  const records = new OrderedRecords(batchesFrom(context, anchored, offset), anchored.stream.source, context.signal)
  try {
    await records.load()
    const { cursor } = records
    return cursor === undefined ? undefined : { timestamp: cursor.timestamp, digest: digestOf(cursor) }
  } finally {
    await records.close()
  }
}

type Cursor = NonNullable<OrderedRecords['cursor']>

export function digestOf(cursor: Cursor): string {
  const digest = new RecordDigest()
  digest.add(cursor, cursor.timestamp)
  return digest.finish()
}

async function* batchesFrom(context: RestoreContext, anchored: AnchoredStream, sourceOffset: bigint) {
  const { source } = anchored.stream
  const from = { ordinal: 0, sourceOffset, part: 0, targetOffset: anchored.anchor.targetStartOffset }
  // What is read for a position is not what the restore had to read.
  const reading = { ...context, counters: new ReadCounters() }
  for await (const { bytes, firstOrdinal, lease } of packedStream(reading, anchored, from)) {
    try {
      yield { batch: viewBatch(bytes, source), firstOrdinal }
    } finally {
      lease.release()
    }
  }
}
