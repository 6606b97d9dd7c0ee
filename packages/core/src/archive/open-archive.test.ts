import { describe, expect, it } from 'vitest'
import { scriptedBlobFaults } from '../testing/blob-fault.ts'
import { FaultBlobStore } from '../testing/fault-blob-store.ts'
import { MemoryBlobStore } from '../testing/memory-blob-store.ts'
import { openArchiveWriter } from './archive-writer.ts'
import { openArchive } from './open-archive.ts'
import { listPins, pinCommit } from './pins.ts'
import { appendTo, BACKUP_ID, createOrders, EMPTY_DRAFT, newestOf } from './testing/commit-fixture.ts'

const commitKey = (sequence: number) => `${BACKUP_ID}/commits/${String(sequence).padStart(20, '0')}.json`
const snapshotKey = (sequence: number) => commitKey(sequence).replace('commits', 'snapshots')

/** Commits 1 to `commits`, with a snapshot every third. */
async function archiveOf(commits: number): Promise<MemoryBlobStore> {
  const store = new MemoryBlobStore()
  const writer = await openArchiveWriter(store, BACKUP_ID, { createIfMissing: true, snapshotEveryCommits: 3 })
  await writer.commit(createOrders(2))
  const groups = [{ groupId: 'g', type: 'classic', protocolType: 'consumer', state: 'Empty', offsets: [] }]
  for (let sequence = 2; sequence <= commits; sequence++) {
    const draft = appendTo(writer.state, [sequence % 2], { tag: String(sequence) })
    await writer.commit({
      ...draft,
      capture: { startedAtMs: 1n, observedAtMs: BigInt(sequence), offsetsTopicEnds: [], groups, unread: [] },
    })
  }
  return store
}

async function flip(store: MemoryBlobStore, key: string, at: number): Promise<void> {
  const bytes = await store.get(key)
  bytes[at] = (bytes[at] ?? 0) ^ 0x04
  await store.put(key, bytes)
}

describe('opening an archive', () => {
  it('gives the same state from the newest snapshot as from the first commit', async () => {
    const store = await archiveOf(10)
    const { state } = await openArchive(store, BACKUP_ID)
    for (const key of store.keys(`${BACKUP_ID}/snapshots/`)) await store.delete(key)
    expect((await openArchive(store, BACKUP_ID)).state).toEqual(state)
    expect(state.head?.sequence).toBe(10)
  })

  it('shows it as of any commit', async () => {
    const store = await archiveOf(10)
    for (let commit = 1; commit <= 10; commit++) {
      const { state, warnings } = await openArchive(store, BACKUP_ID, { commit })
      expect(state.head?.sequence).toBe(commit)
      expect(newestOf(state, 0)?.sections).toHaveLength(Math.floor(commit / 2))
      expect(warnings).toEqual([])
    }
    await expect(openArchive(store, BACKUP_ID, { commit: 11 })).rejects.toMatchObject({ code: 'KB_COMMIT_MISSING' })
  })

  it('holds it to a commit that must be there', async () => {
    const store = await archiveOf(4)
    const { state } = await openArchive(store, BACKUP_ID)
    if (state.head === null) throw new Error('no head')
    await openArchive(store, BACKUP_ID, { expect: state.head })
    const expectations = [
      { ...state.head, sequence: 5 },
      { ...state.head, sha256: 'a'.repeat(64) },
    ]
    for (const expect_ of expectations) {
      await expect(openArchive(store, BACKUP_ID, { expect: expect_ })).rejects.toMatchObject({
        code: 'KB_COMMIT_MISSING',
      })
    }
    await store.delete(commitKey(4))
    await expect(openArchive(store, BACKUP_ID, { expect: state.head })).rejects.toMatchObject({
      code: 'KB_COMMIT_MISSING',
    })
  })

  it('reads commits and captures of it, and no others', async () => {
    const store = await archiveOf(4)
    const view = await openArchive(store, BACKUP_ID, { commit: 3 })
    const [first, second] = view.state.captures
    if (first === undefined || second === undefined) throw new Error('no captures')
    expect(await view.readCapture(second)).toMatchObject({ observedAtMs: 3n, groups: [{ groupId: 'g' }] })
    await expect(view.readCommit(4)).rejects.toMatchObject({ code: 'KB_COMMIT_MISSING' })
    await flip(store, commitKey(2), 40)
    await expect(view.readCapture(first)).rejects.toMatchObject({
      code: 'KB_ARCHIVE_DAMAGED',
      details: { key: commitKey(2) },
    })
  })

  it('says that there is none only where the store says so', async () => {
    const store = await archiveOf(2)
    const failing = new FaultBlobStore(store, {
      schedule: scriptedBlobFaults([{ key: 'archive.json', fault: { kind: 'fail-before' } }]),
    })
    await expect(openArchive(failing, BACKUP_ID)).rejects.toMatchObject({ code: 'KB_STORE_UNAVAILABLE' })
    await expect(openArchive(store, 'other')).rejects.toMatchObject({ code: 'KB_ARCHIVE_NOT_FOUND' })
  })

  it('names the object when any byte of archive.json or of a commit that it reads is flipped', async () => {
    const store = await archiveOf(2)
    for (const key of [`${BACKUP_ID}/archive.json`, commitKey(1), commitKey(2)]) {
      const { size } = (await store.head(key)) ?? { size: 0 }
      for (let at = 0; at < size; at++) {
        await flip(store, key, at)
        await expect(openArchive(store, BACKUP_ID), `${key} byte ${at}`).rejects.toMatchObject({ details: { key } })
        await flip(store, key, at)
      }
    }
  })

  it('finds a commit missing among others, and one that is not the one that followed', async () => {
    const store = await archiveOf(8)
    const removed = await store.get(commitKey(7))
    await store.delete(commitKey(7))
    await expect(openArchive(store, BACKUP_ID)).rejects.toMatchObject({
      code: 'KB_ARCHIVE_DAMAGED',
      details: { key: commitKey(7) },
    })
    await store.put(commitKey(7), removed)
    await store.put(commitKey(8), await (await archiveOf(8)).get(commitKey(8)))
    await expect(openArchive(store, BACKUP_ID)).rejects.toMatchObject({
      code: 'KB_ARCHIVE_DAMAGED',
      details: { key: commitKey(8) },
    })
  })

  it.each([2, 15, 16, 17, 19])('finds commit %i of 20 missing, wherever reading begins', async (lost) => {
    const store = await archiveOf(20)
    for (const key of store.keys(`${BACKUP_ID}/snapshots/`)) await store.delete(key)
    await store.delete(commitKey(lost))
    await expect(openArchive(store, BACKUP_ID)).rejects.toMatchObject({
      code: 'KB_ARCHIVE_DAMAGED',
      details: { key: commitKey(lost) },
    })
    expect((await openArchive(store, BACKUP_ID, { commit: lost - 1 })).state.head?.sequence).toBe(lost - 1)
  })

  it('passes over a damaged snapshot, and says so', async () => {
    const store = await archiveOf(8)
    const { state } = await openArchive(store, BACKUP_ID)
    await flip(store, snapshotKey(6), 100)
    const view = await openArchive(store, BACKUP_ID)
    expect(view.state).toEqual(state)
    expect(view.warnings).toMatchObject([{ code: 'KB_ARCHIVE_DAMAGED', details: { key: snapshotKey(6) } }])
  })

  it('does not take the snapshot of another history for its own', async () => {
    const [store, other] = [await archiveOf(8), await archiveOf(8)]
    await store.put(snapshotKey(6), await other.get(snapshotKey(6)))
    const view = await openArchive(store, BACKUP_ID)
    expect(view.warnings).toHaveLength(1)
    expect(view.state.archiveId).toBe(view.info.archiveId)
  })

  it('never takes an error on a read of a commit for the end of the archive', async () => {
    const store = await archiveOf(8)
    for (let nth = 1; nth <= 10; nth++) {
      const schedule = scriptedBlobFaults([{ operation: 'get', key: 'commits/', nth, fault: { kind: 'fail-before' } }])
      const opening = openArchive(new FaultBlobStore(store, { schedule }), BACKUP_ID)
      await expect(opening).rejects.toMatchObject({ code: 'KB_STORE_UNAVAILABLE' })
    }
  })

  it('does no I/O with a signal that is aborted already', async () => {
    const counted = new FaultBlobStore(await archiveOf(2))
    const reason = new Error('no')
    await expect(openArchive(counted, BACKUP_ID, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(counted.log.filter(({ outcome }) => outcome === 'ok')).toEqual([])
  })

  it('opens an archive without commits', async () => {
    const store = new MemoryBlobStore()
    await openArchiveWriter(store, BACKUP_ID, { createIfMissing: true })
    const { state } = await openArchive(store, BACKUP_ID)
    expect(state).toMatchObject({ head: null, captures: [] })
    expect(EMPTY_DRAFT.sections).toEqual([])
  })
})

describe('pins', () => {
  it('are listed until they are released', async () => {
    const store = await archiveOf(2)
    const { state } = await openArchive(store, BACKUP_ID)
    if (state.head === null) throw new Error('no head')
    const pin = await pinCommit(store, BACKUP_ID, { commit: state.head, purpose: 'restore 1' })
    expect(await listPins(store, BACKUP_ID)).toMatchObject([{ id: pin.id, commit: state.head, purpose: 'restore 1' }])
    await pin.release()
    expect(await listPins(store, BACKUP_ID)).toEqual([])
  })

  it('that are damaged are named, not passed over', async () => {
    const store = await archiveOf(2)
    const { state } = await openArchive(store, BACKUP_ID)
    if (state.head === null) throw new Error('no head')
    const { id } = await pinCommit(store, BACKUP_ID, { commit: state.head, purpose: 'restore 1' })
    const key = `${BACKUP_ID}/pins/${id}.json`
    await flip(store, key, 30)
    await expect(listPins(store, BACKUP_ID)).rejects.toMatchObject({ code: 'KB_ARCHIVE_DAMAGED', details: { key } })
  })
})
