import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { batchPayload } from './batch-payload.ts'
import { decodeRecords } from './batch-records.ts'
import { minTimestampOf } from './min-timestamp.ts'
import { advanceSequence, isIntact, stampedCopy, stampInPlace } from './produce-batch.ts'
import { assertBatchChecksum, viewBatch } from './record-batch.ts'
import { arbitraryLogBatch, arbitraryProducer } from './testing/arbitrary-batches.ts'
import { arbitrarySelection } from './testing/arbitrary-selection.ts'
import { goldenBatches, goldenBytes } from './testing/golden.ts'
import { type LogBatch, logBatch, WHERE } from './testing/log-batch.ts'
import { isVisibleIn, visibleRecords } from './testing/visible-records.ts'

const producer = { producerId: 4_711n, producerEpoch: 3, baseSequence: 2_000 }
const everything = { bounds: { startOffset: 0n, nextOffset: 2n ** 62n }, window: {} }

function dense(timestamps: readonly bigint[], more: Partial<LogBatch> = {}): Promise<ReturnType<typeof viewBatch>> {
  const records = timestamps.map((timestamp, offsetDelta) => ({
    offsetDelta,
    timestamp,
    key: null,
    value: null,
    headers: [],
  }))
  return logBatch({ baseOffset: 100n, records, ...more })
}

describe('isIntact', () => {
  it('never lets a batch pass from which a record is missing or unwanted', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryLogBatch, arbitrarySelection, fc.boolean(), async (facts, selection, knowsMinimum) => {
        const spec = { ...facts, baseOffset: 1_000n }
        const batch = await logBatch(spec)
        const minTimestamp = knowsMinimum ? minTimestampOf(batch, await batchPayload(batch, WHERE), WHERE) : undefined
        if (!isIntact(batch, { ...selection, minTimestamp })) return
        expect(visibleRecords(spec).every((record) => isVisibleIn(selection, record))).toBe(true)
        expect(batch.recordCount).toBe(Number(batch.nextOffset - batch.baseOffset))
        expect(batch.timestampType).toBe('CreateTime')
      }),
      { numRuns: 500 },
    )
  })

  it('lets a dense batch inside bounds pass when no window is asked for', async () => {
    expect(isIntact(await dense([5n, 1n, 9n]), everything)).toBe(true)
    expect(
      isIntact(await dense([5n, 1n, 9n]), { ...everything, bounds: { startOffset: 100n, nextOffset: 103n } }),
    ).toBe(true)
  })

  it.each([
    ['begins before the bounds', { startOffset: 101n, nextOffset: 200n }],
    ['ends behind the bounds', { startOffset: 0n, nextOffset: 102n }],
  ])('holds back a batch that %s', async (_name, bounds) => {
    expect(isIntact(await dense([5n, 5n, 5n]), { bounds, window: {} })).toBe(false)
  })

  it('proves the end of a window by the greatest timestamp', async () => {
    expect(isIntact(await dense([5n, 9n, 1n]), { ...everything, window: { end: 9n } })).toBe(true)
    expect(isIntact(await dense([5n, 9n, 1n]), { ...everything, window: { end: 8n } })).toBe(false)
  })

  it('proves the start of a window by the true minimum alone, not by the base timestamp', async () => {
    const batch = await dense([5n, 9n, 1n])
    expect(isIntact(batch, { ...everything, window: { start: 5n } })).toBe(false)
    expect(isIntact(batch, { ...everything, window: { start: 5n }, minTimestamp: 1n })).toBe(false)
    expect(isIntact(batch, { ...everything, window: { start: 1n }, minTimestamp: 1n })).toBe(true)
  })

  it('needs no minimum for a single record, whose time is the greatest', async () => {
    expect(isIntact(await dense([5n]), { ...everything, window: { start: 5n, end: 5n } })).toBe(true)
    expect(isIntact(await dense([5n]), { ...everything, window: { start: 6n } })).toBe(false)
  })

  it.each([
    ['has holes', { lastOffsetDelta: 3 }],
    ['has the times of the broker', { flags: 0x08 }],
    ['is a control batch', { flags: 0x30 }],
  ])('holds back a batch that %s', async (_name, more) => {
    expect(isIntact(await dense([5n, 5n, 5n], more), everything)).toBe(false)
  })

  it('holds back an emptied batch', async () => {
    expect(isIntact(await dense([], { lastOffsetDelta: 0 }), everything)).toBe(false)
  })
})

describe('stampedCopy', () => {
  it('changes nothing that a consumer sees but the offsets, and leaves the source alone', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryLogBatch, arbitraryProducer, async (facts, identity) => {
        const source = await logBatch({ ...facts, baseOffset: 1_000n })
        fc.pre(isIntact(source, everything))
        const before = Buffer.from(source.bytes)
        const stamped = viewBatch(stampedCopy(source.bytes, identity), WHERE)
        assertBatchChecksum(stamped, WHERE)
        const expected = (await decodeRecords(source, WHERE)).map((record) => ({
          ...record,
          offset: record.offset - 1_000n,
        }))
        expect(await decodeRecords(stamped, WHERE)).toEqual(expected)
        expect(source.bytes).toEqual(before)
      }),
    )
  })

  it('leaves of the attributes only the codec, and nothing of the former producer', async () => {
    const source = await dense([5n, 6n], { codec: 'lz4', flags: 0x50, producerId: 9n })
    const stamped = viewBatch(stampedCopy(source.bytes, producer), WHERE)
    expect(stamped).toMatchObject({
      ...producer,
      attributes: 3,
      baseOffset: 0n,
      partitionLeaderEpoch: -1,
      recordCount: 2,
    })
  })

  it('keeps the times of a batch with a delete horizon, whose deltas are relative to it', async () => {
    const stamped = viewBatch(stampedCopy(goldenBytes('delete-horizon'), producer), WHERE)
    expect(stamped.hasDeleteHorizon).toBe(false)
    const times = (await decodeRecords(stamped, WHERE)).map(({ timestamp }) => String(timestamp))
    expect(times).toEqual(goldenBatches('delete-horizon')[0]?.records?.map(({ timestamp }) => timestamp))
  })
})

describe('stampInPlace', () => {
  it('gives the same bytes as the copy', async () => {
    const { bytes } = await dense([1n, 2n])
    const copy = stampedCopy(bytes, producer)
    stampInPlace(bytes, producer)
    expect(bytes).toEqual(copy)
  })

  it('leaves bytes that have changed at odds with their checksum, for the broker to refuse', async () => {
    const { bytes } = await dense([1n, 2n])
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1)
    stampInPlace(bytes, producer)
    expect(() => assertBatchChecksum(viewBatch(bytes, WHERE), WHERE)).toThrow(
      expect.objectContaining({ code: 'KB_BATCH_CORRUPT' }),
    )
  })

  it('refuses a batch with holes: brokers would let offsets overlap', async () => {
    const { bytes } = await dense([1n, 2n], { lastOffsetDelta: 2 })
    expect(() => stampInPlace(bytes, producer)).toThrow(expect.objectContaining({ code: 'KB_INTERNAL' }))
  })
})

describe('advanceSequence', () => {
  it('begins again at 0 behind 2^31 − 1', () => {
    expect(advanceSequence(2 ** 31 - 1, 1)).toBe(0)
    expect(advanceSequence(2 ** 31 - 2, 5)).toBe(3)
    expect(advanceSequence(0, 7)).toBe(7)
  })
})
