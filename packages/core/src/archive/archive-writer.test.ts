import { describe, expect, it } from 'vitest'
import { FaultBlobStore } from '../testing/fault-blob-store.ts'
import { MemoryBlobStore } from '../testing/memory-blob-store.ts'
import { openArchiveWriter } from './archive-writer.ts'
import { openArchive } from './open-archive.ts'
import { faulty, openWriter, quickEnvironment, startedArchive } from './testing/archive-fixture.ts'
import { appendTo, BACKUP_ID, createOrders, EMPTY_DRAFT, newestOf } from './testing/commit-fixture.ts'

const COMMIT_2 = `${BACKUP_ID}/commits/00000000000000000002.json`

describe('opening an archive for appending', () => {
  it('creates it once, however many writers do so at the same time', async () => {
    const store = new MemoryBlobStore()
    const writers = await Promise.all(
      [1, 2, 3, 4].map((seed) => openWriter(store, { environment: quickEnvironment(seed) })),
    )
    expect(new Set(writers.map(({ archiveId }) => archiveId)).size).toBe(1)
  })

  it('finds one that another writer has created, and committed to, since it looked', async () => {
    const store = new MemoryBlobStore()
    let isFirst = true
    const late = new FaultBlobStore(store, {
      schedule: ({ operation }) => (operation === 'list' && isFirst ? { kind: 'delay', delayMs: 0 } : undefined),
      sleep: async () => {
        isFirst = false
        await (await openWriter(store, { environment: quickEnvironment(2) })).commit(createOrders(1))
      },
    })
    const writer = await openWriter(late)
    expect(writer.state.head?.sequence).toBe(1)
  })

  it('does not create one that is not to be created', async () => {
    const store = new MemoryBlobStore()
    await expect(openWriter(store, { createIfMissing: false })).rejects.toMatchObject({ code: 'KB_ARCHIVE_NOT_FOUND' })
    expect(store.keys()).toEqual([])
  })

  it('never takes an error of the store for a missing archive', async () => {
    const store = await startedArchive()
    const before = store.keys()
    for (const key of ['archive.json', 'snapshots/', 'commits/']) {
      const failing = faulty(store, { key, fault: { kind: 'fail-before' } })
      await expect(openWriter(failing)).rejects.toMatchObject({ code: 'KB_STORE_UNAVAILABLE' })
    }
    expect(store.keys()).toEqual(before)
  })

  it('calls an archive that lost its archive.json damaged, and puts no new one on top of it', async () => {
    const store = await startedArchive()
    await store.delete(`${BACKUP_ID}/archive.json`)
    await expect(openWriter(store)).rejects.toMatchObject({ code: 'KB_ARCHIVE_DAMAGED' })
    expect(await store.head(`${BACKUP_ID}/archive.json`)).toBeUndefined()
  })

  it('refuses backup ids that are no part of a key', async () => {
    for (const backupId of ['', '.', '..', 'a/b', 'a b']) {
      const opening = openArchiveWriter(new MemoryBlobStore(), backupId, { createIfMissing: true })
      await expect(opening).rejects.toMatchObject({ code: 'KB_USAGE' })
    }
  })
})

describe('committing', () => {
  it('advances the state, and a reader sees the same', async () => {
    const store = await startedArchive()
    const writer = await openWriter(store)
    const reference = await writer.commit(appendTo(writer.state, [0, 1]))
    expect(reference.sequence).toBe(2)
    const view = await openArchive(store, BACKUP_ID, { expect: reference })
    expect(view.state).toEqual(writer.state)
    expect((await view.readCommit(2)).writerId).toBe(writer.writerId)
  })

  it('works off calls one after the other', async () => {
    const store = await startedArchive()
    const writer = await openWriter(store)
    const first = writer.commit(appendTo(writer.state, [0]))
    const second = writer.commit(appendTo(writer.state, [1]))
    expect((await Promise.all([first, second])).map(({ sequence }) => sequence)).toEqual([2, 3])
  })

  it('lets writers of different partitions go on side by side', async () => {
    const store = await startedArchive()
    const [one, two] = await Promise.all(
      [1, 2].map((seed) => openWriter(store, { environment: quickEnvironment(seed) })),
    )
    if (one === undefined || two === undefined) throw new Error('no writers')
    for (let round = 0; round < 5; round++) {
      const tag = String(round)
      await Promise.all([one.commit(appendTo(one.state, [0], { tag })), two.commit(appendTo(two.state, [1], { tag }))])
    }
    const { state } = await openArchive(store, BACKUP_ID)
    expect([0, 1].map((partition) => newestOf(state, partition)?.nextOffset)).toEqual([50n, 50n])
    expect(state.head?.sequence).toBe(11)
  })

  it('fences a writer whose partition another has advanced, names that partition, and writes nothing', async () => {
    const store = await startedArchive()
    const [one, zombie] = [await openWriter(store), await openWriter(store, { environment: quickEnvironment(2) })]
    const stale = appendTo(zombie.state, [0, 1], { tag: 'zombie' })
    await one.commit(appendTo(one.state, [0]))
    await expect(zombie.commit(stale)).rejects.toMatchObject({
      code: 'KB_ARCHIVE_FENCED',
      details: { partitions: ['orders/0'], ghost: false },
    })
    expect(store.keys(`${BACKUP_ID}/commits/`)).toHaveLength(2)
    await zombie.commit(appendTo(zombie.state, [1], { tag: 'zombie' }))
    expect(newestOf(zombie.state, 1)?.nextOffset).toBe(10n)
  })

  it.each(['fail-before', 'fail-after', 'torn-put'] as const)(
    'tries the same bytes at the same number after `%s`, until the answer is definite',
    async (kind) => {
      const store = await startedArchive()
      const failing = faulty(store, { operation: 'put', key: COMMIT_2, times: 3, fault: { kind } })
      const environment = quickEnvironment()
      const writer = await openWriter(failing, { environment })
      const reference = await writer.commit(appendTo(writer.state, [0]))
      expect(reference.sequence).toBe(2)
      expect((await openArchive(store, BACKUP_ID, { expect: reference })).state.head).toEqual(reference)
      expect(store.keys(`${BACKUP_ID}/commits/`)).toHaveLength(2)
      // After an effect whose answer was lost, the next attempt finds the object and needs no third.
      expect(environment.sleeps).toHaveLength(kind === 'fail-after' ? 1 : 3)
    },
  )

  it('takes a late request of its own for what it is', async () => {
    const store = await startedArchive()
    const late = faulty(store, { operation: 'put', key: COMMIT_2, fault: { kind: 'late-put', landsAfterSteps: 1 } })
    const writer = await openWriter(late)
    expect(await writer.commit(appendTo(writer.state, [0]))).toEqual(writer.state.head)
    expect(newestOf(writer.state, 0)?.sections).toHaveLength(1)
  })

  it('tells a restarted process that what it met was a late commit of its former life', async () => {
    const store = await startedArchive()
    const late = faulty(
      store,
      { operation: 'put', key: COMMIT_2, fault: { kind: 'late-put' } },
      { operation: 'put', key: COMMIT_2, nth: 2, times: 99, fault: { kind: 'hang' } },
    )
    const killed = await openWriter(late, { writerId: 'instance-1' })
    const kill = new AbortController()
    const dying = killed.commit(appendTo(killed.state, [0], { tag: 'before' }), { signal: kill.signal })
    await new Promise(setImmediate)
    kill.abort(new Error('killed'))
    await expect(dying).rejects.toThrow('killed')

    const restarted = await openWriter(store, { writerId: 'instance-1', environment: quickEnvironment(2) })
    const draft = appendTo(restarted.state, [0], { tag: 'after' })
    await late.landLatePuts()
    await expect(restarted.commit(draft)).rejects.toMatchObject({
      code: 'KB_ARCHIVE_FENCED',
      details: { partitions: ['orders/0'], ghost: true },
    })
    await restarted.commit(appendTo(restarted.state, [0], { tag: 'after' }))
    expect(newestOf(restarted.state, 0)?.sections).toHaveLength(2)
  })

  it('stops for good when it cannot read what was there first', async () => {
    const store = await startedArchive()
    const failing = faulty(store, { operation: 'get', key: COMMIT_2, nth: 2, fault: { kind: 'fail-before' } })
    const writer = await openWriter(failing)
    const other = await openWriter(store, { environment: quickEnvironment(2) })
    await other.commit(appendTo(other.state, [1]))
    const draft = appendTo(writer.state, [0])
    await expect(writer.commit(draft)).rejects.toMatchObject({ code: 'KB_STORE_UNAVAILABLE' })
    await expect(writer.commit(draft)).rejects.toMatchObject({ code: 'KB_STORE_UNAVAILABLE' })
    expect(store.keys(`${BACKUP_ID}/commits/`)).toHaveLength(2)
  })

  it('stops for good when it is aborted while the outcome is unknown', async () => {
    const store = await startedArchive()
    const failing = faulty(store, { operation: 'put', key: COMMIT_2, fault: { kind: 'hang' } })
    const writer = await openWriter(failing)
    const abort = new AbortController()
    const committing = writer.commit(appendTo(writer.state, [0]), { signal: abort.signal })
    const reason = new Error('enough')
    await new Promise(setImmediate)
    abort.abort(reason)
    await expect(committing).rejects.toBe(reason)
    await expect(writer.commit(appendTo(writer.state, [0]))).rejects.toBe(reason)
  })

  it('does nothing when it is aborted before its turn, and goes on afterwards', async () => {
    const store = await startedArchive()
    const counted = new FaultBlobStore(store)
    const writer = await openWriter(counted)
    const calls = counted.log.length
    await expect(writer.commit(appendTo(writer.state, [0]), { signal: AbortSignal.abort() })).rejects.toThrow()
    expect(counted.log).toHaveLength(calls)
    expect((await writer.commit(appendTo(writer.state, [0]))).sequence).toBe(2)
  })

  it('refuses to add an object that was dropped: its writer uploads anew', async () => {
    const store = await startedArchive()
    const [slow, cleaner] = [await openWriter(store), await openWriter(store, { environment: quickEnvironment(2) })]
    const draft = appendTo(slow.state, [0], { tag: 'slow' })
    const key = draft.sections[0]?.key ?? ''
    await cleaner.commit({ ...EMPTY_DRAFT, drops: [key] })
    await expect(slow.commit(draft)).rejects.toMatchObject({
      code: 'KB_ARCHIVE_FENCED',
      details: { partitions: ['orders/0'], keys: [key] },
    })
    await slow.commit(appendTo(slow.state, [0], { tag: 'anew' }))
    expect(newestOf(slow.state, 0)?.nextOffset).toBe(10n)
  })

  it('fences a cleaner from an object that nobody named when it looked, and that was committed since', async () => {
    const store = await startedArchive()
    const [slow, cleaner] = [await openWriter(store), await openWriter(store, { environment: quickEnvironment(2) })]
    const draft = appendTo(slow.state, [0], { tag: 'slow' })
    const key = draft.sections[0]?.key ?? ''
    await slow.commit(draft)
    await expect(cleaner.commit({ ...EMPTY_DRAFT, drops: [key] })).rejects.toMatchObject({
      code: 'KB_ARCHIVE_FENCED',
      details: { partitions: [], keys: [key] },
    })
    expect((await openArchive(store, BACKUP_ID)).state.dropped.size).toBe(0)
  })

  it('lets only one of two replace the same object', async () => {
    const store = await startedArchive()
    const [one, two] = [await openWriter(store), await openWriter(store, { environment: quickEnvironment(2) })]
    await one.commit(appendTo(one.state, [0]))
    await two.refresh()
    const [section] = newestOf(one.state, 0)?.sections ?? []
    if (section === undefined) throw new Error('no section')
    const replacing = (key: string) => ({
      ...EMPTY_DRAFT,
      preconditions: [{ type: 'object-live' as const, key: section.key }],
      sections: [{ ...section, key }],
      drops: [section.key],
    })
    await one.commit(replacing('payments/by-one'))
    await expect(two.commit(replacing('payments/by-two'))).rejects.toMatchObject({
      code: 'KB_ARCHIVE_FENCED',
      details: { keys: [section.key] },
    })
  })

  it('refuses a draft that leaves a change unguarded, or that no archive could take, and stays usable', async () => {
    const store = await startedArchive()
    const writer = await openWriter(store)
    const draft = appendTo(writer.state, [0])
    await expect(writer.commit({ ...draft, preconditions: [] })).rejects.toMatchObject({ code: 'KB_INTERNAL' })
    const [section] = draft.sections
    if (section === undefined) throw new Error('no section')
    const holed = { ...draft, sections: [{ ...section, startOffset: 5n, minTimestamp: null, records: 5 }] }
    await expect(writer.commit(holed)).rejects.toMatchObject({ code: 'KB_INTERNAL' })
    expect((await writer.commit(draft)).sequence).toBe(2)
  })

  it('makes keys that sort by offset and that nobody used before', async () => {
    const writer = await openWriter(await startedArchive())
    const key = () => writer.segmentKey({ topic: 'orders', partition: 3 }, 42n, 'lz4')
    expect(key()).toMatch(/^payments\/topics\/orders\/partition=3\/segment-00000000000000000042-[0-9a-f]{16}\.lz4$/)
    expect(key()).not.toBe(key())
    expect(writer.bundleKey()).toMatch(/^payments\/bundles\/[0-9a-f]{32}\.zst$/)
  })
})
