import type { TopicPartition } from '../kafka/topic-partition.ts'
import { corruptBatch } from './batch-errors.ts'
import type { RecordBatch } from './record-batch.ts'
import type { RecordFilter } from './record-selection.ts'
import { VarintReader } from './varint-reader.ts'

/** Says of the key of a record whether that is wanted. The bytes are only lent. */
export type KeyFilter = (key: Buffer | null) => boolean

/** The filter for the records of one batch by their keys alone: values and headers are not looked at. */
export function recordKeyFilter(
  batch: RecordBatch,
  { payload, where, wants }: { readonly payload: Buffer; readonly where: TopicPartition; readonly wants: KeyFilter },
): RecordFilter {
  const reader = new VarintReader(payload, (what) => corruptBatch(where, batch.baseOffset, what))
  return ({ bodyStart, bodyEnd }) => {
    reader.position = bodyStart
    reader.end = bodyEnd
    const length = reader.readVarint()
    return wants(length < 0 ? null : reader.readBytes(length))
  }
}
