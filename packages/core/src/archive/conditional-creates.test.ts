import { describe, expect, it } from 'vitest'
import { appendValues, BACKUP_ID, backupFixture, impatientEnvironment } from '../backup/testing/backup-fixture.ts'
import { createCleanup } from '../cleanup/create-cleanup.ts'
import type { PutOptions } from '../storage/blob-store.ts'
import { retryingBlobStore } from '../storage/retrying-blob-store.ts'
import { scriptedBlobFaults } from '../testing/blob-fault.ts'
import { FaultBlobStore } from '../testing/fault-blob-store.ts'
import { MemoryBlobStore } from '../testing/memory-blob-store.ts'
import { verifyArchive } from '../verify/verify-archive.ts'
import { openArchive } from './open-archive.ts'
import { readSnapshot, writeSnapshot } from './snapshot.ts'

/** What a service does that does not know `If-None-Match`. */
class UnconditionalStore extends MemoryBlobStore {
  override put(key: string, body: Uint8Array, options: PutOptions = {}): Promise<void> {
    return super.put(key, body, { ...options, ifAbsent: false })
  }
}

async function filled() {
  const fixture = await backupFixture()
  await appendValues(fixture.source, 0, ['a0', 'a1'])
  return fixture
}

describe('a store that ignores conditions', () => {
  it('is refused for backups, before anything but archive.json is written', async () => {
    const storage = new UnconditionalStore()
    const fixture = await filled()
    await expect(fixture.run({ storage })).rejects.toMatchObject({ code: 'KB_STORE_UNCONDITIONAL', retryable: false })
    expect(storage.keys()).toEqual([`${BACKUP_ID}/archive.json`])
  })

  it('is used with unsafeSingleWriter, and each result warns of it', async () => {
    const storage = new UnconditionalStore()
    const fixture = await filled()
    for (let run = 0; run < 2; run++) {
      const { warnings } = await fixture.run({ storage, unsafeSingleWriter: true })
      expect(warnings).toMatchObject([{ code: 'KB_WARNING_SINGLE_WRITER', details: { conditions: false } }])
    }
  })

  it('is told of by the archive from then on, in every commit and in what they add up to', async () => {
    const storage = new UnconditionalStore()
    const fixture = await filled()
    await fixture.run({ storage, unsafeSingleWriter: true })
    const archive = await openArchive(storage, BACKUP_ID)
    const commits = archive.state.head?.sequence ?? 0
    for (let sequence = 1; sequence <= commits; sequence++) {
      expect(await archive.readCommit(sequence)).toMatchObject({ unsafeSingleWriter: true })
    }
    expect(archive.state.unsafeSingleWriter).toBe(true)
    const bytes = writeSnapshot(archive.state) ?? Buffer.alloc(0)
    expect(readSnapshot(bytes, 'snapshot').unsafeSingleWriter).toBe(true)
    expect(await verifyArchive(storage, BACKUP_ID, { depth: 'objects' })).toMatchObject({ unsafeSingleWriter: true })
  })

  it('stays told of when the archive is written to elsewhere, with conditions', async () => {
    const storage = new UnconditionalStore()
    const fixture = await filled()
    await fixture.run({ storage, unsafeSingleWriter: true })
    const elsewhere = new MemoryBlobStore()
    for (const key of storage.keys()) await elsewhere.put(key, await storage.get(key))
    await appendValues(fixture.source, 0, ['a2'])
    await fixture.run({ storage: elsewhere })
    const archive = await openArchive(elsewhere, BACKUP_ID)
    expect(await archive.readCommit(archive.state.head?.sequence ?? 0)).toMatchObject({ unsafeSingleWriter: false })
    expect(archive.state.unsafeSingleWriter).toBe(true)
  })

  it('is refused for cleanups, but for their plans, which write nothing', async () => {
    const storage = new UnconditionalStore()
    const fixture = await filled()
    await fixture.run({ storage, unsafeSingleWriter: true })
    await storage.put(`${BACKUP_ID}/bundles/00.zst`, Buffer.from('stray'))
    const keys = storage.keys()
    const options = { storage, backupId: BACKUP_ID, olderThanMs: 0 }
    const cleanup = createCleanup(options)
    expect((await cleanup.plan()).objects).toHaveLength(1)
    await expect(cleanup.run()).rejects.toMatchObject({ code: 'KB_STORE_UNCONDITIONAL' })
    expect(storage.keys()).toEqual(keys)
    const { deleted, warnings } = await createCleanup({ ...options, unsafeSingleWriter: true }).run()
    expect(deleted).toHaveLength(1)
    expect(warnings).toMatchObject([{ code: 'KB_WARNING_SINGLE_WRITER' }])
  })
})

describe('a store that keeps conditions', () => {
  it('is asked once a run, without a delete, and keeps archive.json as it is', async () => {
    const fixture = await filled()
    const storage = new FaultBlobStore(fixture.store)
    await fixture.run({ storage })
    const before = await fixture.store.get(`${BACKUP_ID}/archive.json`)
    const asked = storage.log.length
    await fixture.run({ storage })
    const calls = storage.log.slice(asked)
    expect(calls.filter(({ operation, key }) => operation === 'put' && key.endsWith('archive.json'))).toHaveLength(1)
    expect(storage.log.filter(({ operation }) => operation === 'delete')).toEqual([])
    expect(await fixture.store.get(`${BACKUP_ID}/archive.json`)).toEqual(before)
  })

  it('is not taken for the other kind where each first answer to a store that repeats its calls is lost', async () => {
    const fixture = await filled()
    await fixture.run()
    let puts = 0
    const losing = new FaultBlobStore(fixture.store, {
      schedule: ({ operation, key }) => {
        if (operation !== 'put' || !key.endsWith('archive.json')) return undefined
        puts += 1
        return puts % 2 === 1 ? { kind: 'fail-after' } : undefined
      },
    })
    const { warnings } = await fixture.run({ storage: retryingBlobStore(losing, impatientEnvironment) })
    expect(warnings).toEqual([])
  })

  it('is asked with the very bytes that are there, though they arrive damaged', async () => {
    const storage = new UnconditionalStore()
    const fixture = await filled()
    await fixture.run({ storage, unsafeSingleWriter: true })
    const before = await storage.get(`${BACKUP_ID}/archive.json`)
    const schedule = scriptedBlobFaults([
      { operation: 'get', key: 'archive.json', nth: 2, fault: { kind: 'flip-byte' } },
    ])
    await fixture.run({ storage: new FaultBlobStore(storage, { schedule }), unsafeSingleWriter: true })
    expect(await storage.get(`${BACKUP_ID}/archive.json`)).toEqual(before)
  })

  it('is not taken for the other kind where answers are lost, also where the store repeats its calls itself', async () => {
    const fixture = await filled()
    await fixture.run()
    const script = [{ operation: 'put', key: 'archive.json', fault: { kind: 'fail-after' } }] as const
    const losing = new FaultBlobStore(fixture.store, { schedule: scriptedBlobFaults(script) })
    await fixture.run({ storage: losing })
    const repeating = retryingBlobStore(
      new FaultBlobStore(fixture.store, { schedule: scriptedBlobFaults(script) }),
      impatientEnvironment,
    )
    expect((await fixture.run({ storage: repeating })).warnings).toEqual([])
  })

  it('that is used with unsafeSingleWriter is told to need none', async () => {
    const fixture = await filled()
    const { warnings } = await fixture.run({ unsafeSingleWriter: true })
    expect((await openArchive(fixture.store, BACKUP_ID)).state.unsafeSingleWriter).toBe(false)
    expect(warnings).toMatchObject([{ code: 'KB_WARNING_SINGLE_WRITER', details: { conditions: true } }])
  })
})
