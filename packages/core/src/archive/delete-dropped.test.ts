import { describe, expect, it } from 'vitest'
import { KbackupError } from '../errors/kbackup-error.ts'
import { FaultBlobStore } from '../testing/fault-blob-store.ts'
import { MemoryBlobStore } from '../testing/memory-blob-store.ts'
import { type ArchiveWriter, openArchiveWriter } from './archive-writer.ts'
import { deleteDropped, liveKeys, removeObjects } from './delete-dropped.ts'
import { openArchive } from './open-archive.ts'
import { assertPinnedInTime, listPins, pinCommit } from './pins.ts'
import { appendTo, BACKUP_ID, createOrders, dropping, newestOf } from './testing/commit-fixture.ts'

interface Fixture {
  readonly store: MemoryBlobStore
  readonly archive: ArchiveWriter
  /** The two objects of the archive, oldest first. */
  readonly keys: readonly [string, string]
}

async function twoObjects(): Promise<Fixture> {
  const store = new MemoryBlobStore()
  const archive = await openArchiveWriter(store, BACKUP_ID, { createIfMissing: true })
  await archive.commit(createOrders(1))
  for (const tag of ['a', 'b']) await archive.commit(appendTo(archive.state, [0], { tag }))
  const [first = '', second = ''] = liveKeys(archive.state)
  for (const key of [first, second]) await store.put(key, Buffer.from(key))
  return { store, archive, keys: [first, second] }
}

function headOf({ archive }: Fixture) {
  const { head } = archive.state
  if (head === null) throw new Error('no head')
  return head
}

describe('objects that are taken out of an archive', () => {
  it('are deleted when a commit has dropped them, and others stay', async () => {
    const fixture = await twoObjects()
    const { store, archive, keys } = fixture
    const removed = await removeObjects({ store, backupId: BACKUP_ID, archive, draft: dropping([keys[0]]) })
    expect(removed).toEqual({ deleted: [keys[0]], pinned: [] })
    expect(await store.head(keys[0])).toBeUndefined()
    expect(newestOf(archive.state, 0)?.sections.map(({ key }) => key)).toEqual([keys[1]])
    expect(await store.head(keys[1])).toBeDefined()
  })

  it('stay while a pinned commit sees them, and go when the pin is released', async () => {
    const fixture = await twoObjects()
    const { store, archive, keys } = fixture
    const pin = await pinCommit(store, BACKUP_ID, { commit: headOf(fixture), purpose: 'test' })
    const removed = await removeObjects({ store, backupId: BACKUP_ID, archive, draft: dropping([keys[0]]) })
    expect(removed).toEqual({ deleted: [], pinned: [keys[0]] })
    expect(await store.head(keys[0])).toBeDefined()
    await pin.release()
    await deleteDropped({ store, backupId: BACKUP_ID, state: archive.state, keys: [keys[0]] })
    expect(await store.head(keys[0])).toBeUndefined()
  })

  it('are never such as no commit has dropped', async () => {
    const { store, archive, keys } = await twoObjects()
    const removed = await deleteDropped({ store, backupId: BACKUP_ID, state: archive.state, keys })
    expect(removed).toEqual({ deleted: [], pinned: [] })
    expect(store.keys()).toEqual(expect.arrayContaining([...keys]))
  })

  it('are missed, with a typed error, by a reader that pins a commit from before too late', async () => {
    const fixture = await twoObjects()
    const { store, archive, keys } = fixture
    const early = await openArchive(store, BACKUP_ID)
    const commit = headOf(fixture)
    await removeObjects({ store, backupId: BACKUP_ID, archive, draft: dropping([keys[0]]) })
    const pin = await pinCommit(store, BACKUP_ID, { commit, purpose: 'test' })
    const sections = newestOf(early.state, 0)?.sections ?? []
    expect(() => assertPinnedInTime(pin, sections)).toThrow(expect.objectContaining({ code: 'KB_COMMIT_EXPIRED' }))
    expect(() => assertPinnedInTime(pin, sections.slice(1))).not.toThrow()
  })

  it('are kept by no pin of a reader that could not learn whether it was in time', async () => {
    const fixture = await twoObjects()
    const { store } = fixture
    const error = new KbackupError('KB_STORE_FAILED', { message: 'as injected' })
    const failing = new FaultBlobStore(store, {
      schedule: ({ operation, key }) =>
        operation === 'get' && key.includes('/commits/') ? { kind: 'fail-before', error } : undefined,
    })
    await expect(pinCommit(failing, BACKUP_ID, { commit: headOf(fixture), purpose: 'test' })).rejects.toBe(error)
    expect(await listPins(store, BACKUP_ID)).toEqual([])
  })
})
