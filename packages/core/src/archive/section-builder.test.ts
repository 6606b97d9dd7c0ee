import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type RecordBatch, readBatches } from '../batch/record-batch.ts'
import { arbitraryLog } from '../batch/testing/arbitrary-batches.ts'
import { type LogBatch, logBatch } from '../batch/testing/log-batch.ts'
import { type VisibleRecord, visibleRecords } from '../batch/testing/visible-records.ts'
import { blobBodyBytes } from '../storage/blob-body.ts'
import { MemoryBlobStore } from '../testing/memory-blob-store.ts'
import type { SectionEntry } from './commit.ts'
import type { SectionIndex } from './section.ts'
import { SectionBuilder } from './section-builder.ts'
import { readBlocks, readSectionIndex } from './section-reader.ts'
import { ARCHIVE_ID, batchOf, LINEAGE, SECTION_CODEC_NAMES, storeSection } from './testing/section-fixture.ts'

async function readBack(store: MemoryBlobStore, entry: SectionEntry): Promise<{ index: SectionIndex; log: Buffer }> {
  const index = await readSectionIndex(store, entry)
  return { index, log: Buffer.concat(await readBlocks(store, entry, index.blocks)) }
}

function times(records: readonly VisibleRecord[]): { min: bigint | null; max: bigint | null } {
  const sorted = records.map(({ timestamp }) => timestamp).sort((left, right) => (left < right ? -1 : 1))
  return { min: sorted[0] ?? null, max: sorted.at(-1) ?? null }
}

/** A log, and bounds that may lie inside its first and its last batch, or behind it. */
const clippedLog = fc
  .tuple(arbitraryLog, fc.nat(20), fc.nat(20), fc.constantFrom(...SECTION_CODEC_NAMES), fc.constantFrom(1, 300, 5_000))
  .filter(([log]) => log.length > 0)
  .map(([log, skipped, cut, codec, blockBytes]) => ({ log, ...boundsOf(log, skipped, cut), codec, blockBytes }))

function boundsOf(log: readonly LogBatch[], skipped: number, cut: number) {
  const [first, last] = [log[0], log.at(-1)].map((batch) => ({
    base: batch?.baseOffset ?? 0n,
    span: BigInt((batch?.lastOffsetDelta ?? 0) + 1),
  }))
  if (first === undefined || last === undefined) throw new Error('a log without batches')
  const startOffset = first.base + (BigInt(skipped) % first.span)
  const earliest = last.base < startOffset ? startOffset : last.base
  return { startOffset, nextOffset: earliest + 1n + (BigInt(cut) % (last.base + last.span + 2n - earliest)) }
}

describe('SectionBuilder', () => {
  it('gives back every batch byte for byte, and counts and times of exactly what lies inside the bounds', async () => {
    await fc.assert(
      fc.asyncProperty(clippedLog, async ({ log, startOffset, nextOffset, codec, blockBytes }) => {
        const store = new MemoryBlobStore()
        const batches = await Promise.all(log.map(logBatch))
        const entry = await storeSection(store, { batches, startOffset, nextOffset, codec, blockBytes })
        const { index, log: bytes } = await readBack(store, entry)
        const inside = log.flatMap(visibleRecords).filter(({ offset }) => offset >= startOffset && offset < nextOffset)

        expect(bytes).toEqual(Buffer.concat(batches.map((batch) => batch.bytes)))
        expect(entry.records).toBe(inside.length)
        expect({ min: entry.minTimestamp, max: entry.maxTimestamp }).toEqual(times(inside))
        expect(entry.logBytes).toBe(bytes.length)
        for (const block of index.blocks) {
          const own = inside.filter(({ offset }) => offset >= block.firstOffset && offset <= block.lastOffset)
          expect(block.records).toBe(own.length)
          expect({ min: block.minTimestamp, max: block.maxTimestamp }).toEqual(times(own))
        }
      }),
      { numRuns: 300 },
    )
  })

  it('accounts for every offset: records, absent ones, and what was left out with its reason', async () => {
    const store = new MemoryBlobStore()
    const batches = [await batchOf(10n, { records: 5 }), await batchOf(20n, { records: 5 })]
    const omissions = [
      { startOffset: 15n, nextOffset: 16n, reason: 'marker' },
      { startOffset: 16n, nextOffset: 18n, reason: 'aborted' },
      { startOffset: 25n, nextOffset: 26n, reason: 'marker' },
    ] as const
    const entry = await storeSection(store, { batches, omissions, startOffset: 12n, nextOffset: 30n })
    const { index } = await readBack(store, entry)
    expect(index.omissions).toEqual([
      ...omissions.slice(0, 2),
      { startOffset: 18n, nextOffset: 20n, reason: 'compacted' },
      omissions[2],
      { startOffset: 26n, nextOffset: 30n, reason: 'compacted' },
    ])
    expect(index.blocks.map(({ records, absent }) => ({ records, absent }))).toEqual([{ records: 8, absent: 0 }])
  })

  it('holds a range without any record: only what was left out', async () => {
    const store = new MemoryBlobStore()
    const omissions = [{ startOffset: 0n, nextOffset: 3n, reason: 'aborted' }] as const
    const entry = await storeSection(store, { batches: [], omissions, startOffset: 0n, nextOffset: 4n })
    expect(entry).toMatchObject({ records: 0, logBytes: 0, minTimestamp: null, maxTimestamp: null })
    expect((await readBack(store, entry)).index.omissions).toHaveLength(2)
  })

  it('leaves the least time of compressed batches unknown when told to be lazy, and of no others', async () => {
    const store = new MemoryBlobStore()
    const batches = [await batchOf(0n, { records: 3, codec: 'lz4' }), await batchOf(3n, { records: 3 })]
    const spec = { batches, startOffset: 0n, nextOffset: 6n, indexTimestamps: 'lazy', blockBytes: 1 } as const
    const entry = await storeSection(store, spec)
    const { index } = await readBack(store, entry)
    expect(index.blocks.map(({ minTimestamp }) => minTimestamp)).toEqual([null, 1_764_000_000_000n])
    expect(index.blocks.map(({ maxTimestamp }) => maxTimestamp)).toEqual([1_764_000_000_002n, 1_764_000_000_002n])
    expect(entry.minTimestamp).toBeNull()
  })

  it('says where each epoch of leadership began', async () => {
    const store = new MemoryBlobStore()
    const batches = await Promise.all([0n, 5n, 10n].map((base) => batchOf(base, { records: 5 })))
    const epochs = batches.map((batch, number) => withEpoch(batch, number === 0 ? 7 : 9))
    const entry = await storeSection(store, { batches: epochs, startOffset: 2n, nextOffset: 15n })
    expect(entry.leaderEpochs).toEqual([
      { leaderEpoch: 7, startOffset: 2n },
      { leaderEpoch: 9, startOffset: 5n },
    ])
  })

  it('stores what the producer compressed as it is, and compresses the rest', async () => {
    const store = new MemoryBlobStore()
    for (const codec of SECTION_CODEC_NAMES) {
      const batches = [
        await batchOf(0n, { records: 500, valueBytes: 500, codec: 'gzip' }),
        await batchOf(500n, { records: 500, valueBytes: 500 }),
      ]
      const spec = { batches, startOffset: 0n, nextOffset: 1_000n, blockBytes: 1, codec, key: `payments/${codec}` }
      const [stored, compressed] = (await readBack(store, await storeSection(store, spec))).index.blocks
      expect(stored?.storedLength).toBeGreaterThan(stored?.length ?? 0)
      expect((compressed?.storedLength ?? 0) < (compressed?.length ?? 0) / 10).toBe(codec !== 'none')
    }
  })

  it('holds no more blocks than it may while nobody reads, and goes on when somebody does', async () => {
    const builder = new SectionBuilder({
      archiveId: ARCHIVE_ID,
      lineage: LINEAGE,
      codec: 'none',
      startOffset: 0n,
      blockBytes: 1,
      maxPendingBlocks: 2,
    })
    const appended: bigint[] = []
    const filling = (async () => {
      for (let base = 0n; base < 10n; base += 1n) {
        await builder.append(await batchOf(base, { records: 1 }))
        appended.push(base)
      }
    })()
    for (let turn = 0; turn < 200; turn++) await new Promise(setImmediate)
    expect(appended).toEqual([0n, 1n, 2n])
    const reading = blobBodyBytes(builder.bytes)
    await filling
    await builder.seal(10n)
    expect((await reading).length).toBeGreaterThan(0)
    expect(builder.bufferedBytes).toBe(0)
  })

  it('takes a lent batch as a block of its own, in pieces, and holds nothing of it when that is done', async () => {
    const builder = new SectionBuilder({ archiveId: ARCHIVE_ID, lineage: LINEAGE, codec: 'none', startOffset: 2n })
    const store = new MemoryBlobStore()
    const pieces: number[] = []
    const key = 'payments/lent'
    async function* counted() {
      for await (const piece of builder.bytes) {
        pieces.push(piece.buffer.byteLength)
        yield piece
      }
    }
    const stored = store.put(key, counted())
    const batches = [
      await batchOf(0n, { records: 5 }),
      await batchOf(5n, { records: 4, valueBytes: 3_000_000 }),
      await batchOf(9n, { records: 5, valueBytes: 2_000_000, codec: 'zstd' }),
      await batchOf(14n, { records: 5 }),
    ]
    const expected = Buffer.concat(batches.map(({ bytes }) => bytes))
    for (const [index, batch] of batches.entries()) {
      if (index === 1 || index === 2) await builder.appendLent(batch)
      else await builder.append(batch)
      if (index === 1 || index === 2) expect(builder.bufferedBytes).toBeLessThan(100_000)
      // Whoever lent it may use its memory again.
      batch.bytes.fill(0xff)
    }
    const entry = { key, ...(await builder.seal(17n)) }
    await stored
    const { index, log } = await readBack(store, entry)
    expect(log.equals(expected)).toBe(true)
    expect(index.blocks.map(({ firstOffset, records }) => [firstOffset, records])).toEqual([
      [0n, 3],
      [5n, 4],
      [9n, 5],
      [14n, 3],
    ])
    expect(entry).toMatchObject({ records: 15, minTimestamp: 1_764_000_000_000n, maxTimestamp: 1_764_000_000_004n })
    expect(Math.max(...pieces)).toBeLessThan(3 * 1024 * 1024)
  })

  it('never fills the memory of a lent batch, also where that is as long as a block', async () => {
    const lent = await batchOf(1n, { records: 1, valueBytes: 20_000 })
    const before = Buffer.from(lent.bytes)
    const options = { archiveId: ARCHIVE_ID, lineage: LINEAGE, codec: 'none', startOffset: 0n } as const
    const builder = new SectionBuilder({ ...options, blockBytes: lent.bytes.length })
    const reading = blobBodyBytes(builder.bytes)
    await builder.append(await batchOf(0n, { records: 1 }))
    await builder.appendLent(lent)
    for (let offset = 2n; offset < 6n; offset++) {
      await builder.append(await batchOf(offset, { records: 1, valueBytes: 15_000 }))
    }
    await builder.seal(6n)
    await reading
    expect(lent.bytes.equals(before)).toBe(true)
  })

  it('cannot end inside a lent batch, since that is gone', async () => {
    const builder = new SectionBuilder({ archiveId: ARCHIVE_ID, lineage: LINEAGE, codec: 'none', startOffset: 0n })
    const reading = blobBodyBytes(builder.bytes)
    reading.catch(() => undefined)
    await builder.appendLent(await batchOf(0n, { records: 5 }))
    await expect(builder.seal(3n)).rejects.toMatchObject({ code: 'KB_INTERNAL' })
    builder.abort(new Error('enough'))
  })

  it('lets appending and sealing fail when its upload stops reading, and never hang', async () => {
    const builder = new SectionBuilder({
      archiveId: ARCHIVE_ID,
      lineage: LINEAGE,
      codec: 'none',
      startOffset: 0n,
      blockBytes: 1,
      maxPendingBlocks: 1,
    })
    for await (const _chunk of builder.bytes) break
    await expect(batchOf(0n, { records: 1 }).then((batch) => builder.append(batch))).rejects.toMatchObject({
      code: 'KB_STORE_FAILED',
    })
    await expect(builder.seal(1n)).rejects.toMatchObject({ code: 'KB_STORE_FAILED' })
  })

  it('gives the reason of an abort to its upload and to its caller', async () => {
    const reason = new Error('stopped by the user')
    const store = new MemoryBlobStore()
    const builder = new SectionBuilder({ archiveId: ARCHIVE_ID, lineage: LINEAGE, codec: 'zstd', startOffset: 0n })
    const uploaded = store.put('payments/section', builder.bytes)
    await builder.append(await batchOf(0n, { records: 1 }))
    builder.abort(reason)
    await expect(uploaded).rejects.toBe(reason)
    await expect(builder.seal(1n)).rejects.toBe(reason)
    expect(store.keys()).toEqual([])
  })

  it('refuses a batch that comes twice or out of order', async () => {
    const builder = new SectionBuilder({ archiveId: ARCHIVE_ID, lineage: LINEAGE, codec: 'none', startOffset: 0n })
    const batch = await batchOf(5n, { records: 2 })
    await builder.append(batch)
    await expect(builder.append(batch)).rejects.toMatchObject({ code: 'KB_INTERNAL' })
  })

  it('names the batch that cannot be decompressed for its times', async () => {
    const builder = new SectionBuilder({ archiveId: ARCHIVE_ID, lineage: LINEAGE, codec: 'zstd', startOffset: 0n })
    const batch = await batchOf(0n, { records: 50, codec: 'zstd' })
    batch.bytes.fill(0xff, 70, 80)
    const reading = blobBodyBytes(builder.bytes).catch((error: unknown) => error)
    const building = (async () => {
      await builder.append(batch)
      await builder.seal(50n)
    })()
    await expect(building).rejects.toMatchObject({ code: 'KB_BATCH_CORRUPT', details: { offset: 0n } })
    expect(await reading).toMatchObject({ code: 'KB_BATCH_CORRUPT' })
  })

  it('refuses a compression level that the codec cannot honour', async () => {
    const store = new MemoryBlobStore()
    const spec = { batches: [await batchOf(0n, { records: 1 })], startOffset: 0n, nextOffset: 1n }
    await expect(storeSection(store, { ...spec, codec: 'lz4', level: 9 })).rejects.toMatchObject({
      code: 'KB_CODEC_LEVEL',
    })
    expect(store.keys()).toEqual([])
  })
})

function withEpoch(batch: RecordBatch, epoch: number): RecordBatch {
  const bytes = Buffer.from(batch.bytes)
  bytes.writeInt32BE(epoch, 12)
  const [changed] = readBatches(bytes, LINEAGE)
  if (changed === undefined) throw new Error('no batch')
  return changed
}
