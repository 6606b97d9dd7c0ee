import { describe, expect, it } from 'vitest'
import { openArchiveWriter } from '../archive/archive-writer.ts'
import { liveKeys } from '../archive/delete-dropped.ts'
import { openArchive } from '../archive/open-archive.ts'
import { listPins, pinCommit } from '../archive/pins.ts'
import { dropping } from '../archive/testing/commit-fixture.ts'
import { archivedRecords } from '../backup/testing/archived-records.ts'
import {
  appendValues,
  BACKUP_ID,
  type BackupFixture,
  backupFixture,
  impatientEnvironment,
  position,
} from '../backup/testing/backup-fixture.ts'
import type { BlobStore } from '../storage/blob-store.ts'
import { objectBlobStore } from '../storage/object-blob-store.ts'
import { MemoryObjectService } from '../storage/testing/memory-object-service.ts'
import type { BlobFault } from '../testing/blob-fault.ts'
import { FaultBlobStore } from '../testing/fault-blob-store.ts'
import { verifyArchive } from '../verify/verify-archive.ts'
import type { CleanupOptions } from './cleanup-settings.ts'
import { createCleanup } from './create-cleanup.ts'

const HOUR_MS = 3_600_000
const NONCE = '0123456789abcdef'
const STRAY_SEGMENT = `${BACKUP_ID}/topics/orders/partition=0/segment-00000000000000000009-${NONCE}.zst`
const STRAY_BUNDLE = `${BACKUP_ID}/bundles/${NONCE}.zst`
const STRAYS = [STRAY_BUNDLE, STRAY_SEGMENT] as const

/** An archive of one backup, and two objects that killed writers left. */
async function withStrays(): Promise<BackupFixture> {
  const fixture = await backupFixture()
  await appendValues(fixture.source, 0, ['a0', 'a1'])
  await fixture.run()
  for (const key of STRAYS) await fixture.store.put(key, Buffer.from('stray'))
  return fixture
}

function cleanupOf(storage: BlobStore, options: Partial<CleanupOptions> = {}) {
  const defaults = { backupId: BACKUP_ID, olderThanMs: 0, environment: impatientEnvironment }
  return createCleanup({ storage, ...defaults, ...options })
}

function sectionKeys({ store }: BackupFixture): readonly string[] {
  return store.keys().filter((key) => /\/(topics|bundles)\//.test(key))
}

async function namedKeys({ store }: BackupFixture): Promise<readonly string[]> {
  return [...liveKeys((await openArchive(store, BACKUP_ID)).state)].sort()
}

/** Whole, and nothing beside it. */
async function expectClean(fixture: BackupFixture): Promise<void> {
  expect(sectionKeys(fixture)).toEqual(await namedKeys(fixture))
  const { ok, findings } = await verifyArchive(fixture.store, BACKUP_ID, { depth: 'records' })
  expect(ok).toBe(true)
  // A process that dies after its commit leaves the manifest as it was.
  expect(findings.filter(({ kind }) => kind !== 'stale')).toEqual([])
}

describe('a cleanup', () => {
  it('plans what it would delete and why, and writes nothing', async () => {
    const fixture = await withStrays()
    const before = fixture.store.keys()
    const plan = await cleanupOf(fixture.store).plan()
    expect(plan.objects).toMatchObject(STRAYS.map((key) => ({ key, bytes: 5, reason: 'unnamed' })))
    expect(plan).toMatchObject({ uploads: [], showsUploads: false, sparedObjects: [], pins: [], foreignKeys: [] })
    expect(fixture.store.keys()).toEqual(before)
  })

  it('deletes what no commit names after a commit has dropped it, and nothing else', async () => {
    const fixture = await withStrays()
    const result = await cleanupOf(fixture.store).run()
    expect(result.deleted.map(({ key }) => key)).toEqual(STRAYS)
    const { state } = await openArchive(fixture.store, BACKUP_ID)
    expect(result.commit).toEqual(state.head)
    expect([...state.dropped]).toEqual(STRAYS)
    await expectClean(fixture)
  })

  it('that finds nothing to do commits nothing', async () => {
    const fixture = await withStrays()
    await cleanupOf(fixture.store).run()
    const keys = fixture.store.keys()
    expect(await cleanupOf(fixture.store).run()).toMatchObject({ deleted: [], commit: null })
    expect(fixture.store.keys()).toEqual(keys)
  })

  it('leaves objects whose names no writer draws, and tells of them', async () => {
    const fixture = await withStrays()
    const foreign = [`${BACKUP_ID}/bundles/notes.txt`, `${BACKUP_ID}/topics/orders/partition=0/segment-1.zst`]
    for (const key of foreign) await fixture.store.put(key, Buffer.from('x'))
    expect((await cleanupOf(fixture.store).run()).foreignKeys).toEqual(foreign)
    expect(fixture.store.keys()).toEqual(expect.arrayContaining(foreign))
  })

  it('spares what is young by the clock of the store, whatever the clock of this machine says', async () => {
    const fixture = await withStrays()
    const fast = { ...impatientEnvironment, nowMs: () => Date.now() + 2 * HOUR_MS }
    const result = await cleanupOf(fixture.store, { olderThanMs: HOUR_MS, environment: fast }).run()
    expect(result.deleted).toEqual([])
    expect(result.sparedObjects.map(({ key, spared }) => [key, spared])).toEqual(STRAYS.map((key) => [key, 'young']))
    expect(sectionKeys(fixture)).toEqual([...(await namedKeys(fixture)), ...STRAYS].sort())
  })

  it('that waits for nobody by default spares what was written within a day', async () => {
    const fixture = await withStrays()
    const plan = await createCleanup({ storage: fixture.store, backupId: BACKUP_ID }).plan()
    expect(plan).toMatchObject({ objects: [], sparedObjects: [{ spared: 'young' }, { spared: 'young' }] })
  })

  it('keeps what a pinned commit sees, shows the pin, and removes it only where it is named', async () => {
    const fixture = await withStrays()
    const { store } = fixture
    const archive = await openArchiveWriter(store, BACKUP_ID, { createIfMissing: false })
    const [old = ''] = await namedKeys(fixture)
    if (archive.state.head === null) throw new Error('no head')
    const pin = await pinCommit(store, BACKUP_ID, { commit: archive.state.head, purpose: 'restore x' })
    await archive.commit(dropping([old]))
    const held = await cleanupOf(store).run()
    expect(held).toMatchObject({
      sparedObjects: [{ key: old, spared: 'pinned' }],
      pins: [{ id: pin.id, purpose: 'restore x' }],
    })
    await expect(cleanupOf(store, { removePins: ['no-such-pin'] }).run()).rejects.toMatchObject({ code: 'KB_USAGE' })
    expect(await listPins(store, BACKUP_ID)).toHaveLength(1)
    const freed = await cleanupOf(store, { removePins: [pin.id] }).run()
    expect(freed).toMatchObject({ removedPins: [pin.id], pins: [], deleted: [{ key: old, reason: 'dropped' }] })
    expect(store.keys(`${BACKUP_ID}/pins/`)).toEqual([])
  })

  it('refuses an archive that is not there', async () => {
    const { store } = await backupFixture()
    await expect(cleanupOf(store).plan()).rejects.toMatchObject({ code: 'KB_ARCHIVE_NOT_FOUND' })
    expect(store.keys()).toEqual([])
  })
})

describe('unfinished uploads', () => {
  it('below the archive are discarded when they are old enough, and others stay', async () => {
    const service = new MemoryObjectService()
    const store = objectBlobStore(service, { prefix: 'prod', partBytes: 5 << 20 })
    const fixture = await backupFixture()
    await appendValues(fixture.source, 0, ['a0'])
    await fixture.run({ storage: store })
    for (const key of [`prod/${STRAY_SEGMENT}`, 'prod/other/bundles/00.zst', `elsewhere/${STRAY_BUNDLE}`]) {
      const upload = await service.beginUpload({ key, ifAbsent: true })
      await upload.sendPart({ number: 1, bytes: Buffer.alloc(10), last: false }, {})
    }
    const young = await cleanupOf(store, { olderThanMs: HOUR_MS }).run()
    expect(young).toMatchObject({
      showsUploads: true,
      discarded: [],
      sparedUploads: [{ key: STRAY_SEGMENT, bytes: 10 }],
    })
    expect((await cleanupOf(store).run()).discarded).toMatchObject([{ key: STRAY_SEGMENT }])
    expect(service.uploads.size).toBe(2)
  })
})

const KILLS: readonly BlobFault[] = [
  { kind: 'halt', when: 'before' },
  { kind: 'halt', when: 'after' },
]

/** Runs a cleanup whose process dies at one call of the store; whether there was such a call. */
async function runKilledAt({ store }: BackupFixture, step: number, fault: BlobFault): Promise<boolean> {
  let isStruck = false
  const storage = new FaultBlobStore(store, {
    schedule: (call) => {
      if (call.step !== step) return undefined
      isStruck = true
      return fault
    },
  })
  const sleep = async (): Promise<void> => {
    if (isStruck) throw new Error('the process is dead')
  }
  const environment = { ...impatientEnvironment, nowMs: () => Date.now() + HOUR_MS, sleep }
  // By a store clock of a moment ago nothing is old, so that both ways of dating are taken.
  await cleanupOf(storage, { olderThanMs: step % 2, environment })
    .run()
    .catch(() => undefined)
  return isStruck
}

describe('a cleanup that is killed at any call of the store', () => {
  it.each(KILLS)('is finished by the next one, and harms nothing (%o)', async (fault) => {
    let steps = 0
    for (let step = 1; ; step++) {
      const fixture = await withStrays()
      if (!(await runKilledAt(fixture, step, fault))) break
      steps = step
      await cleanupOf(fixture.store).run()
      await expectClean(fixture)
    }
    expect(steps).toBeGreaterThan(10)
  })
})

const VALUES = ['a0', 'a1', 'a2', 'a3', 'a4', 'a5'] as const
/** Commits at every section, so that much is stored that is not yet committed. */
const OPTIONS = { maxSegmentBytes: 1, maxSegmentAgeMs: 1, commitIntervalMs: 0 } as const

interface RacedRun {
  readonly fixture: BackupFixture
  /** Whether the writer made so many calls. */
  readonly isReached: boolean
  /** How many objects the cleanup had dropped, by the end of the run. */
  readonly dropped: number
}

async function runRacedAt(step: number): Promise<RacedRun> {
  const fixture = await backupFixture()
  await appendValues(fixture.source, 0, VALUES)
  await fixture.source.commitGroupOffsets('billing', [position(0, 3n)])
  let isReached = false
  const storage = new FaultBlobStore(fixture.store, {
    schedule: ({ step: now }) => (now === step ? { kind: 'delay', delayMs: 0 } : undefined),
    sleep: async () => {
      isReached = true
      await cleanupOf(fixture.store).run().catch(ignoreMissingArchive)
    },
  })
  await fixture.run({ ...OPTIONS, storage })
  const { state } = await openArchive(fixture.store, BACKUP_ID)
  expect(state.captures.at(-1)?.groupIds).toEqual(['billing'])
  return { fixture, isReached, dropped: state.dropped.size }
}

describe('a cleanup that spares nothing, at any call of the store that a living writer makes', () => {
  it('costs the writer work and the archive nothing', async () => {
    let races = 0
    let isReached = true
    for (let step = 1; isReached; step++) {
      const raced = await runRacedAt(step)
      isReached = raced.isReached
      if (raced.dropped > 0) races += 1
      const records = await archivedRecords(raced.fixture.store, BACKUP_ID, { topic: 'orders', partition: 0 })
      expect(records.map(({ value }) => String(value))).toEqual(VALUES)
      await cleanupOf(raced.fixture.store).run()
      await expectClean(raced.fixture)
    }
    expect(races).toBeGreaterThanOrEqual(5)
  })
})

function ignoreMissingArchive(error: { readonly code?: unknown }): void {
  if (error.code !== 'KB_ARCHIVE_NOT_FOUND') throw error
}
