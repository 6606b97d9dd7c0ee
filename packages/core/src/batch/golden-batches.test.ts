import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { KafkaRecord } from '../kafka/kafka-record.ts'
import { batchPayload } from './batch-payload.ts'
import { decodeRecords } from './batch-records.ts'
import { minTimestampOf } from './min-timestamp.ts'
import { assertBatchChecksum, type RecordBatch, readBatches } from './record-batch.ts'
import { type GoldenRecord, goldenBatches, goldenBytes } from './testing/golden.ts'

const where = { topic: 'golden', partition: 0 }

const NAMES = [
  ...['none', 'gzip', 'snappy', 'lz4', 'zstd'].map((codec) => `corners-${codec}`),
  ...['gzip', 'snappy', 'lz4', 'zstd'].flatMap((codec) => [`bulk-${codec}`, `incompressible-${codec}`]),
  ...['timestamps', 'timestamps-wrapped', 'log-append-time', 'sparse', 'delete-horizon', 'delete-horizon-sparse'],
  ...['emptied', 'transactions', 'sequence-wrap', 'several'],
]

describe.each(NAMES)('what Kafka itself wrote: %s', (name) => {
  const expected = goldenBatches(name)
  const batches = [...readBatches(goldenBytes(name), where, { cutShortTail: 'refuse' })]

  it('has the headers that Kafka reads', () => {
    expect(batches.map(headerOf)).toEqual(expected.map(({ records, recordsSha256, minTimestamp, ...header }) => header))
  })

  it('passes its checksums', () => {
    for (const batch of batches) expect(() => assertBatchChecksum(batch, where)).not.toThrow()
  })

  it('holds the records that Kafka reads', async () => {
    for (const [index, batch] of batches.entries()) {
      const records = (await decodeRecords(batch, where)).map(goldenRecord)
      if (expected[index]?.records !== undefined) expect(records).toEqual(expected[index].records)
      expect(sha256(records)).toBe(expected[index]?.recordsSha256)
    }
  })

  it('has the least timestamps that its records have', async () => {
    for (const [index, batch] of batches.entries()) {
      const least = minTimestampOf(batch, await batchPayload(batch, where), where)
      expect(least?.toString() ?? null).toBe(expected[index]?.minTimestamp)
    }
  })
})

it.each([0, 1])('messages of magic %i are refused with topic, partition and offset', (magic) => {
  expect(() => [...readBatches(goldenBytes(`magic-${magic}`), where)]).toThrow(
    expect.objectContaining({ code: 'KB_BATCH_MAGIC', details: { topic: 'golden', partition: 0, offset: 42n, magic } }),
  )
})

function headerOf(batch: RecordBatch) {
  return {
    magic: 2,
    baseOffset: String(batch.baseOffset),
    lastOffset: String(batch.lastOffset),
    nextOffset: String(batch.nextOffset),
    sizeInBytes: batch.bytes.length,
    recordCount: batch.recordCount,
    partitionLeaderEpoch: batch.partitionLeaderEpoch,
    codec: batch.codec,
    timestampType: batch.timestampType,
    isTransactional: batch.isTransactional,
    isControl: batch.isControl,
    deleteHorizon: batch.hasDeleteHorizon ? String(batch.baseTimestamp) : null,
    maxTimestamp: String(batch.maxTimestamp),
    producerId: String(batch.producerId),
    producerEpoch: batch.producerEpoch,
    baseSequence: batch.baseSequence,
    crc: batch.crc,
  }
}

function goldenRecord(record: KafkaRecord): GoldenRecord {
  return {
    offset: String(record.offset),
    timestamp: String(record.timestamp),
    key: hex(record.key),
    value: hex(record.value),
    headers: record.headers.map(([key, value]) => [Buffer.from(key).toString('hex'), hex(value)]),
  }
}

function hex(bytes: Buffer | null): string | null {
  return bytes === null ? null : bytes.toString('hex')
}

/** `GoldenBatches.java` digests a line of JSON for each record. */
function sha256(records: readonly GoldenRecord[]): string {
  const lines = records.map((record) => `${JSON.stringify(record)}\n`)
  return createHash('sha256').update(lines.join('')).digest('hex')
}
