import { describe, expect, it } from 'vitest'
import { type BeforeCall, faultsOf, runUntilDone, struckAtEachCall } from './testing/restore-runs.ts'

// Killed before and after each call: restore-crash.test.ts.
describe('a restore whose store fails at any one call restores each record once', () => {
  it.each(['torn', 'unanswered'] as const)('where the call is %s', async (when) => {
    let calls = 0
    for await (const struck of struckAtEachCall((call) => ({ at: 'store', call, when }))) {
      await struck.outcome
      await runUntilDone(struck.scenario)
      expect(await faultsOf(struck.scenario), `${when} at call ${struck.call}`).toEqual([])
      calls += 1
    }
    expect(calls).toBeGreaterThan(30)
  })

  it.each([1, 12, 24])(
    'where it is killed at the call, and what it wrote lands at call %d of the next run',
    async (landsAt) => {
      for await (const struck of struckAtEachCall((call) => ({ at: 'store', call, when: 'late' }))) {
        const { scenario, process, outcome, call } = struck
        await outcome
        await runUntilDone(scenario, { beforeCall: atCall(landsAt, () => process.landLate()) })
        await process.landLate()
        expect(await faultsOf(scenario), `lost at call ${call}`).toEqual([])
      }
    },
  )
})

/** Does something right before the nth call of a broker. */
function atCall(nth: number, callback: () => Promise<void>): BeforeCall {
  let calls = 0
  return async () => {
    calls += 1
    if (calls === nth) await callback()
  }
}
