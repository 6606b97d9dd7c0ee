import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import type { BlobStore } from '../storage/blob-store.ts'
import { MemoryBlobStore } from '../testing/memory-blob-store.ts'
import { type BuiltSection, readBundleDirectory, sealBundle } from './bundle.ts'
import { readBlocks, readSectionIndex } from './section-reader.ts'
import { ARCHIVE_ID, batchOf, LINEAGE, storeSection } from './testing/section-fixture.ts'

const KEY = 'payments/bundles/00.zst'

async function builtSection(partition: number): Promise<BuiltSection & { readonly log: Buffer }> {
  const store = new MemoryBlobStore()
  const batches = [await batchOf(7n, { records: 3 + partition }), await batchOf(50n, { records: 2, codec: 'lz4' })]
  const lineage = { ...LINEAGE, partition }
  const { key, ...sealed } = await storeSection(store, { batches, startOffset: 7n, nextOffset: 52n, lineage })
  return { bytes: await store.get(key), sealed, log: Buffer.concat(batches.map(({ bytes }) => bytes)) }
}

async function storedBundle(store: BlobStore) {
  const sections = await Promise.all([0, 1, 2].map(builtSection))
  const bundle = sealBundle(sections, { archiveId: ARCHIVE_ID, key: KEY })
  await store.put(KEY, bundle.bytes)
  return { sections, ...bundle }
}

describe('bundle', () => {
  it('gives back every section by its entry', async () => {
    const store = new MemoryBlobStore()
    const { sections, entries } = await storedBundle(store)
    for (const [number, entry] of entries.entries()) {
      const { blocks } = await readSectionIndex(store, entry)
      expect(Buffer.concat(await readBlocks(store, entry, blocks))).toEqual(sections[number]?.log)
    }
  })

  it('ends in a directory that says the same as the entries', async () => {
    const store = new MemoryBlobStore()
    const { entries, bytes } = await storedBundle(store)
    const directory = await readBundleDirectory(store, { key: KEY, objectLength: bytes.length })
    expect(directory.archiveId).toBe(ARCHIVE_ID)
    expect(directory.sections).toEqual(
      entries.map(({ position, length, sha256, index }) => ({ position, length, sha256, index })),
    )
  })

  it('is a standard file as a whole, and so is each section cut out of it', async () => {
    const { sections, entries, bytes } = await storedBundle(new MemoryBlobStore())
    const unpack = (input: Uint8Array) => spawnSync('zstd', ['-d', '-c'], { input }).stdout
    if (spawnSync('zstd', ['--version']).status !== 0) throw new Error('this test needs the zstd command')
    expect(unpack(bytes)).toEqual(Buffer.concat(sections.map(({ log }) => log)))
    for (const [number, { position, length }] of entries.entries()) {
      expect(unpack(bytes.subarray(position, position + length))).toEqual(sections[number]?.log)
    }
  })

  it('names the object when any byte of its directory is flipped, or the object is cut short', async () => {
    const store = new MemoryBlobStore()
    const { bytes } = await storedBundle(store)
    const { position } = await readBundleDirectory(store, { key: KEY, objectLength: bytes.length })
    for (let at = position; at < bytes.length; at++) {
      const flipped = Buffer.from(bytes)
      flipped[at] = (flipped[at] ?? 0) ^ 0x10
      await store.put(KEY, flipped)
      const reading = readBundleDirectory(store, { key: KEY, objectLength: bytes.length })
      await expect(reading, `byte ${at}`).rejects.toMatchObject({ code: 'KB_ARCHIVE_DAMAGED', details: { key: KEY } })
    }
    for (const length of [0, 10, bytes.length - 1]) {
      await store.put(KEY, bytes.subarray(0, length))
      const reading = readBundleDirectory(store, { key: KEY, objectLength: length })
      await expect(reading).rejects.toMatchObject({ code: 'KB_ARCHIVE_DAMAGED', details: { key: KEY } })
    }
  })
})
