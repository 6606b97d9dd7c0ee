import { beforeAll, describe, expect, it } from 'vitest'
import { openArchiveWriter } from '../archive/archive-writer.ts'
import type { Commit } from '../archive/commit.ts'
import { readCommitObject, writeCommitObject } from '../archive/commit-shape.ts'
import { openArchive } from '../archive/open-archive.ts'
import { BACKUP_ID, createOrders, EMPTY_DRAFT, lineageOf, preconditionOf } from '../archive/testing/commit-fixture.ts'
import { batchOf, storeSection } from '../archive/testing/section-fixture.ts'
import { scriptedBlobFaults } from '../testing/blob-fault.ts'
import { FaultBlobStore } from '../testing/fault-blob-store.ts'
import { MemoryBlobStore } from '../testing/memory-blob-store.ts'
import { seededRandom } from '../testing/seeded-random.ts'
import { smallArchive } from './testing/small-archive.ts'
import type { VerifyDepth } from './verification.ts'
import { verifyArchive } from './verify-archive.ts'

const DEPTHS: readonly VerifyDepth[] = ['objects', 'bytes', 'records']
const COMMIT = (sequence: number) => `${BACKUP_ID}/commits/${String(sequence).padStart(20, '0')}.json`

let sound: MemoryBlobStore

async function copyOf(store: MemoryBlobStore): Promise<MemoryBlobStore> {
  const copy = new MemoryBlobStore()
  for (const key of store.keys()) await copy.put(key, await store.get(key))
  return copy
}

async function damageIn(store: MemoryBlobStore, depth: VerifyDepth): Promise<readonly string[]> {
  const { findings } = await verifyArchive(store, BACKUP_ID, { depth })
  return findings.filter(({ severity }) => severity === 'damage').map(({ key }) => key)
}

describe('verifying an archive', () => {
  beforeAll(async () => {
    sound = await smallArchive()
  })

  it.each(DEPTHS)('finds nothing wrong with a sound one at depth %s, and counts what it holds', async (depth) => {
    const report = await verifyArchive(sound, BACKUP_ID, { depth })
    expect(report.findings).toEqual([])
    expect(report).toMatchObject({ ok: true, commits: 4, sections: 4, records: 23, depth, head: { sequence: 4 } })
    expect(report.objectsChecked).toBe(report.objectsTotal)
  })

  it('has one of everything to look at', () => {
    const kinds = sound.keys().map((key) => key.split('/')[1])
    expect(new Set(kinds)).toEqual(
      new Set(['archive.json', 'bundles', 'commits', 'manifest.json', 'pins', 'restores', 'snapshots', 'topics']),
    )
  })

  it('names the object, whichever byte of whichever object is flipped', async () => {
    const random = seededRandom(3)
    for (const key of sound.keys()) {
      const bytes = await sound.get(key)
      const step = Math.max(1, Math.floor(bytes.length / 60))
      for (let at = 0; at < bytes.length; at += 1 + Math.floor(random() * 2 * step)) {
        const store = await copyOf(sound)
        const flipped = Buffer.from(bytes)
        flipped[at] = (flipped[at] ?? 0) ^ (1 << Math.floor(random() * 8))
        await store.put(key, flipped)
        expect(await damageIn(store, 'bytes'), `${key} byte ${at}`).toContain(key)
      }
    }
  })

  it.each(DEPTHS)('names a section or a commit that is missing or too short, at depth %s', async (depth) => {
    // Of the newest commit only other objects can tell that it was there: see below.
    const named = sound.keys().filter((key) => /topics|bundles|commits|archive\.json/.test(key) && key !== COMMIT(4))
    for (const key of named) {
      const [without, short] = [await copyOf(sound), await copyOf(sound)]
      await without.delete(key)
      expect(await damageIn(without, depth), `without ${key}`).toContain(key)
      const bytes = await sound.get(key)
      await short.put(key, bytes.subarray(0, bytes.length / 2))
      expect(await damageIn(short, depth), `short ${key}`).toContain(key)
    }
  })

  it('says which partitions a damaged object takes with it', async () => {
    const store = await copyOf(sound)
    const key = store.keys(`${BACKUP_ID}/bundles/`)[0] ?? ''
    await store.delete(key)
    const { findings } = await verifyArchive(store, BACKUP_ID, { depth: 'objects' })
    expect(findings).toMatchObject([
      {
        kind: 'missing',
        key,
        partitions: [
          { topic: 'orders', partition: 1 },
          { topic: 'orders', partition: 2 },
        ],
      },
    ])
  })

  it('goes on behind a damaged commit: from a snapshot, or commit by commit', async () => {
    for (const damaged of [1, 2, 3]) {
      const store = await copyOf(sound)
      await store.put(COMMIT(damaged), Buffer.from('{}'))
      for (const key of store.keys(`${BACKUP_ID}/topics/`)) await store.put(key, Buffer.alloc(10_000))
      const damage = await damageIn(store, 'bytes')
      expect(damage).toContain(COMMIT(damaged))
      expect(damage).toEqual(expect.arrayContaining(store.keys(`${BACKUP_ID}/topics/`).slice(damaged === 2 ? 1 : 0)))
    }
  })

  it('says which commit breaks the chain, and claims nothing of what comes after it', async () => {
    const store = await copyOf(sound)
    for (const key of store.keys(`${BACKUP_ID}/snapshots/`)) await store.delete(key)
    await store.put(COMMIT(2), Buffer.from('{}'))
    const report = await verifyArchive(store, BACKUP_ID, { depth: 'objects' })
    expect(report).toMatchObject({ ok: false, head: null, brokenAt: 2 })
    const [segment] = store.keys(`${BACKUP_ID}/topics/`)
    expect(report.findings).toMatchObject([
      { severity: 'damage', key: COMMIT(2) },
      { severity: 'notice', key: segment, message: `${segment} is named by no commit that can be read` },
    ])
    expect((await verifyArchive(sound, BACKUP_ID, { depth: 'objects' })).brokenAt).toBeNull()
  })

  it('finds a commit that is missing between others', async () => {
    const store = await copyOf(sound)
    await store.delete(COMMIT(2))
    const { findings, ok, head } = await verifyArchive(store, BACKUP_ID, { depth: 'objects' })
    expect(ok).toBe(false)
    expect(findings).toContainEqual(expect.objectContaining({ kind: 'missing', key: COMMIT(2) }))
    expect(head?.sequence).toBe(4)
  })

  it('finds that the newest commits were deleted, by the commit that is expected', async () => {
    const { state } = await openArchive(sound, BACKUP_ID)
    const expected = state.head ?? { sequence: 0, sha256: '' }
    const store = await copyOf(sound)
    expect((await verifyArchive(store, BACKUP_ID, { depth: 'objects', expect: expected })).ok).toBe(true)
    await store.delete(COMMIT(4))
    for (const key of [`${BACKUP_ID}/manifest.json`, ...store.keys(`${BACKUP_ID}/pins/`)]) await store.delete(key)
    expect((await verifyArchive(store, BACKUP_ID, { depth: 'objects' })).ok).toBe(true)
    const { findings } = await verifyArchive(store, BACKUP_ID, { depth: 'objects', expect: expected })
    expect(findings).toContainEqual(expect.objectContaining({ kind: 'missing', key: COMMIT(4) }))
  })

  it('finds it too where a pin, a snapshot or the manifest still names them', async () => {
    const store = await copyOf(sound)
    await store.delete(COMMIT(4))
    expect(await damageIn(store, 'bytes')).toEqual([`${BACKUP_ID}/manifest.json`, ...store.keys(`${BACKUP_ID}/pins/`)])
    await store.delete(COMMIT(3))
    expect(await damageIn(store, 'objects')).toContain(COMMIT(3))
  })

  it('holds snapshots and the manifest to what the commits add up to, though they are sound in themselves', async () => {
    const other = await smallArchive()
    for (const prefix of ['snapshots/', 'manifest.json']) {
      const store = await copyOf(sound)
      const [key = ''] = store.keys(`${BACKUP_ID}/${prefix}`)
      await store.put(key, await other.get(key))
      expect(await damageIn(store, 'objects')).toEqual([key])
    }
  })

  it('takes a manifest that is behind for a notice, and one that is ahead for damage', async () => {
    const store = await copyOf(sound)
    const key = `${BACKUP_ID}/manifest.json`
    const ahead = await store.get(key)
    const writer = await openArchiveWriter(store, BACKUP_ID, { createIfMissing: false })
    await writer.commit(EMPTY_DRAFT)
    await store.put(key, ahead)
    const report = await verifyArchive(store, BACKUP_ID, { depth: 'objects' })
    expect(report).toMatchObject({ ok: true, findings: [{ kind: 'stale', severity: 'notice', key }] })
    await store.delete(COMMIT(5))
    await store.delete(COMMIT(4))
    expect(await damageIn(store, 'objects')).toContain(key)
  })

  it('notices objects that no commit names, and passes over those that were dropped', async () => {
    const store = await copyOf(sound)
    const key = `${BACKUP_ID}/topics/orders/partition=0/segment-left-over.zst`
    await store.put(key, Buffer.alloc(3))
    const before = await verifyArchive(store, BACKUP_ID, { depth: 'records' })
    expect(before).toMatchObject({ ok: true, findings: [{ kind: 'unreferenced', severity: 'notice', key }] })
    const writer = await openArchiveWriter(store, BACKUP_ID, { createIfMissing: false })
    await writer.commit({ ...EMPTY_DRAFT, drops: [key] })
    expect((await verifyArchive(store, BACKUP_ID, { depth: 'records' })).findings).toEqual([])
  })

  it.each<[string, Partial<Commit['sections'][number]>]>([
    ['records', { records: 4 }],
    ['greatest time', { maxTimestamp: 1_764_000_000_001n }],
    ['digest', { sha256: 'a'.repeat(64) }],
    ['index digest', { index: { position: 1, length: 1, sha256: 'a'.repeat(64) } }],
  ])('finds a commit that says something else of a section than is there: %s', async (what, change) => {
    const store = new MemoryBlobStore()
    const writer = await openArchiveWriter(store, BACKUP_ID, { createIfMissing: true })
    await writer.commit(createOrders(1))
    const key = writer.segmentKey(lineageOf(0), 0n, 'zstd')
    const { archiveId } = writer
    const batches = [await batchOf(0n, { records: 3 })]
    const entry = await storeSection(store, {
      archiveId,
      lineage: lineageOf(0),
      batches,
      startOffset: 0n,
      nextOffset: 5n,
      key,
    })
    const index = what === 'index digest' ? { ...entry.index, sha256: 'a'.repeat(64) } : entry.index
    const preconditions = [preconditionOf(writer.state, 0)]
    await writer.commit({ ...EMPTY_DRAFT, preconditions, sections: [{ ...entry, ...change, index }] })
    expect(await damageIn(store, 'bytes')).toEqual([key])
  })

  it('finds a commit that does not follow, though it is sound in itself', async () => {
    const store = await copyOf(sound)
    const commit = readCommitObject(await store.get(COMMIT(4)), COMMIT(4))
    await store.put(COMMIT(4), writeCommitObject({ ...commit, previousSha256: 'a'.repeat(64) }))
    expect(await damageIn(store, 'objects')).toContain(COMMIT(4))
  })

  it('is no report of damage when the store fails: it rejects with what the store says', async () => {
    for (const nth of [1, 5, 9, 14]) {
      const schedule = scriptedBlobFaults([{ operation: 'get', nth, fault: { kind: 'fail-before' } }])
      const verifying = verifyArchive(new FaultBlobStore(sound, { schedule }), BACKUP_ID, { depth: 'records' })
      await expect(verifying).rejects.toMatchObject({ code: 'KB_STORE_UNAVAILABLE' })
    }
  })

  it('says that there is no archive, and stops when it is told to', async () => {
    await expect(verifyArchive(sound, 'other', { depth: 'objects' })).rejects.toMatchObject({
      code: 'KB_ARCHIVE_NOT_FOUND',
    })
    const reason = new Error('enough')
    const abort = new AbortController()
    const onProgress = () => abort.abort(reason)
    const verifying = verifyArchive(sound, BACKUP_ID, { depth: 'records', onProgress, signal: abort.signal })
    await expect(verifying).rejects.toBe(reason)
  })

  it('tells of findings as they are found', async () => {
    const store = await copyOf(sound)
    await store.delete(COMMIT(4))
    const told: string[] = []
    const report = await verifyArchive(store, BACKUP_ID, { depth: 'objects', onFinding: ({ key }) => told.push(key) })
    expect(told).toEqual(report.findings.map(({ key }) => key))
  })
})
