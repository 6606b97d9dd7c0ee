import { encodeBatch } from '../../batch/batch-builder.ts'
import * as layout from '../../batch/batch-layout.ts'
import { encodeRecord } from '../../batch/batch-records.ts'
import { viewBatch } from '../../batch/record-batch.ts'
import { int16, int32, int64, positionKey, string } from '../../testing/memory-kafka/group-log-bytes.ts'
import type { OffsetsLogItem } from '../offsets-log.ts'
import { type GroupPartition, OFFSETS_TOPIC } from '../offsets-topic-record.ts'

/** One offset of a log of `__consumer_offsets`, as a test tells it. */
export interface LogRow {
  readonly offset: bigint
  readonly timestamp: bigint
  /** `null` for records outside of transactions. */
  readonly producerId: bigint | null
  readonly content:
    | { readonly type: 'position'; readonly key: GroupPartition; readonly position: bigint | null }
    | { readonly type: 'marker'; readonly outcome: 'commit' | 'abort' }
    | { readonly type: 'other' }
}

const where = { topic: OFFSETS_TOPIC, partition: 0 }

/** A batch with this one row, as a broker would have stored it. */
export async function batchItem(row: LogRow): Promise<OffsetsLogItem> {
  const [key, value] = bytesOf(row.content)
  const record = encodeRecord({ ...where, ...row, timestampType: 'CreateTime', key, value, headers: [] })
  const bytes = await encodeBatch([record], { codec: 'none' })
  const control = row.content.type === 'marker' ? layout.CONTROL_FLAG : 0
  const transactional = row.producerId === null ? 0 : layout.TRANSACTIONAL_FLAG
  bytes.writeBigInt64BE(row.offset, layout.BASE_OFFSET)
  bytes.writeInt16BE(control | transactional, layout.ATTRIBUTES)
  bytes.writeBigInt64BE(row.producerId ?? -1n, layout.PRODUCER_ID)
  return { type: 'batch', batch: viewBatch(bytes, where) }
}

function bytesOf(content: LogRow['content']): readonly [key: Buffer, value: Buffer | null] {
  if (content.type === 'other') return [Buffer.concat([int16(2), string('a')]), int16(3)]
  if (content.type === 'marker') {
    return [Buffer.from(content.outcome === 'commit' ? '00000001' : '00000000', 'hex'), Buffer.alloc(6)]
  }
  return [
    positionKey(content.key.groupId, content.key),
    content.position === null ? null : valueBytes(content.position),
  ]
}

/** Version 3, without a leader epoch, metadata and time of its own. */
function valueBytes(position: bigint): Buffer {
  return Buffer.concat([int16(3), int64(position), int32(-1), string(''), Buffer.alloc(8)])
}

export async function* itemsOf(items: Iterable<OffsetsLogItem>): AsyncGenerator<OffsetsLogItem, void, undefined> {
  yield* items
}
