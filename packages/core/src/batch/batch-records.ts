import type { KafkaRecord } from '../kafka/kafka-record.ts'
import type { TopicPartition } from '../kafka/topic-partition.ts'
import { corruptBatch } from './batch-errors.ts'
import { type BatchPayloadOptions, batchPayload } from './batch-payload.ts'
import type { RecordBatch } from './record-batch.ts'
import { encodeRecordBody, readRecordBody } from './record-body.ts'
import { RecordCursor } from './record-cursor.ts'
import { VarintReader } from './varint-reader.ts'

/** A record whose key, value and headers are left as the bytes they are. */
export interface RawRecord {
  readonly offset: bigint
  /** Epoch milliseconds, as a consumer sees it. */
  readonly timestamp: bigint
  /** From the key length to the end: key, value, headers, verbatim. */
  readonly body: Buffer
}

/** The records of a batch; their bodies are slices of the payload. */
export function rawRecords(batch: RecordBatch, payload: Buffer, where: TopicPartition): readonly RawRecord[] {
  const cursor = new RecordCursor(batch, payload, where)
  const records: RawRecord[] = []
  while (cursor.next()) records.push(rawRecordAt(cursor))
  return records
}

/** The record a cursor stands on. */
export function rawRecordAt(cursor: RecordCursor): RawRecord {
  const { offset, timestamp } = cursor
  return { offset, timestamp, body: cursor.payload.subarray(cursor.bodyStart, cursor.bodyEnd) }
}

/** What {@link decodeRecord} needs to know beside the raw record. */
export interface RecordOrigin extends TopicPartition {
  readonly timestampType: KafkaRecord['timestampType']
}

/** Takes a raw record apart; its buffers are slices of the body. Header keys that are not UTF-8 stay bytes. */
export function decodeRecord(raw: RawRecord, origin: RecordOrigin): KafkaRecord {
  const { topic, partition, timestampType } = origin
  const reader = new VarintReader(raw.body, (what) => corruptBatch({ topic, partition }, raw.offset, what))
  const { key, value, headers } = readRecordBody(reader)
  return { topic, partition, offset: raw.offset, timestamp: raw.timestamp, timestampType, key, value, headers }
}

/** The raw form of a record: what {@link decodeRecord} undoes. */
export function encodeRecord(record: KafkaRecord): RawRecord {
  return { offset: record.offset, timestamp: record.timestamp, body: encodeRecordBody(record) }
}

/**
 * All records of a batch as a consumer sees them. Their buffers are slices of the batch or of its decompressed payload.
 *
 * @throws KbackupError `KB_BATCH_CORRUPT`; the checksum is not looked at.
 */
export async function decodeRecords(
  batch: RecordBatch,
  where: TopicPartition,
  options: BatchPayloadOptions = {},
): Promise<readonly KafkaRecord[]> {
  const payload = await batchPayload(batch, where, options)
  const origin = { topic: where.topic, partition: where.partition, timestampType: batch.timestampType }
  return rawRecords(batch, payload, where).map((raw) => decodeRecord(raw, origin))
}
