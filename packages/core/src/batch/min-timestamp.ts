import type { TopicPartition } from '../kafka/topic-partition.ts'
import type { RecordBatch } from './record-batch.ts'
import { RecordCursor } from './record-cursor.ts'

/** The least timestamp of a record in the batch where its header alone tells it; `undefined` where it does not. */
export function headerMinTimestamp(batch: RecordBatch): bigint | undefined {
  const told = batch.recordCount === 1 || (batch.recordCount > 0 && batch.timestampType === 'LogAppendTime')
  return told ? batch.maxTimestamp : undefined
}

/**
 * The least timestamp of a record in the batch, as consumers see it; `undefined` where it holds no record.
 *
 * `payload` is the batch's decompressed records. Unless {@link headerMinTimestamp} tells it, finding it takes a look at each record.
 *
 * @throws KbackupError `KB_BATCH_CORRUPT` where lengths, offsets or the count contradict each other.
 */
export function minTimestampOf(batch: RecordBatch, payload: Buffer, where: TopicPartition): bigint | undefined {
  if (batch.recordCount === 0) return undefined
  const told = headerMinTimestamp(batch)
  if (told !== undefined) return told
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
