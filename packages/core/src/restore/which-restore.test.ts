import { describe, expect, test } from 'vitest'
import { createBackup } from '../backup/create-backup.ts'
import type { MemoryBlobStore } from '../testing/memory-blob-store.ts'
import { createRestore } from './create-restore.ts'
import type { RestoreOptions } from './restore-options.ts'
import { MortalProcess } from './testing/mortal-process.ts'
import { faultsOf, outcomeOf, runIn } from './testing/restore-runs.ts'
import { type RestoreScenario, restoreScenario } from './testing/restore-scenario.ts'

/** A restore that was killed when some of its records were in the target, and its id. */
async function killed(): Promise<RestoreScenario & { readonly restoreId: string }> {
  const scenario = await restoreScenario()
  let produced = 0
  const beforeCall = async (api: string) => {
    if (api === 'produce') produced += 1
    if (produced > 3) throw new Error('killed')
  }
  await outcomeOf(runIn(new MortalProcess(), scenario, { options: { newRestoreId: undefined }, beforeCall }))
  const [restoreId = ''] = restoreIds(scenario.store)
  expect(await recordsIn(scenario)).toBeGreaterThan(0n)
  return { ...scenario, restoreId }
}

function restoreIds(store: MemoryBlobStore): readonly string[] {
  const ids = store.keys('orders/restores/').map((key) => key.split('/')[2] ?? '')
  return [...new Set(ids)].filter((id) => !id.startsWith('_'))
}

async function recordsIn({ target, streams }: RestoreScenario): Promise<bigint> {
  const ends = await target.listOffsets(streams.map((stream) => ({ ...stream.target, at: 'latest' as const })))
  return ends.reduce((sum, { offset }) => sum + (offset > 0n ? offset : 0n), 0n)
}

function again(scenario: RestoreScenario, options: Partial<RestoreOptions> = {}) {
  return createRestore({ ...scenario.options, storage: scenario.store, target: scenario.target, ...options })
}

describe('a restore that was killed', () => {
  test('goes on when it is run again without an id, and its plan says so', async () => {
    const scenario = await killed()
    expect((await again(scenario).plan()).resumes).toBe(scenario.restoreId)
    expect((await again(scenario).run()).restoreId).toBe(scenario.restoreId)
    expect(await faultsOf(scenario, scenario.restoreId)).toEqual([])
  })

  test('goes on by its id, and by its id only if it is told the same: what differs is named, and nothing is written', async () => {
    const scenario = await killed()
    const { restoreId, store } = scenario
    const before = store.keys()
    const narrower = { start: scenario.window.start, end: scenario.window.end - 1_000n }
    await expect(again(scenario, { restoreId, window: narrower }).run()).rejects.toMatchObject({
      code: 'KB_RESTORE_MISMATCH',
      message: expect.stringContaining(new Date(Number(scenario.window.end)).toISOString()),
    })
    await expect(again(scenario, { restoreId, rename: { orders: 'other' } }).plan()).rejects.toMatchObject({
      code: 'KB_RESTORE_MISMATCH',
      message: expect.stringContaining('it was not begun with orders/0 → other/0'),
    })
    await expect(again(scenario, { restoreId, partitions: [0] }).plan()).rejects.toMatchObject({
      message: expect.stringContaining('it was begun with orders/1 → restored.orders/1, orders/2'),
    })
    expect(store.keys()).toEqual(before)
    expect((await again(scenario, { restoreId }).run()).restoreId).toBe(restoreId)
    expect(await faultsOf(scenario, restoreId)).toEqual([])
  })

  test('is not begun a second time under another id, unless a new restore is asked for', async () => {
    const scenario = await killed()
    await expect(again(scenario, { newRestoreId: 'second', existingTopics: 'append' }).run()).rejects.toMatchObject({
      code: 'KB_RESTORE_MISMATCH',
      details: { restoreId: scenario.restoreId, newRestoreId: 'second' },
    })
    const anew = again(scenario, { newRestoreId: 'second', existingTopics: 'append', startNew: true })
    expect((await anew.run()).restoreId).toBe('second')
    await expect(anew.run()).rejects.toMatchObject({ code: 'KB_RESTORE_MISMATCH' })
  })

  test('does not stand in the way of a restore of topics that its commit does not have', async () => {
    const { source, store, target, ...scenario } = await killed()
    await source.simulation.createTopic('later')
    await source.simulation.append({ topic: 'later', partition: 0 }, [{ value: 'a' }])
    await createBackup({ source, storage: store, backupId: scenario.options.backupId, topics: ['later'] }).run()
    const later = createRestore({ storage: store, target, backupId: scenario.options.backupId, topics: ['later'] })
    expect((await later.run()).records).toBe(1)
  })
})

test('a plan that was to go on with a restore does not begin another one when that has ended meanwhile', async () => {
  const scenario = await killed()
  const append = { existingTopics: 'append' as const }
  const plan = await again(scenario, append).plan()
  await again(scenario, append).run({ plan })
  const records = await recordsIn(scenario)
  await expect(again(scenario, append).run({ plan })).rejects.toMatchObject({ code: 'KB_RESTORE_MISMATCH' })
  expect(await recordsIn(scenario)).toBe(records)
})

describe('going on with a restore by its id', () => {
  test('that the archive does not have is KB_RESTORE_NOT_FOUND, which lists those it has; nothing is written', async () => {
    const scenario = await killed()
    const [before, records] = [scenario.store.keys(), await recordsIn(scenario)]
    for (const restore of [
      again(scenario, { restoreId: 'tpyo' }),
      again(scenario, { restoreId: 'tpyo', rename: {} }),
    ]) {
      const refused = {
        code: 'KB_RESTORE_NOT_FOUND',
        hint: expect.stringMatching(new RegExp(`${scenario.restoreId} \\(begun at .*Z, unfinished, records from `)),
        details: { known: [scenario.restoreId] },
      }
      await expect(restore.plan()).rejects.toMatchObject(refused)
      await expect(restore.run()).rejects.toMatchObject(refused)
    }
    expect(scenario.store.keys()).toEqual(before)
    expect(await recordsIn(scenario)).toBe(records)
    const untouched = await restoreScenario()
    await expect(again(untouched, { restoreId: 'r1' }).run()).rejects.toMatchObject({
      code: 'KB_RESTORE_NOT_FOUND',
      hint: expect.stringContaining('the archive has no restores'),
    })
    expect(await untouched.target.describeTopics('all')).toEqual([])
  })

  test('cannot be asked for together with a new one', async () => {
    const scenario = await restoreScenario()
    expect(() => again(scenario, { restoreId: 'a', startNew: true })).toThrow(/to be gone on with/)
    expect(() => again(scenario, { restoreId: 'a', newRestoreId: 'b' })).toThrow(/to be gone on with/)
  })
})
