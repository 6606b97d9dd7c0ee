import { beforeAll, describe, expect, it } from 'vitest'
import type { SectionEntry } from '../archive/commit.ts'
import type { BlockEntry, SectionIndex } from '../archive/section.ts'
import { readBlocks, readSectionIndex } from '../archive/section-reader.ts'
import { batchOf, storeSection } from '../archive/testing/section-fixture.ts'
import { MemoryBlobStore } from '../testing/memory-blob-store.ts'
import { RecordCheck } from './record-check.ts'

let entry: SectionEntry
let index: SectionIndex
let logs: readonly Buffer[]

/** Checks the section as if its index said something else of it. */
async function check(change: Partial<SectionIndex>, bytes = logs): Promise<void> {
  const changed = { ...index, ...change }
  const records = new RecordCheck(entry, changed)
  for (const [number, block] of changed.blocks.entries()) await records.take(block, bytes[number] ?? Buffer.alloc(0))
  records.finish()
}

function withBlock(change: Partial<BlockEntry>): Partial<SectionIndex> {
  return { blocks: index.blocks.map((block, number) => (number === 1 ? { ...block, ...change } : block)) }
}

describe('holding the records of a section to its index', () => {
  beforeAll(async () => {
    const store = new MemoryBlobStore()
    const batches = [await batchOf(0n, { records: 5 }), await batchOf(7n, { records: 5, codec: 'zstd' })]
    const omissions = [{ startOffset: 5n, nextOffset: 6n, reason: 'marker' }] as const
    entry = await storeSection(store, { batches, omissions, startOffset: 2n, nextOffset: 15n, blockBytes: 1 })
    index = await readSectionIndex(store, entry)
    logs = await readBlocks(store, entry, index.blocks)
  })

  it('finds nothing wrong with a sound one', async () => {
    await check({})
  })

  it.each<[string, () => Partial<SectionIndex>]>([
    ['fewer records than stated', () => withBlock({ records: 6 })],
    ['more records than stated', () => withBlock({ records: 4 })],
    ['a record after the greatest time', () => withBlock({ maxTimestamp: 1_764_000_000_003n })],
    ['a record before the least time', () => withBlock({ minTimestamp: 1_764_000_000_001n })],
    ['another first offset', () => withBlock({ firstOffset: 6n })],
    ['another last offset', () => withBlock({ lastOffset: 12n })],
    ['an offset before a batch that nothing accounts for', () => ({ omissions: index.omissions.slice(0, 1) })],
    ['an offset at the end that nothing accounts for', () => ({ omissions: index.omissions.slice(0, 2) })],
    ['a batch that the index left out', () => ({ blocks: index.blocks.slice(0, 1) })],
  ])('finds %s', async (_title, change) => {
    await expect(check(change())).rejects.toMatchObject({ code: 'KB_ARCHIVE_DAMAGED', details: { key: entry.key } })
  })

  it('finds a batch that fails its own checksum, or is cut short', async () => {
    const [first = Buffer.alloc(0), second = Buffer.alloc(0)] = logs
    const flipped = Buffer.from(first)
    flipped[first.length - 1] = (flipped[first.length - 1] ?? 0) ^ 1
    await expect(check({}, [flipped, second])).rejects.toMatchObject({ code: 'KB_BATCH_CORRUPT' })
    await expect(check({}, [first.subarray(0, -1), second])).rejects.toMatchObject({ code: 'KB_BATCH_CORRUPT' })
  })
})
