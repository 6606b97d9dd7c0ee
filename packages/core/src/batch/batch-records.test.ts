import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KbackupError } from '../errors/kbackup-error.ts'
import type { KafkaRecord } from '../kafka/kafka-record.ts'
import { encodeBatch } from './batch-builder.ts'
import * as layout from './batch-layout.ts'
import { batchPayload } from './batch-payload.ts'
import { decodeRecord, decodeRecords, encodeRecord, rawRecords } from './batch-records.ts'
import { headerMinTimestamp, minTimestampOf } from './min-timestamp.ts'
import { assertBatchChecksum, viewBatch } from './record-batch.ts'
import {
  arbitraryCodec,
  arbitraryContent,
  arbitraryLogBatch,
  arbitraryProducer,
  arbitraryTimestamp,
} from './testing/arbitrary-batches.ts'
import { type LogBatch, logBatch, WHERE } from './testing/log-batch.ts'
import { visibleRecords } from './testing/visible-records.ts'

const origin = { ...WHERE, timestampType: 'CreateTime' } as const

const arbitraryRecord: fc.Arbitrary<KafkaRecord> = fc
  .tuple(arbitraryContent, arbitraryTimestamp, fc.bigInt({ min: 0n, max: 2n ** 62n }))
  .map(([content, timestamp, offset]) => ({ ...origin, ...content, timestamp, offset }))

describe('decodeRecords', () => {
  it('gives the records that went in, whatever the codec, the holes and the times', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryLogBatch, async (spec) => {
        const batch = await logBatch({ baseOffset: 900n, ...spec })
        const seen = await decodeRecords(batch, WHERE)
        expect(seen.map(({ topic, partition, timestampType, ...rest }) => rest)).toEqual(
          visibleRecords({ baseOffset: 900n, ...spec }),
        )
      }),
    )
  })

  it('keeps a header key that is not UTF-8 as its bytes', async () => {
    const key = Buffer.from([0xc3, 0x28])
    const record = { offsetDelta: 0, timestamp: 0n, key: null, value: null, headers: [[key, null] as const] }
    const [seen] = await decodeRecords(await logBatch({ records: [record] }), WHERE)
    expect(seen?.headers).toEqual([[key, null]])
  })

  it('never fails otherwise than by a typed error, whatever bytes stand where records should', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 14, maxLength: 200 }), arbitraryCodec, async (garbage, codec) => {
        const { bytes } = await logBatch({ records: [], lastOffsetDelta: 1, codec })
        const damaged = Buffer.concat([bytes.subarray(0, layout.RECORDS), garbage])
        damaged.writeInt32BE(damaged.length - layout.LENGTH_OVERHEAD, layout.BATCH_LENGTH)
        damaged.writeInt32BE(2, layout.RECORD_COUNT)
        const outcome = await decodeRecords(viewBatch(damaged, WHERE), WHERE).catch((error: unknown) => error)
        expect(Array.isArray(outcome) || KbackupError.is(outcome, 'KB_BATCH_CORRUPT')).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  it('never fails otherwise than by a typed error, whatever byte of the records is flipped', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryLogBatch, fc.nat(), fc.integer({ min: 1, max: 255 }), async (spec, where, mask) => {
        const { bytes } = await logBatch(spec)
        const at = layout.RECORDS + (where % Math.max(1, bytes.length - layout.RECORDS))
        if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ mask
        const outcome = await decodeRecords(viewBatch(bytes, WHERE), WHERE).catch((error: unknown) => error)
        expect(Array.isArray(outcome) || KbackupError.is(outcome, 'KB_BATCH_CORRUPT')).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  it.each([
    ['offsets that do not ascend', [1, 1]],
    ['offsets beyond the last of the header', [0, 7]],
  ])('refuses %s', async (_name, deltas) => {
    const records = deltas.map((offsetDelta) => ({ offsetDelta, timestamp: 0n, key: null, value: null, headers: [] }))
    const batch = await logBatch({ records, lastOffsetDelta: 3 })
    await expect(decodeRecords(batch, WHERE)).rejects.toMatchObject({ code: 'KB_BATCH_CORRUPT', details: WHERE })
  })

  it('refuses bytes behind the last record', async () => {
    const record = { offsetDelta: 0, timestamp: 0n, key: null, value: null, headers: [] }
    const { bytes } = await logBatch({ records: [record, { ...record, offsetDelta: 1 }] })
    bytes.writeInt32BE(1, layout.RECORD_COUNT)
    await expect(decodeRecords(viewBatch(bytes, WHERE), WHERE)).rejects.toMatchObject({ code: 'KB_BATCH_CORRUPT' })
  })
})

/** The model of the least time: that of the records a consumer sees. */
function leastTime(spec: LogBatch): bigint | undefined {
  return visibleRecords(spec).reduce<bigint | undefined>(
    (least, { timestamp }) => (least === undefined || timestamp < least ? timestamp : least),
    undefined,
  )
}

describe('minTimestampOf', () => {
  it('is the least time that a consumer sees', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryLogBatch, async (spec) => {
        const batch = await logBatch(spec)
        expect(minTimestampOf(batch, await batchPayload(batch, WHERE), WHERE)).toBe(leastTime(spec))
      }),
    )
  })
})

describe('headerMinTimestamp', () => {
  it('is the least time, too, of single records and of batches with the times of the broker, and unknown of others', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryLogBatch, async (spec) => {
        const batch = await logBatch(spec)
        const isTold = batch.recordCount === 1 || batch.timestampType === 'LogAppendTime'
        expect(headerMinTimestamp(batch)).toBe(isTold ? leastTime(spec) : undefined)
      }),
    )
  })
})

describe('encodeBatch', () => {
  it('writes what decodes to the same records, dense from offset 0, with a checksum that holds', async () => {
    const records = fc.array(arbitraryRecord, { minLength: 1, maxLength: 20 })
    await fc.assert(
      fc.asyncProperty(records, arbitraryCodec, arbitraryProducer, async (list, codec, producer) => {
        const batch = viewBatch(await encodeBatch(list.map(encodeRecord), { codec, producer }), WHERE)
        assertBatchChecksum(batch, WHERE)
        expect(await decodeRecords(batch, WHERE)).toEqual(
          list.map((record, index) => ({ ...record, offset: BigInt(index) })),
        )
        expect(batch).toMatchObject({ ...producer, codec, baseOffset: 0n, partitionLeaderEpoch: -1 })
        expect(batch.attributes & ~layout.CODEC_MASK).toBe(0)
        expect(batch.lastOffsetDelta + 1).toBe(batch.recordCount)
        expect(batch.maxTimestamp).toBe(
          list.reduce((most, { timestamp }) => (timestamp > most ? timestamp : most), -1n),
        )
      }),
    )
  })

  it('writes byte for byte what the protocol guide says', async () => {
    const records = fc.array(arbitraryRecord, { minLength: 1, maxLength: 20 })
    await fc.assert(
      fc.asyncProperty(records, async (list) => {
        const expected = await logBatch({ records: list.map((record, offsetDelta) => ({ ...record, offsetDelta })) })
        expected.bytes.writeInt32BE(-1, layout.PARTITION_LEADER_EPOCH)
        expect(await encodeBatch(list.map(encodeRecord), { codec: 'none' })).toEqual(expected.bytes)
      }),
    )
  })

  it('leaves bodies as they are', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryLogBatch, async (spec) => {
        fc.pre(spec.records.length > 0)
        const source = await logBatch(spec)
        const raw = rawRecords(source, await batchPayload(source, WHERE), WHERE)
        const copy = viewBatch(await encodeBatch(raw, { codec: 'none' }), WHERE)
        const bodies = rawRecords(copy, await batchPayload(copy, WHERE), WHERE).map(({ body }) => body)
        expect(bodies).toEqual(raw.map(({ body }) => body))
      }),
    )
  })

  it('refuses to write a batch of nothing', async () => {
    await expect(encodeBatch([], { codec: 'none' })).rejects.toMatchObject({ code: 'KB_INTERNAL' })
  })
})

describe('decodeRecord', () => {
  it('undoes encodeRecord', () => {
    fc.assert(
      fc.property(arbitraryRecord, (record) => {
        expect(decodeRecord(encodeRecord(record), origin)).toEqual(record)
      }),
    )
  })
})
