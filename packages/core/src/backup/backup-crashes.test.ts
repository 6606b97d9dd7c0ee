import { describe, expect, it } from 'vitest'
import type { Environment } from '../archive/environment.ts'
import { openArchive } from '../archive/open-archive.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import type { BlobCall, BlobFault } from '../testing/blob-fault.ts'
import { FaultBlobStore } from '../testing/fault-blob-store.ts'
import { seededBlobFaults } from '../testing/seeded-blob-faults.ts'
import { archivedRecords } from './testing/archived-records.ts'
import {
  appendValues,
  BACKUP_ID,
  type BackupFixture,
  backupFixture,
  impatientEnvironment,
  position,
} from './testing/backup-fixture.ts'

const EXPECTED = [['a0', 'a1', 'a2', 'a3'], ['b0', 'b1'], ['c0']] as const

/** Commits at every section, so that there are many steps to be killed at. */
const OPTIONS = { maxSegmentBytes: 1, maxSegmentAgeMs: 1, commitIntervalMs: 0 } as const

async function filledFixture(): Promise<BackupFixture> {
  const fixture = await backupFixture()
  for (const [partition, values] of EXPECTED.entries()) await appendValues(fixture.source, partition, values)
  await fixture.source.commitGroupOffsets('billing', [position(0, 3n)])
  return fixture
}

async function expectWhole(fixture: BackupFixture): Promise<void> {
  for (const [partition, expected] of EXPECTED.entries()) {
    const records = await archivedRecords(fixture.store, BACKUP_ID, { topic: 'orders', partition })
    expect(records.map(({ value }) => String(value))).toEqual(expected)
    expect(records.map(({ offset }) => offset)).toEqual(expected.map((_, index) => BigInt(index)))
  }
  const { state } = await openArchive(fixture.store, BACKUP_ID)
  expect(state.captures.length).toBeGreaterThanOrEqual(1)
}

/** The process is dead when the store is: nothing waits any more. */
function mortalEnvironment(isDead: () => boolean): Environment {
  const sleep: Environment['sleep'] = async (delayMs, signal) => {
    if (isDead()) throw new Error('the process is dead')
    await impatientEnvironment.sleep(delayMs, signal)
  }
  return { ...impatientEnvironment, sleep }
}

/** Runs a backup that dies, or is struck, at one step; whether there was such a step. */
async function runStruckAt(fixture: BackupFixture, step: number, fault: BlobFault): Promise<boolean> {
  let isStruck = false
  const storage = new FaultBlobStore(fixture.store, {
    schedule: (call) => {
      if (call.step !== step) return undefined
      isStruck = true
      return fault
    },
  })
  const environment = mortalEnvironment(() => isStruck && fault.kind === 'halt')
  const outcome = await fixture.run({ ...OPTIONS, storage, environment }).then(
    () => 'completed',
    () => 'failed',
  )
  if (isStruck && fault.kind === 'halt' && outcome === 'completed')
    expect(storage.log.at(-1)?.key).toMatch(/manifest|snapshots/)
  await storage.landLatePuts()
  return isStruck
}

/** The write of one step is on its way when the process dies. */
async function runKilledWhileWriting(fixture: BackupFixture, step: number): Promise<FaultBlobStore> {
  const storage = new FaultBlobStore(fixture.store, {
    schedule: (call) => {
      if (call.step < step) return undefined
      return call.step === step ? { kind: 'late-put' } : { kind: 'halt', when: 'before' }
    },
  })
  const environment = mortalEnvironment(() => storage.log.length > step)
  await fixture.run({ ...OPTIONS, storage, environment }).catch(() => undefined)
  return storage
}

interface Landing {
  readonly landsAt: number
  readonly land: () => Promise<void>
}

/** A late commit of the dead process fences the next one, which is then run again. */
async function runUntilDone(fixture: BackupFixture, { landsAt, land }: Landing): Promise<void> {
  const storage = new FaultBlobStore(fixture.store, {
    schedule: ({ step }) => (step === landsAt ? { kind: 'delay', delayMs: 0 } : undefined),
    sleep: land,
  })
  try {
    await fixture.run({ ...OPTIONS, storage })
  } catch (error) {
    if (!KbackupError.is(error, 'KB_ARCHIVE_FENCED')) throw error
    await fixture.run(OPTIONS)
  }
}

describe('a backup that is run again', () => {
  const faults: readonly BlobFault[] = [
    { kind: 'halt', when: 'before' },
    { kind: 'halt', when: 'after' },
    { kind: 'late-put' },
    { kind: 'torn-put' },
    { kind: 'fail-after' },
  ]

  it.each(faults)('after $kind ($when) at any step of the store holds each record once', async (fault) => {
    let step = 1
    for (let wasStruck = true; wasStruck; step++) {
      const fixture = await filledFixture()
      wasStruck = await runStruckAt(fixture, step, fault)
      await fixture.run(OPTIONS)
      await expectWhole(fixture)
    }
    expect(step).toBeGreaterThan(15)
  })

  it.each([1, 8, 16, 24, Number.POSITIVE_INFINITY])(
    'holds each record once, where it was killed and what it wrote lands at call %d of the next run',
    async (landsAt) => {
      let step = 1
      for (let wasStruck = true; wasStruck; step++) {
        const fixture = await filledFixture()
        const killed = await runKilledWhileWriting(fixture, step)
        wasStruck = killed.log.length >= step
        await runUntilDone(fixture, { landsAt, land: () => killed.landLatePuts() })
        await killed.landLatePuts()
        await expectWhole(fixture)
      }
      expect(step).toBeGreaterThan(15)
    },
  )

  it('gets over passing errors of the store by itself', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const fixture = await filledFixture()
      const schedule = seededBlobFaults({
        seed,
        rate: 0.15,
        faults: [{ kind: 'late-put', landsAfterSteps: 2 }, { kind: 'torn-put' }],
      })
      const storage = new FaultBlobStore(fixture.store, { schedule })
      const result = await fixture.run({ ...OPTIONS, storage })
      expect(result.records).toBe(7)
      await expectWhole(fixture)
    }
  })
})

describe('a store that fails for a moment', () => {
  it('at any call is asked again, and the run tells of it', async () => {
    let step = 1
    for (let wasStruck = true; wasStruck; step++) {
      const fixture = await filledFixture()
      wasStruck = false
      const schedule = (call: BlobCall): BlobFault | undefined => {
        if (call.step !== step) return undefined
        wasStruck = true
        return { kind: 'fail-before' }
      }
      const storage = new FaultBlobStore(fixture.store, { schedule })
      expect((await fixture.run({ ...OPTIONS, storage })).records).toBe(7)
      await expectWhole(fixture)
      if (wasStruck) expect(fixture.events).toContainEqual(expect.objectContaining({ type: 'retry' }))
    }
    expect(step).toBeGreaterThan(15)
  })

  it.each([
    ['an upload', new KbackupError('KB_STORE_UNAVAILABLE', { message: 'the upload was removed', retryable: false })],
    ['a temporary file', new KbackupError('KB_STORE_FAILED', { message: 'the file was removed', retryable: true })],
  ])('and has lost %s of a segment gets the same anew', async (_what, gone) => {
    const fixture = await filledFixture()
    let isGone = false
    const schedule = ({ operation, key }: BlobCall): BlobFault | undefined => {
      if (isGone || operation !== 'put' || !key.includes('/segment-')) return undefined
      isGone = true
      return { kind: 'fail-before', error: gone }
    }
    const storage = new FaultBlobStore(fixture.store, { schedule })
    expect((await fixture.run({ ...OPTIONS, storage })).records).toBe(7)
    expect(isGone).toBe(true)
    await expectWhole(fixture)
  })

  it('and does not recover ends the run: nothing is taken for absent', async () => {
    const fixture = await filledFixture()
    await fixture.run(OPTIONS)
    const storage = new FaultBlobStore(fixture.store, {
      schedule: ({ operation }) => (operation === 'get' ? { kind: 'fail-before' } : undefined),
    })
    const before = fixture.store.keys()
    await expect(fixture.run({ ...OPTIONS, storage })).rejects.toMatchObject({ code: 'KB_STORE_UNAVAILABLE' })
    expect(fixture.store.keys()).toEqual(before)
  })
})

describe('an aborted run', () => {
  it('rejects with the reason, leaves no new commit, and can be run again, wherever it was', async () => {
    let step = 1
    for (let wasStruck = true; wasStruck; step++) {
      const fixture = await filledFixture()
      const controller = new AbortController()
      const reason = new Error('enough')
      wasStruck = false
      const storage = new FaultBlobStore(fixture.store, {
        schedule: (call) => {
          if (call.step !== step) return undefined
          wasStruck = true
          controller.abort(reason)
          return { kind: 'hang' }
        },
      })
      const run = fixture.run({ ...OPTIONS, storage }, { signal: controller.signal })
      if (!wasStruck) await run.catch(() => undefined)
      if (wasStruck) {
        await expect(run).rejects.toBe(reason)
        const commits = fixture.store.keys(`${BACKUP_ID}/commits/`).length
        await new Promise((resolve) => setImmediate(resolve))
        expect(fixture.store.keys(`${BACKUP_ID}/commits/`)).toHaveLength(commits)
        expect(fixture.events.at(-1)).toMatchObject({ type: 'run-end', outcome: 'aborted' })
      }
      await fixture.run(OPTIONS)
      await expectWhole(fixture)
    }
    expect(step).toBeGreaterThan(15)
  })

  it('does no I/O where the signal is aborted already', async () => {
    const fixture = await filledFixture()
    const reason = new Error('never')
    await expect(fixture.run({}, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(fixture.store.keys()).toEqual([])
    expect(fixture.source.faults.callCount('describeTopics')).toBe(0)
  })
})

describe('a broker that fails', () => {
  // Where groups cannot be listed, the run goes on with those that can: see group-capture.test.ts.
  it('at any call but one makes the run reject with a typed error, and the next run is whole', async () => {
    for (const api of [
      'describeTopics',
      'describeTopicConfigs',
      'listOffsets',
      'fetchGroupOffsets',
      'fetch',
    ] as const) {
      const fixture = await filledFixture()
      fixture.source.faults.schedule({ api, fault: { kind: 'drop', when: 'before' } })
      await expect(fixture.run(OPTIONS)).rejects.toMatchObject({ code: 'KB_KAFKA_UNAVAILABLE' })
      await fixture.run(OPTIONS)
      await expectWhole(fixture)
    }
  })

  it('in one partition is named with it, and the others are archived', async () => {
    const fixture = await filledFixture()
    const fetch = fixture.source.fetch.bind(fixture.source)
    fixture.source.fetch = async (request, options) => {
      const { partitions, ...rest } = await fetch(request, options)
      return {
        ...rest,
        partitions: partitions.map((one) => (one.topic === 'orders' && one.partition === 0 ? corrupted(one) : one)),
      }
    }
    await expect(fixture.run(OPTIONS)).rejects.toMatchObject({
      code: 'KB_BATCH_CORRUPT',
      details: { topic: 'orders', partition: 0 },
    })
    expect(fixture.events).toContainEqual(expect.objectContaining({ type: 'partition-failed', partition: 0 }))
    expect(await archivedRecords(fixture.store, BACKUP_ID, { topic: 'orders', partition: 1 })).toHaveLength(2)
    fixture.source.fetch = fetch
    await fixture.run(OPTIONS)
    await expectWhole(fixture)
  })
})

function corrupted<Answer extends { readonly records: Buffer }>(answer: Answer): Answer {
  const records = Buffer.from(answer.records)
  const last = records.length - 1
  if (last >= 0) records[last] = (records[last] ?? 0) ^ 1
  return { ...answer, records }
}
