import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BATCH_CODECS } from './batch-codec.ts'
import { batchPayload } from './batch-payload.ts'
import { decodeRecords } from './batch-records.ts'
import { minTimestampOf } from './min-timestamp.ts'
import { type PackBatchesOptions, packBatches, packRecords, type SourceBatch } from './pack-for-produce.ts'
import { advanceSequence } from './produce-batch.ts'
import { assertBatchChecksum, viewBatch } from './record-batch.ts'
import type { PackedBatch } from './stream-packer.ts'
import { arbitraryLog } from './testing/arbitrary-batches.ts'
import { arbitrarySelection } from './testing/arbitrary-selection.ts'
import { type LogBatch, logBatch, WHERE } from './testing/log-batch.ts'
import { isVisibleIn, type VisibleRecord, visibleRecords } from './testing/visible-records.ts'

const everything = { bounds: { startOffset: 0n, nextOffset: 2n ** 62n }, window: {} }
const base = {
  where: WHERE,
  selection: everything,
  producer: { producerId: 12n, producerEpoch: 0 },
  firstSequence: 0,
  maxBatchBytes: 1_000_000,
}

async function collected(batches: AsyncIterable<PackedBatch>): Promise<readonly PackedBatch[]> {
  const list: PackedBatch[] = []
  for await (const batch of batches) list.push(batch)
  return list
}

async function sourcesOf(log: readonly LogBatch[], knowsMinimum = false): Promise<readonly SourceBatch[]> {
  return Promise.all(
    log.map(async (spec) => {
      const batch = await logBatch(spec)
      return knowsMinimum
        ? { batch, minTimestamp: minTimestampOf(batch, await batchPayload(batch, WHERE), WHERE) }
        : { batch }
    }),
  )
}

async function packed(
  log: readonly LogBatch[],
  options: Partial<PackBatchesOptions> = {},
): Promise<readonly PackedBatch[]> {
  return collected(packBatches([await sourcesOf(log)], { ...base, ...options }))
}

/** The records that came out, under the source offsets that the packer says they have. */
async function recordsIn(batches: readonly PackedBatch[]): Promise<readonly VisibleRecord[]> {
  const lists = await Promise.all(
    batches.map(async ({ bytes, sources }) => {
      const offsets = sources.flatMap(({ firstOffset, count }) =>
        Array.from({ length: count }, (_, i) => firstOffset + BigInt(i)),
      )
      const records = await decodeRecords(viewBatch(bytes, WHERE), WHERE)
      expect(offsets).toHaveLength(records.length)
      return records.map(({ timestamp, key, value, headers }, i) => ({
        offset: offsets[i] ?? -1n,
        timestamp,
        key,
        value,
        headers,
      }))
    }),
  )
  return lists.flat()
}

function values(sizes: readonly number[], more: Partial<LogBatch> = {}): LogBatch {
  const records = sizes.map((size, offsetDelta) => ({
    offsetDelta,
    timestamp: 5n,
    key: null,
    value: Buffer.alloc(size, offsetDelta),
    headers: [],
  }))
  return { baseOffset: 0n, records, ...more }
}

const arbitraryOptions = fc.record({
  selection: arbitrarySelection,
  joinBelowBytes: fc.constantFrom(0, 150, 10_000),
  fillBytes: fc.constantFrom(100, 400, 10_000),
  ownsBytes: fc.boolean(),
  firstSequence: fc.constantFrom(0, 17, 2 ** 31 - 3),
  compression: fc.constantFrom(undefined, { codec: 'zstd' as const }),
})

describe('packBatches', () => {
  it('gives exactly the wanted records, in order, with their times, whatever passes and whatever is encoded anew', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryLog, arbitraryOptions, fc.boolean(), async (log, options, knowsMinimum) => {
        const sources = await sourcesOf(log, knowsMinimum)
        const batches = await collected(packBatches([sources], { ...base, ...options }))
        const expected = log.flatMap(visibleRecords).filter((record) => isVisibleIn(options.selection, record))
        expect(await recordsIn(batches)).toEqual(expected)
      }),
      { numRuns: 300 },
    )
  })

  it('makes only batches that a broker takes, with sequences that go on without a gap', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryLog, arbitraryOptions, async (log, options) => {
        let sequence = options.firstSequence
        for (const { bytes, recordCount, baseSequence } of await packed(log, options)) {
          const batch = viewBatch(bytes, WHERE)
          assertBatchChecksum(batch, WHERE)
          expect(batch).toMatchObject({ ...base.producer, baseOffset: 0n, recordCount, baseSequence })
          expect(batch.lastOffsetDelta + 1).toBe(recordCount)
          expect(batch.attributes).toBe(BATCH_CODECS.indexOf(batch.codec))
          expect(baseSequence).toBe(sequence)
          sequence = advanceSequence(sequence, recordCount)
        }
      }),
      { numRuns: 200 },
    )
  })

  it('leaves markers out', async () => {
    expect(await packed([values([1, 1], { flags: 0x30, producerId: 1n })])).toEqual([])
  })

  it('lets an intact batch of some size pass byte for byte behind its header', async () => {
    const [only] = await packed([values([8_000], { codec: 'lz4' })], { joinBelowBytes: 10 })
    const { bytes } = await logBatch(values([8_000], { codec: 'lz4' }))
    expect(only?.bytes.subarray(61)).toEqual(bytes.subarray(61))
  })

  it('joins runs of tiny batches into large ones, in the codec they had', async () => {
    const log = Array.from({ length: 500 }, (_, index) => values([20], { baseOffset: BigInt(index), codec: 'snappy' }))
    const batches = await packed(log)
    expect(batches.map(({ bytes }) => viewBatch(bytes, WHERE).codec)).toEqual(['snappy'])
    expect(batches[0]?.sources).toEqual([{ firstOffset: 0n, count: 500 }])
  })

  it('splits what the target would refuse as too large, random bytes and every codec included', async () => {
    const random = Array.from({ length: 40 }, (_, offsetDelta) => {
      const value = Buffer.from(
        Array.from({ length: 997 }, (__, i) => (Math.imul(i * 40 + offsetDelta, 2_654_435_761) >>> 11) & 0xff),
      )
      return { offsetDelta, timestamp: 5n, key: null, value, headers: [] }
    })
    for (const codec of BATCH_CODECS) {
      const batches = await packed([{ records: random, codec }], { maxBatchBytes: 4_096 })
      expect(Math.max(...batches.map(({ bytes }) => bytes.length))).toBeLessThanOrEqual(4_096)
      expect(batches.reduce((count, { recordCount }) => count + recordCount, 0)).toBe(40)
    }
  })

  it('splits what holds more records than a batch may, and joins no more than these', async () => {
    const large = values(Array.from({ length: 7 }, () => 2_000))
    const tiny = Array.from({ length: 5 }, (_, index) => values([20], { baseOffset: BigInt(7 + index) }))
    const batches = await packed([large, ...tiny], { maxBatchRecords: 3 })
    expect(batches.map(({ recordCount }) => recordCount)).toEqual([3, 3, 3, 3])
    expect((await recordsIn(batches)).map(({ offset }) => offset)).toEqual(
      Array.from({ length: 12 }, (_, i) => BigInt(i)),
    )
  })

  it('lets a batch of exactly as many records as it may hold pass as it is', async () => {
    const log = values([4_000, 4_000, 4_000], { codec: 'lz4' })
    const [only] = await packed([log], { maxBatchRecords: 3, joinBelowBytes: 10 })
    expect(only?.bytes.subarray(61)).toEqual((await logBatch(log)).bytes.subarray(61))
  })

  it('holds a batch to its own bounds where it comes with some, whether it passes or is encoded anew', async () => {
    for (const size of [10, 9_000]) {
      const [source] = await sourcesOf([values([size, size, size, size])])
      if (source === undefined) throw new Error('no batch')
      const { baseOffset } = source.batch
      const bounds = { startOffset: baseOffset + 1n, nextOffset: baseOffset + 3n }
      const records = await recordsIn(await collected(packBatches([[{ ...source, bounds }]], base)))
      expect(records.map(({ offset }) => offset - baseOffset)).toEqual([1n, 2n])
    }
  })

  it('leaves out what alone is beyond the limit where that is asked for, and gives it no sequence', async () => {
    const batches = await packed([values([100, 5_000, 100])], { maxBatchBytes: 2_000, dropLarger: true })
    expect((await recordsIn(batches)).map(({ value }) => value?.length)).toEqual([100, 100])
    expect(batches.reduce((sum, { recordCount }) => sum + recordCount, 0)).toBe(2)
  })

  it('gives a single record beyond the limit a batch of its own, for the broker to judge', async () => {
    const batches = await packed([values([10, 9_000, 10])], { maxBatchBytes: 4_096, joinBelowBytes: 0 })
    expect(batches.map(({ recordCount }) => recordCount)).toEqual([1, 1, 1])
  })

  it('gives everything another codec where that is asked for', async () => {
    const batches = await packed([values([9_000], { codec: 'zstd' }), values([9_000], { baseOffset: 1n })], {
      compression: { codec: 'gzip' },
    })
    expect(batches.map(({ bytes }) => viewBatch(bytes, WHERE).codec)).toEqual(['gzip'])
  })

  it('ends with the reason of an aborted signal', async () => {
    const reason = new Error('enough')
    await expect(packed([values([1])], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })

  it('leaves the bytes it does not own as they were', async () => {
    const sources = await sourcesOf([values([8_000])])
    const before = Buffer.from(sources[0]?.batch.bytes ?? '')
    await collected(packBatches([sources], base))
    expect(sources[0]?.batch.bytes).toEqual(before)
  })
})

describe('packRecords', () => {
  it('keeps records, order and source offsets', async () => {
    const records = [5n, 6n, 9n].map((offset) => ({ offset, timestamp: offset * 2n, body: Buffer.from([1, 1, 0]) }))
    const batches = await collected(packRecords(records, { ...base, compression: { codec: 'none' }, fillBytes: 90 }))
    expect((await recordsIn(batches)).map(({ offset, timestamp }) => [offset, timestamp])).toEqual([
      [5n, 10n],
      [6n, 12n],
      [9n, 18n],
    ])
    expect(batches.length).toBeGreaterThan(1)
  })
})
