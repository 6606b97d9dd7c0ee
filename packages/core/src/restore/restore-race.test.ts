import { describe, expect, it } from 'vitest'
import { allClaimsPrefix } from './restore-keys.ts'
import { MortalProcess } from './testing/mortal-process.ts'
import {
  codeOf,
  faultsOf,
  isDone,
  outcomeOf,
  RESTORE_ID,
  runIn,
  runUntilDone,
  struckAtEachCall,
} from './testing/restore-runs.ts'
import { type RestoreScenario, restoreScenario } from './testing/restore-scenario.ts'

const TARGETS = [
  ['into new topics', false],
  ['behind what a topic holds', true],
] as const
const PLACES = ['store', 'broker'] as const

describe('a restore that is stopped, and wakes when another process has ended it', () => {
  describe.each(TARGETS)('%s', (_name, isAppend) => {
    it.each(PLACES)('adds nothing, at whichever call to the %s it was stopped', async (at) => {
      for await (const struck of struckAtEachCall((call) => ({ at, call, when: 'stopped' }), { isAppend })) {
        const { scenario, process, outcome, call } = struck
        await runUntilDone(scenario)
        process.wake()
        // It sees that it is no longer alone, or that there is nothing left to do.
        expect(codeOf(await outcome), `stopped at call ${call}`).toMatch(
          /^(done|KB_RESTORE_FENCED|KB_TARGET_NOT_EMPTY)$/,
        )
        expect(await faultsOf(scenario), `stopped at call ${call}`).toEqual([])
      }
    })

    it.each(PLACES)(
      'adds nothing while the other one is at work, at whichever call to the %s it was stopped',
      async (at) => {
        for await (const struck of struckAtEachCall((call) => ({ at, call, when: 'stopped' }), {
          isAppend,
          every: 2,
        })) {
          const { scenario, process, outcome, call } = struck
          let calls = 0
          const beforeCall = async () => {
            calls += 1
            if (calls === call) process.wake()
          }
          const other = await outcomeOf(runIn(new MortalProcess(), scenario, { beforeCall }))
          process.wake()
          expect([codeOf(await outcome), codeOf(other)], `stopped at call ${call}`).toContain('done')
          expect(await faultsOf(scenario), `stopped at call ${call}`).toEqual([])
        }
      },
    )
  })
})

describe('two processes that begin the same restore at once', () => {
  it.each(TARGETS)('restore it once, though neither is told an id: %s', async (_name, isAppend) => {
    const options = { newRestoreId: undefined }
    let lead = 0
    for (; ; lead++) {
      const scenario = await restoreScenario({ isAppend })
      const first = outcomeOf(runIn(new MortalProcess(undefined, 1), scenario, { options }))
      for (let turn = 0; turn < lead; turn++) await new Promise((resolve) => setImmediate(resolve))
      const second = outcomeOf(runIn(new MortalProcess(undefined, 2), scenario, { options }))
      const outcomes = await Promise.all([first, second])
      const codes = outcomes.map(codeOf)
      // The second one looked for others when the first had ended: they ran one after the other.
      if (!codes.includes('KB_RESTORE_FENCED')) break
      await expectOnce(scenario, outcomes)
    }
    expect(lead).toBeGreaterThan(15)
  })

  it('restore it once also where one was killed before', async () => {
    for await (const { scenario, outcome } of struckAtEachCall((call) => ({ at: 'store', call, when: 'after' }), {
      every: 4,
    })) {
      await outcome
      const pair = [1, 2].map((seed) => outcomeOf(runIn(new MortalProcess(undefined, seed), scenario)))
      const codes = (await Promise.all(pair)).map(codeOf)
      expect(codes).toContain('done')
      expect(codes.filter((code) => code !== 'done' && code !== 'KB_RESTORE_FENCED')).toEqual([])
      expect(await faultsOf(scenario)).toEqual([])
    }
  })
})

describe('a process that is to begin the same restore under another id', () => {
  it('does not while the one that has claimed it may yet begin it', async () => {
    let claimedOnly = 0
    for await (const { scenario, process, outcome } of struckAtEachCall(stoppedAt, { isAppend: true })) {
      const { store } = scenario
      const hasBegun = store.keys().some((key) => key.includes(`/${RESTORE_ID}/`))
      const isClaimed = store.keys(allClaimsPrefix(scenario.options.backupId)).length > 0
      const options = { newRestoreId: 'second' }
      const isBetween = isClaimed && !hasBegun
      const other = isBetween ? await outcomeOf(runIn(new MortalProcess(undefined, 2), scenario, { options })) : null
      process.wake()
      const first = await outcome
      if (hasBegun) break
      if (!isBetween) continue
      claimedOnly += 1
      expect([codeOf(first), codeOf(other)]).toEqual(['done', 'KB_RESTORE_FENCED'])
      expect(await faultsOf(scenario)).toEqual([])
    }
    expect(claimedOnly).toBeGreaterThan(0)
  })
})

function stoppedAt(call: number) {
  return { at: 'store', call, when: 'stopped' } as const
}

/** One has ended it, or both were in each other's way and a third one does. */
async function expectOnce(scenario: RestoreScenario, outcomes: readonly unknown[]): Promise<void> {
  let receipt = outcomes.find(isDone)
  receipt ??= await runIn(new MortalProcess(), scenario, { options: { newRestoreId: undefined } })
  const restoreId =
    typeof receipt === 'object' && receipt !== null && 'restoreId' in receipt ? receipt.restoreId : RESTORE_ID
  expect(await faultsOf(scenario, String(restoreId))).toEqual([])
}
