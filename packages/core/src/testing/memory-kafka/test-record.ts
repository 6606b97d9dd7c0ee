import { crc32c } from '@node-rs/crc32'
import { type BatchProducer, encodeBatch, NO_PRODUCER } from '../../batch/batch-builder.ts'
import type { BatchCodec } from '../../batch/batch-codec.ts'
import * as layout from '../../batch/batch-layout.ts'
import { encodeRecordBody } from '../../batch/record-body.ts'
import type { RecordHeader } from '../../kafka/kafka-record.ts'

/** A record to produce, as short as a test likes to write it. */
export interface TestRecord {
  readonly key?: Buffer | string | null | undefined
  readonly value?: Buffer | string | null | undefined
  readonly headers?: readonly RecordHeader[] | undefined
  /** The cluster's clock by default. */
  readonly timestamp?: bigint | undefined
}

export interface TestBatchOptions {
  /** For records without a timestamp. */
  readonly now: bigint
  readonly codec?: BatchCodec | undefined
  readonly producer?: BatchProducer | undefined
  /** Attribute bits beside the codec: transactional, control. */
  readonly flags?: number | undefined
}

/** One batch of these records, as a producer would send it. */
export async function encodeTestBatch(records: readonly TestRecord[], options: TestBatchOptions): Promise<Buffer> {
  const { now, codec = 'none', producer = NO_PRODUCER, flags = 0 } = options
  const raw = records.map(({ key, value, headers = [], timestamp = now }) => ({
    timestamp,
    body: encodeRecordBody({ key: bytesOf(key), value: bytesOf(value), headers }),
  }))
  const bytes = await encodeBatch(raw, { codec, producer })
  if (flags === 0) return bytes
  bytes.writeInt16BE(bytes.readInt16BE(layout.ATTRIBUTES) | flags, layout.ATTRIBUTES)
  bytes.writeUInt32BE(crc32c(bytes.subarray(layout.ATTRIBUTES)), layout.CRC)
  return bytes
}

function bytesOf(field: Buffer | string | null | undefined): Buffer | null {
  return typeof field === 'string' ? Buffer.from(field) : (field ?? null)
}
