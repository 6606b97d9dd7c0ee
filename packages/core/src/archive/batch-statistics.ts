import { batchPayload } from '../batch/batch-payload.ts'
import { minTimestampOf } from '../batch/min-timestamp.ts'
import type { RecordBatch } from '../batch/record-batch.ts'
import { RecordCursor } from '../batch/record-cursor.ts'
import type { TopicPartition } from '../kafka/topic-partition.ts'

/** What a section's index says of the records of a batch that lie inside the bounds of the section. */
export interface BatchStatistics {
  readonly records: number
  /** Offsets inside the bounds that the batch spans and has no record for. */
  readonly absent: number
  readonly maxTimestamp: bigint | null
  readonly minTimestamp: bigint | null
}

/** How a batch is looked at. */
export interface StatisticsOptions {
  readonly where: TopicPartition
  readonly startOffset: bigint
  /** `null` while the end is not known. */
  readonly nextOffset: bigint | null
  /** `lazy` does not decompress a batch for its least timestamp. */
  readonly indexTimestamps: 'exact' | 'lazy'
}

/** Counts and times of the records of a batch inside bounds; at once where nothing large has to be decompressed. */
export function batchStatistics(
  batch: RecordBatch,
  options: StatisticsOptions,
): BatchStatistics | Promise<BatchStatistics> {
  if (!isInside(batch, options)) return withPayload(batch, options, (payload) => clipped(batch, payload, options))
  if (batch.recordCount === 0) return whole(batch, null)
  if (batch.recordCount === 1 || batch.timestampType === 'LogAppendTime') return whole(batch, batch.maxTimestamp)
  if (batch.codec !== 'none' && options.indexTimestamps === 'lazy') return whole(batch, null)
  return withPayload(batch, options, (payload) => whole(batch, minTimestampOf(batch, payload, options.where) ?? null))
}

function isInside(batch: RecordBatch, { startOffset, nextOffset }: StatisticsOptions): boolean {
  return batch.baseOffset >= startOffset && (nextOffset === null || batch.lastOffset < nextOffset)
}

function withPayload<Value>(
  batch: RecordBatch,
  { where }: StatisticsOptions,
  use: (payload: Buffer) => Value,
): Value | Promise<Value> {
  const payload = batchPayload(batch, where)
  return Buffer.isBuffer(payload) ? use(payload) : payload.then(use)
}

function whole(batch: RecordBatch, minTimestamp: bigint | null): BatchStatistics {
  const { recordCount, lastOffsetDelta, maxTimestamp } = batch
  return {
    records: recordCount,
    absent: lastOffsetDelta + 1 - recordCount,
    maxTimestamp: recordCount === 0 ? null : maxTimestamp,
    minTimestamp,
  }
}

/** A batch at a bound: only its records tell what lies inside. */
function clipped(
  batch: RecordBatch,
  payload: Buffer,
  { where, startOffset, nextOffset }: StatisticsOptions,
): BatchStatistics {
  const first = batch.baseOffset < startOffset ? startOffset : batch.baseOffset
  const next = nextOffset !== null && batch.nextOffset > nextOffset ? nextOffset : batch.nextOffset
  const times: bigint[] = []
  const cursor = new RecordCursor(batch, payload, where)
  while (cursor.next()) if (cursor.offset >= first && cursor.offset < next) times.push(cursor.timestamp)
  return {
    records: times.length,
    absent: Number(next - first) - times.length,
    maxTimestamp: times.reduce<bigint | null>((most, time) => (most === null || time > most ? time : most), null),
    minTimestamp: times.reduce<bigint | null>((least, time) => (least === null || time < least ? time : least), null),
  }
}
