import type { TopicPartition } from '../kafka/topic-partition.ts'
import type { RecordBatch } from './record-batch.ts'
import { RecordCursor } from './record-cursor.ts'

/**
 * The least timestamp of a record in the batch, as consumers see it; `undefined` where it holds no record.
 *
 * `payload` is the batch's decompressed records. No header tells this time: it takes a look at each record.
 *
 * @throws KbackupError `KB_BATCH_CORRUPT` where lengths, offsets or the count contradict each other.
 */
export function minTimestampOf(batch: RecordBatch, payload: Buffer, where: TopicPartition): bigint | undefined {
  if (batch.recordCount === 0) return undefined
  if (batch.timestampType === 'LogAppendTime') return batch.maxTimestamp
  const cursor = new RecordCursor(batch, payload, where)
  let leastDelta = Number.POSITIVE_INFINITY
  let leastWide: bigint | undefined
  while (cursor.next()) {
    const { narrowDelta } = cursor
    if (narrowDelta === undefined) leastWide = lesser(leastWide, cursor.timestamp)
    else if (narrowDelta < leastDelta) leastDelta = narrowDelta
  }
  return leastDelta === Number.POSITIVE_INFINITY
    ? leastWide
    : lesser(leastWide, batch.baseTimestamp + BigInt(leastDelta))
}

function lesser(left: bigint | undefined, right: bigint): bigint {
  return left === undefined || right < left ? right : left
}
