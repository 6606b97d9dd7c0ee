import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { FaultBlobStore } from '../testing/fault-blob-store.ts'
import { MemoryBlobStore } from '../testing/memory-blob-store.ts'
import type { SectionEntry } from './commit.ts'
import { readBlocks, readSectionIndex } from './section-reader.ts'
import { batchOf, SECTION_CODEC_NAMES, storeSection } from './testing/section-fixture.ts'

interface Stored {
  readonly store: MemoryBlobStore
  readonly entry: SectionEntry
  readonly bytes: Buffer
}

async function smallSection(codec: SectionEntry['codec']): Promise<Stored> {
  const store = new MemoryBlobStore()
  const batches = await Promise.all([0n, 4n, 8n, 12n].map((base) => batchOf(base, { records: 3 })))
  const entry = await storeSection(store, { batches, startOffset: 1n, nextOffset: 15n, codec, blockBytes: 1 })
  return { store, entry, bytes: await store.get(entry.key) }
}

async function readAll(store: MemoryBlobStore, entry: SectionEntry): Promise<void> {
  const { blocks } = await readSectionIndex(store, entry)
  await readBlocks(store, entry, blocks)
}

describe('reading a section', () => {
  const stored: Stored[] = []
  beforeAll(async () => {
    for (const codec of SECTION_CODEC_NAMES) stored.push(await smallSection(codec))
  })

  it('names the object when any byte of a block or of the index is flipped', async () => {
    for (const { store, entry, bytes } of stored) {
      const { blocks } = await readSectionIndex(store, entry)
      for (let at = blocks[0]?.position ?? 0; at < bytes.length; at++) {
        const flipped = Buffer.from(bytes)
        flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8))
        await store.put(entry.key, flipped)
        await expect(readAll(store, entry), `byte ${at}`).rejects.toMatchObject({
          code: 'KB_ARCHIVE_DAMAGED',
          details: { key: entry.key },
        })
      }
      await store.put(entry.key, bytes)
    }
  })

  it('names the object when it is missing or too short', async () => {
    for (const { store, entry, bytes } of stored) {
      await fc.assert(
        fc.asyncProperty(fc.nat(bytes.length - 1), async (length) => {
          await store.put(entry.key, bytes.subarray(0, length))
          await expect(readAll(store, entry)).rejects.toMatchObject({ code: 'KB_ARCHIVE_DAMAGED' })
        }),
      )
      await store.delete(entry.key)
      await expect(readAll(store, entry)).rejects.toMatchObject({ details: { key: entry.key } })
      await store.put(entry.key, bytes)
    }
  })

  it('refuses an index that is sound and belongs to another section', async () => {
    for (const { store, entry } of stored) {
      for (const change of [
        { partition: 4 },
        { lineage: 1 },
        { startOffset: 0n },
        { nextOffset: 16n },
        { records: 99 },
      ]) {
        await expect(readSectionIndex(store, { ...entry, ...change })).rejects.toMatchObject({
          code: 'KB_ARCHIVE_DAMAGED',
          details: { key: entry.key },
        })
      }
    }
  })

  it('reads a run of blocks with one range read, and nothing for no block', async () => {
    for (const { store, entry } of stored) {
      const { blocks } = await readSectionIndex(store, entry)
      const counted = new FaultBlobStore(store)
      const logs = await readBlocks(counted, entry, blocks.slice(1, 3))
      expect(logs.map(({ length }) => length)).toEqual(blocks.slice(1, 3).map(({ length }) => length))
      expect(await readBlocks(counted, entry, [])).toEqual([])
      expect(counted.log).toHaveLength(1)
    }
  })

  it('lets an error of the store through as it is', async () => {
    for (const { store, entry } of stored) {
      const failing = new FaultBlobStore(store, { schedule: () => ({ kind: 'fail-before' }) })
      await expect(readSectionIndex(failing, entry)).rejects.toMatchObject({ code: 'KB_STORE_UNAVAILABLE' })
    }
  })
})
