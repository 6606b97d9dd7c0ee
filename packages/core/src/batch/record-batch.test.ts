import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KbackupError } from '../errors/kbackup-error.ts'
import * as layout from './batch-layout.ts'
import { decodeRecords } from './batch-records.ts'
import { assertBatchChecksum, readBatches, viewBatch } from './record-batch.ts'
import { logBatch, WHERE } from './testing/log-batch.ts'

const record = { offsetDelta: 0, timestamp: 5n, key: null, value: Buffer.from('v'), headers: [] }
const three = [record, { ...record, offsetDelta: 1 }, { ...record, offsetDelta: 4 }]

/** A copy of a valid batch with some fields overwritten. */
async function altered(alter: (bytes: Buffer) => void): Promise<Buffer> {
  const { bytes } = await logBatch({ baseOffset: 40n, records: three })
  alter(bytes)
  return bytes
}

describe('readBatches', () => {
  it('yields slices of the bytes it was given, without copying', async () => {
    const bytes = Buffer.concat([
      (await logBatch({ records: three })).bytes,
      (await logBatch({ records: three })).bytes,
    ])
    const [first, second] = [...readBatches(bytes, WHERE)]
    expect(first?.bytes.buffer).toBe(bytes.buffer)
    expect(second?.bytes.byteOffset).toBe(bytes.byteOffset + bytes.length / 2)
  })

  it('goes on behind the last offset of the header, not behind the last record', async () => {
    const { lastOffset, nextOffset } = await logBatch({ baseOffset: 40n, records: three, lastOffsetDelta: 9 })
    expect([lastOffset, nextOffset]).toEqual([49n, 50n])
  })

  it('stops before a tail that is cut short, wherever the cut is', async () => {
    const { bytes } = await logBatch({ records: three })
    for (let length = 0; length < bytes.length; length++) {
      const cut = Buffer.concat([bytes, bytes.subarray(0, length)])
      expect([...readBatches(cut, WHERE)]).toHaveLength(1)
    }
  })

  it('refuses a tail that is cut short where whole batches are demanded', async () => {
    const { bytes } = await logBatch({ baseOffset: 40n, records: three })
    for (const length of [1, 8, 12, bytes.length - 1]) {
      const reading = () => [...readBatches(bytes.subarray(0, length), WHERE, { cutShortTail: 'refuse' })]
      expect(reading).toThrow(expect.objectContaining({ code: 'KB_BATCH_CORRUPT' }))
    }
  })

  it.each([
    ['a negative length', (bytes: Buffer) => bytes.writeInt32BE(-1, layout.BATCH_LENGTH)],
    ['a length shorter than a header', (bytes: Buffer) => bytes.writeInt32BE(48, layout.BATCH_LENGTH)],
    ['an unknown magic', (bytes: Buffer) => bytes.writeInt8(3, layout.MAGIC)],
    ['a negative offset', (bytes: Buffer) => bytes.writeBigInt64BE(-1n, layout.BASE_OFFSET)],
    ['offsets beyond 64 bits', (bytes: Buffer) => bytes.writeBigInt64BE(2n ** 63n - 3n, layout.BASE_OFFSET)],
    ['a negative count', (bytes: Buffer) => bytes.writeInt32BE(-1, layout.RECORD_COUNT)],
    ['a negative last offset delta', (bytes: Buffer) => bytes.writeInt32BE(-1, layout.LAST_OFFSET_DELTA)],
    ['more records than offsets', (bytes: Buffer) => bytes.writeInt32BE(1, layout.LAST_OFFSET_DELTA)],
    [
      'more records than bytes',
      (bytes: Buffer) => {
        bytes.writeInt32BE(2 ** 31 - 1, layout.LAST_OFFSET_DELTA)
        bytes.writeInt32BE(1_000_000, layout.RECORD_COUNT)
      },
    ],
  ])('refuses %s, naming topic, partition and offset', async (_name, alter) => {
    const bytes = await altered(alter)
    const details = expect.objectContaining({ ...WHERE, offset: bytes.readBigInt64BE(0) })
    expect(() => [...readBatches(bytes, WHERE)]).toThrow(expect.objectContaining({ code: 'KB_BATCH_CORRUPT', details }))
  })

  it('refuses a codec it does not know', async () => {
    const bytes = await altered((target) => target.writeInt16BE(5, layout.ATTRIBUTES))
    const error = { code: 'KB_CODEC_UNKNOWN', details: { ...WHERE, offset: 40n, codec: 5 } }
    expect(() => [...readBatches(bytes, WHERE)]).toThrow(expect.objectContaining(error))
  })

  it('reads the batches the cleaner has emptied', async () => {
    const batch = await logBatch({ baseOffset: 40n, records: [], lastOffsetDelta: 5 })
    expect(batch.nextOffset).toBe(46n)
    expect(await decodeRecords(batch, WHERE)).toEqual([])
  })
})

describe('assertBatchChecksum', () => {
  it('finds any flipped bit that the checksum covers', async () => {
    const { bytes } = await logBatch({ records: three })
    fc.assert(
      fc.property(fc.nat({ max: (bytes.length - layout.CRC) * 8 - 1 }), (bit) => {
        const flipped = Buffer.from(bytes)
        const at = layout.CRC + (bit >> 3)
        flipped[at] = (flipped[at] ?? 0) ^ (1 << (bit & 7))
        expect(() => assertBatchChecksum(viewBatch(flipped, WHERE), WHERE)).toThrow(KbackupError)
      }),
    )
  })
})

describe('viewBatch', () => {
  it('takes exactly one batch', async () => {
    const { bytes } = await logBatch({ records: three })
    expect(() => viewBatch(Buffer.concat([bytes, bytes]), WHERE)).toThrow(
      expect.objectContaining({ code: 'KB_BATCH_CORRUPT' }),
    )
    expect(() => viewBatch(bytes.subarray(0, 5), WHERE)).toThrow(expect.objectContaining({ code: 'KB_BATCH_CORRUPT' }))
  })
})
