import type { TopicPartition } from '../kafka/topic-partition.ts'
import { corruptBatch } from './batch-errors.ts'
import { RECORDS } from './batch-layout.ts'
import type { RecordBatch } from './record-batch.ts'
import { readRecordBody } from './record-body.ts'
import { RecordCursor } from './record-cursor.ts'
import { VarintReader } from './varint-reader.ts'

/** The marker that ends a transaction in a partition, or another record that only brokers write. */
export interface ControlRecord {
  readonly offset: bigint
  readonly timestamp: bigint
  /** `other` for what does not end a transaction: KRaft's own records, and types not known. */
  readonly type: 'commit' | 'abort' | 'other'
  readonly producerId: bigint
  readonly producerEpoch: number
  /** Of the transaction coordinator that wrote it; −1 where it does not say. */
  readonly coordinatorEpoch: number
}

/*
 * key:    | version int16 | type int16 (0 abort, 1 commit) |
 * value:  | version int16 | coordinator epoch int32 |
 *
 * Source: org.apache.kafka.common.record.ControlRecordType and EndTransactionMarker (KIP-98)
 */
const TYPES = ['abort', 'commit'] as const
const KEY_BYTES = 4
const VALUE_BYTES = 6

/**
 * The record of a control batch; `undefined` where the cleaner has removed it.
 *
 * @throws KbackupError `KB_BATCH_CORRUPT`
 */
export function readControlRecord(batch: RecordBatch, where: TopicPartition): ControlRecord | undefined {
  if (batch.recordCount === 0) return undefined
  if (batch.codec !== 'none') throw corruptBatch(where, batch.baseOffset, 'is a compressed control batch')
  const payload = batch.bytes.subarray(RECORDS)
  const cursor = new RecordCursor(batch, payload, where)
  cursor.next()
  const reader = new VarintReader(payload, (what) => corruptBatch(where, batch.baseOffset, what))
  reader.position = cursor.bodyStart
  reader.end = cursor.bodyEnd
  const { key, value } = readRecordBody(reader)
  if (key === null || key.length < KEY_BYTES)
    throw corruptBatch(where, batch.baseOffset, 'is a control batch without a type')
  const { offset, timestamp } = cursor
  const { producerId, producerEpoch } = batch
  const type = TYPES[key.readInt16BE(2)] ?? 'other'
  return { offset, timestamp, type, producerId, producerEpoch, coordinatorEpoch: coordinatorEpoch(type, value) }
}

function coordinatorEpoch(type: ControlRecord['type'], value: Buffer | null): number {
  return type === 'other' || value === null || value.length < VALUE_BYTES ? -1 : value.readInt32BE(2)
}
