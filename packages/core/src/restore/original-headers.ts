import { corruptBatch } from '../batch/batch-errors.ts'
import { encodeRecordBody, type RecordContent, readRecordBody } from '../batch/record-body.ts'
import type { RecordCursor } from '../batch/record-cursor.ts'
import { VarintReader } from '../batch/varint-reader.ts'
import type { RecordHeader } from '../kafka/kafka-record.ts'
import type { TopicPartition } from '../kafka/topic-partition.ts'

/** The headers that a restored record is given behind its own: where, and when, it stood in the source, as decimal text. */
export const ORIGINAL_OFFSET = 'x-original-offset'
export const ORIGINAL_TIMESTAMP = 'x-original-timestamp'

/** The body of the record at hand, with its offset and its timestamp in the source as headers. */
export function withOriginalHeaders(cursor: RecordCursor, where: TopicPartition): Buffer {
  const { key, value, headers } = contentAt(cursor, where)
  return encodeRecordBody({ key, value, headers: [...headers, ...originalHeaders(cursor)] })
}

/** The offset that a restored record had in the source, where it says so; the header of the last restore counts. */
export function originalOffsetOf(cursor: RecordCursor, where: TopicPartition): bigint | undefined {
  const header = contentAt(cursor, where).headers.findLast(([name]) => name === ORIGINAL_OFFSET)
  const text = header?.[1]?.toString() ?? ''
  return /^\d{1,19}$/.test(text) ? BigInt(text) : undefined
}

function contentAt(cursor: RecordCursor, where: TopicPartition): RecordContent {
  const reader = new VarintReader(cursor.payload, (what) => corruptBatch(where, cursor.offset, what))
  reader.position = cursor.bodyStart
  reader.end = cursor.bodyEnd
  return readRecordBody(reader)
}

function originalHeaders({ offset, timestamp }: RecordCursor): readonly RecordHeader[] {
  return [
    [ORIGINAL_OFFSET, Buffer.from(offset.toString())],
    [ORIGINAL_TIMESTAMP, Buffer.from(timestamp.toString())],
  ]
}
