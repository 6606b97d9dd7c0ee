import { describe, expect, it } from 'vitest'
import { openArchiveWriter } from '../archive/archive-writer.ts'
import { deleteDropped, liveKeys, removeObjects } from '../archive/delete-dropped.ts'
import { openArchive } from '../archive/open-archive.ts'
import { BACKUP_ID, dropping, EMPTY_DRAFT, lineageOf, preconditionOf } from '../archive/testing/commit-fixture.ts'
import { batchOf, storeSection } from '../archive/testing/section-fixture.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import type { MemoryBlobStore } from '../testing/memory-blob-store.ts'
import { smallArchive } from './testing/small-archive.ts'
import { verifyArchive } from './verify-archive.ts'

const PINS = `${BACKUP_ID}/pins/`
const FIRST_COMMIT = `${BACKUP_ID}/commits/${'1'.padStart(20, '0')}.json`
const MANIFEST = `${BACKUP_ID}/manifest.json`

/** An archive that nobody else reads. */
async function unpinnedArchive(): Promise<MemoryBlobStore> {
  const store = await smallArchive()
  for (const key of store.keys(PINS)) await store.delete(key)
  return store
}

/** Lets somebody do something just before an object is read for the first time. */
function beforeRead(store: MemoryBlobStore, key: string, meanwhile: () => Promise<void>): void {
  const get = store.get.bind(store)
  let isDone = false
  store.get = async (asked, options) => {
    if (asked === key && !isDone) {
      isDone = true
      await meanwhile()
    }
    return get(asked, options)
  }
}

/** What a cleaner does that found objects to be in its way. */
async function dropAll(store: MemoryBlobStore): Promise<{ readonly deleted: readonly string[] }> {
  const archive = await openArchiveWriter(store, BACKUP_ID, { createIfMissing: false })
  const draft = dropping([...liveKeys(archive.state)])
  return removeObjects({ store, backupId: BACKUP_ID, archive, draft })
}

async function commitSegment(store: MemoryBlobStore): Promise<void> {
  const archive = await openArchiveWriter(store, BACKUP_ID, { createIfMissing: false })
  const [lineage, startOffset] = [lineageOf(0), 40n]
  const key = archive.segmentKey(lineage, startOffset, 'zstd')
  const batches = [await batchOf(startOffset, { records: 3 })]
  const { archiveId } = archive
  const section = await storeSection(store, { archiveId, lineage, batches, startOffset, nextOffset: 43n, key })
  await archive.commit({ ...EMPTY_DRAFT, preconditions: [preconditionOf(archive.state, 0)], sections: [section] })
  await archive.writeViews()
}

function refuse(store: MemoryBlobStore, operation: 'put' | 'delete'): void {
  const [put, remove] = [store.put.bind(store), store.delete.bind(store)]
  const refusal = () => Promise.reject(new KbackupError('KB_STORE_FORBIDDEN', { message: 'read only' }))
  const isPin = (key: string) => key.startsWith(PINS)
  if (operation === 'put') store.put = (key, ...rest) => (isPin(key) ? refusal() : put(key, ...rest))
  else store.delete = (key, ...rest) => (isPin(key) ? refusal() : remove(key, ...rest))
}

describe('an archive that is verified', () => {
  it('keeps what the verification has yet to read, though a cleaner drops it meanwhile', async () => {
    const store = await unpinnedArchive()
    const deleted: string[] = []
    beforeRead(store, FIRST_COMMIT, async () => {
      deleted.push(...(await dropAll(store)).deleted)
    })
    const report = await verifyArchive(store, BACKUP_ID, { depth: 'records' })
    expect(deleted).toEqual([])
    expect(report).toMatchObject({ ok: true, findings: [], warnings: [], head: { sequence: 4 } })
    const { state } = await openArchive(store, BACKUP_ID)
    const keys = [...state.dropped]
    expect(await deleteDropped({ store, backupId: BACKUP_ID, state, keys })).toEqual({ deleted: keys, pinned: [] })
    expect(keys).toHaveLength(3)
  })

  it('is pinned at the commit that is verified, and at none when that is done', async () => {
    const store = await unpinnedArchive()
    const before = store.keys()
    const pinned: string[] = []
    beforeRead(store, FIRST_COMMIT, async () => {
      for (const key of store.keys(PINS)) pinned.push((await store.get(key)).toString())
    })
    const { head, objectsTotal } = await verifyArchive(store, BACKUP_ID, { depth: 'objects' })
    expect(pinned).toHaveLength(1)
    expect(JSON.parse(pinned[0] ?? '')).toMatchObject({ commit: head, purpose: 'validate' })
    expect(store.keys()).toEqual(before)
    expect(objectsTotal).toBe(before.length)
  })

  it('is not pinned any more when the verification has failed, or was ended', async () => {
    for (const reason of [new Error('ended'), new KbackupError('KB_STORE_FAILED', { message: 'failed' })]) {
      const store = await unpinnedArchive()
      const abort = new AbortController()
      beforeRead(store, FIRST_COMMIT, async () => {
        expect(store.keys(PINS)).toHaveLength(1)
        if (KbackupError.is(reason)) throw reason
        abort.abort(reason)
      })
      const verifying = verifyArchive(store, BACKUP_ID, { depth: 'objects', signal: abort.signal })
      await expect(verifying).rejects.toBe(reason)
      expect(store.keys(PINS)).toEqual([])
    }
  })

  it('is verified also by who may not pin, with a warning', async () => {
    const store = await unpinnedArchive()
    refuse(store, 'put')
    const report = await verifyArchive(store, BACKUP_ID, { depth: 'records' })
    expect(report).toMatchObject({ ok: true, findings: [], warnings: [{ code: 'KB_WARNING_PIN' }] })
    expect(report.warnings[0]?.message).toContain('commit 4 was verified without a pin: read only')
  })

  it('names the pin that stays, where its reader may not remove it', async () => {
    const store = await unpinnedArchive()
    refuse(store, 'delete')
    const report = await verifyArchive(store, BACKUP_ID, { depth: 'objects' })
    const [key] = store.keys(PINS)
    expect(report).toMatchObject({ ok: true, warnings: [{ code: 'KB_WARNING_PIN', details: { key } }] })
  })

  it.each([FIRST_COMMIT, MANIFEST])(
    'is as of one commit: what is committed meanwhile is neither verified nor taken for damage (before %s is read)',
    async (key) => {
      const store = await unpinnedArchive()
      beforeRead(store, key, () => commitSegment(store))
      const report = await verifyArchive(store, BACKUP_ID, { depth: 'records' })
      expect(report).toMatchObject({ ok: true, head: { sequence: 4 }, sections: 4, findings: [] })
      expect((await verifyArchive(store, BACKUP_ID, { depth: 'records' })).sections).toBe(5)
    },
  )

  it('takes nothing for a stray, and nothing for missing, that commits have named or dropped since', async () => {
    const store = await unpinnedArchive()
    const list = store.list.bind(store)
    let isDone = false
    store.list = async function* (prefix, options) {
      if (prefix === `${BACKUP_ID}/` && !isDone) {
        isDone = true
        for (const key of store.keys(PINS)) await store.delete(key)
        await commitSegment(store)
        await dropAll(store)
      }
      yield* list(prefix, options)
    }
    const report = await verifyArchive(store, BACKUP_ID, { depth: 'records' })
    expect(report).toMatchObject({ ok: true, head: { sequence: 4 }, sections: 0 })
    expect(report.findings).toEqual([])
  })
})
