import { describe, expect, it } from 'vitest'
import { MortalProcess } from '../restore/testing/mortal-process.ts'
import { createOffsetReset } from './create-offset-reset.ts'
import { createOffsetRollback } from './create-offset-rollback.ts'
import { unfinishedResets } from './reset-journal.ts'
import {
  AFTER,
  BACKUP_ID,
  BEFORE,
  GROUP_IDS,
  type ResetScenario,
  resetScenario,
  standOf,
} from './testing/reset-scenario.ts'

const PLACES = [
  ['store', 'before'],
  ['store', 'after'],
  ['broker', 'before'],
  ['broker', 'after'],
] as const

type Run = (process: MortalProcess, scenario: ResetScenario) => Promise<unknown>

const partsOf = (process: MortalProcess, { store, target }: ResetScenario) => ({
  storage: process.store(store),
  backupId: BACKUP_ID,
  target: process.cluster(target),
  maxConcurrent: 2,
  environment: process.environment,
})

const resetAll: Run = (process, scenario) => createOffsetReset(partsOf(process, scenario)).run()

/** Runs it in processes that die at the first call, the second, …, until one comes through. */
async function* struckAtEachCall(run: Run, [at, when]: (typeof PLACES)[number], prepare: typeof resetScenario) {
  for (let call = 1; ; call++) {
    const scenario = await prepare()
    const process = new MortalProcess({ at, call, when })
    await run(process, scenario).catch(() => undefined)
    if (!process.isStruck) return
    yield { scenario, call }
  }
}

async function expectEnded({ store }: ResetScenario): Promise<void> {
  expect(await unfinishedResets({ store, backupId: BACKUP_ID }, undefined)).toEqual([])
}

describe('a reset that is killed', () => {
  it.each(PLACES)(
    'at any call to the %s, %s it took effect, leaves each group before or after, and is done by running it again',
    async (...place) => {
      let steps = 0
      for await (const { scenario, call } of struckAtEachCall(resetAll, place, resetScenario)) {
        for (const [groupId, stand] of Object.entries(await standOf(scenario.target))) {
          expect([BEFORE[groupId], AFTER[groupId]], `${groupId}, killed at call ${call}`).toContainEqual(stand)
        }
        await resetAll(new MortalProcess(undefined, 2), scenario)
        expect(await standOf(scenario.target), `killed at call ${call}`).toEqual(AFTER)
        await expectEnded(scenario)
        steps += 1
      }
      expect(steps).toBeGreaterThan(8)
    },
  )

  it.each(PLACES)('at any call to the %s, %s it took effect, is finished or undone by another', async (...place) => {
    const one: Run = (process, scenario) =>
      createOffsetReset({ ...partsOf(process, scenario), groups: ['shipping-eu'] }).run()
    for await (const { scenario, call } of struckAtEachCall(resetAll, place, resetScenario)) {
      await one(new MortalProcess(undefined, 2), scenario)
      const { 'shipping-eu': set, ...others } = await standOf(scenario.target)
      const [before, after] = [BEFORE, AFTER].map(({ 'shipping-eu': _, ...rest }) => rest)
      expect(set).toEqual(AFTER['shipping-eu'])
      expect([before, after], `killed at call ${call}`).toContainEqual(others)
      await expectEnded(scenario)
    }
  })

  it('leaves a group that has gained members since, and says so', async () => {
    const scenario = await resetScenario()
    const commits = { at: 'broker', when: 'after' } as const
    for (let call = 1; ; call++) {
      const process = new MortalProcess({ ...commits, call })
      await resetAll(process, scenario).catch(() => undefined)
      const stand = await standOf(scenario.target)
      if (stand.billing?.[0] === 17n) break
    }
    const { memberId } = await scenario.target.simulation.joinGroup('billing')
    const { target, store: storage } = scenario
    const other = createOffsetReset({ storage, backupId: BACKUP_ID, target, groups: ['shipping-eu'] })
    const { recovered } = await other.run()
    expect(recovered.at(-1)?.groups.find(({ groupId }) => groupId === 'billing')).toMatchObject({
      outcome: 'rollback-refused',
      reason: expect.stringContaining('UNKNOWN_MEMBER_ID'),
    })
    expect((await standOf(target)).billing).toEqual(AFTER.billing)
    await scenario.target.simulation.leaveGroup('billing', memberId)
    await expectEnded(scenario)
  })
})

describe('a rollback to a snapshot that is killed', () => {
  const prepare = async () => {
    const scenario = await resetScenario()
    const { target, store: storage } = scenario
    await createOffsetRollback({ storage, backupId: BACKUP_ID, target }).snapshot({
      groups: GROUP_IDS,
      snapshotId: 's1',
    })
    await createOffsetReset({ storage, backupId: BACKUP_ID, target }).run()
    return scenario
  }
  const rollBack: Run = (process, scenario) => createOffsetRollback(partsOf(process, scenario)).rollback('s1')

  it.each(PLACES)('at any call to the %s, %s it took effect, is done by running it again', async (...place) => {
    for await (const { scenario, call } of struckAtEachCall(rollBack, place, prepare)) {
      await rollBack(new MortalProcess(undefined, 2), scenario)
      expect(await standOf(scenario.target), `killed at call ${call}`).toEqual(BEFORE)
      await expectEnded(scenario)
    }
  })
})
