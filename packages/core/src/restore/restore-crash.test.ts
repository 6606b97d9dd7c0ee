import { describe, expect, it } from 'vitest'
import { MortalProcess } from './testing/mortal-process.ts'
import { type BeforeCall, faultsOf, outcomeOf, runIn, runUntilDone, struckAtEachCall } from './testing/restore-runs.ts'
import { type RestoreScenario, restoreScenario } from './testing/restore-scenario.ts'

const TARGETS = [
  ['into new topics', false],
  ['behind what a topic holds', true],
] as const

const PLACES = [
  ['store', 'before'],
  ['store', 'after'],
  ['broker', 'before'],
  ['broker', 'after'],
] as const

const AFTER = PLACES.filter(([, when]) => when === 'after')

describe('a restore that is killed and run again restores each record once, in order, with an exact offset map', () => {
  describe.each(TARGETS)('%s', (_name, isAppend) => {
    it.each(PLACES)('killed at any call to the %s, %s it took effect', async (at, when) => {
      let steps = 0
      for await (const struck of struckAtEachCall((call) => ({ at, call, when }), { isAppend })) {
        await struck.outcome
        await runUntilDone(struck.scenario)
        expect(await faultsOf(struck.scenario), `killed at call ${struck.call}`).toEqual([])
        steps += 1
      }
      expect(steps).toBeGreaterThan(30)
    })
  })

  it.each(AFTER)(
    'killed at any call to the %s, %s it took effect, and the target has forgotten its producers',
    async (at, when) => {
      for await (const struck of struckAtEachCall((call) => ({ at, call, when }), { isAppend: at === 'store' })) {
        await struck.outcome
        await forgetProducers(struck.scenario)
        await runUntilDone(struck.scenario)
        expect(await faultsOf(struck.scenario), `killed at call ${struck.call}`).toEqual([])
      }
    },
  )

  it('killed again and again while it goes on', async () => {
    for await (const { scenario, outcome, call } of struckAtEachCall(
      (call) => ({ at: 'broker', call, when: 'after' }),
      { every: 5 },
    )) {
      await outcome
      for (let again = 8; again < 30; again += 6)
        await outcomeOf(runIn(new MortalProcess({ at: 'broker', call: again, when: 'before' }), scenario))
      await runUntilDone(scenario)
      expect(await faultsOf(scenario), `first killed at call ${call}`).toEqual([])
    }
  })
})

async function forgetProducers({ target, streams }: RestoreScenario): Promise<void> {
  const topics = await target.describeTopics('all')
  const present = streams.filter((stream) => topics.some(({ topic }) => topic === stream.target.topic))
  for (const stream of present) await target.simulation.expireProducers(stream.target)
}

describe('an aborted restore', () => {
  it('rejects with the reason, whatever hangs, and can be run again', async () => {
    for (let call = 1, isAborted = true; isAborted; call++) {
      const scenario = await restoreScenario()
      const [aborter, reason] = [new AbortController(), new Error('enough')]
      const beforeCall = callbackAt(call, async () => aborter.abort(reason))
      const outcome = outcomeOf(runIn(new MortalProcess(), scenario, { beforeCall, signal: aborter.signal }))
      isAborted = (await outcome) === reason
      await runUntilDone(scenario)
      expect(await faultsOf(scenario), `aborted at call ${call}`).toEqual([])
    }
  })

  it('does not wait for a broker that never answers', async () => {
    for (const api of [
      'describeTopics',
      'createTopics',
      'allocateProducerId',
      'produce',
      'commitGroupOffsets',
    ] as const) {
      for (const when of ['before', 'after'] as const) {
        const scenario = await restoreScenario()
        const [aborter, reason] = [new AbortController(), new Error('enough')]
        scenario.target.faults.schedule({ api, fault: { kind: 'hang', when } })
        const outcome = outcomeOf(runIn(new MortalProcess(), scenario, { signal: aborter.signal }))
        while (scenario.target.faults.callCount(api) === 0) await new Promise((resolve) => setTimeout(resolve, 1))
        aborter.abort(reason)
        expect(await outcome, `${api} hung`).toBe(reason)
        await runUntilDone(scenario)
        expect(await faultsOf(scenario), `${api} hung ${when} it took effect`).toEqual([])
      }
    }
  })
})

describe('produce requests of a killed process that land after the next one has begun', () => {
  it.each(TARGETS)('double nothing, whichever they are and whenever they land: %s', async (_name, isAppend) => {
    let landed = 0
    for (let landsAt = 1; landsAt < 40; landsAt += 9) {
      for await (const struck of struckAtEachCall((call) => ({ at: 'late', call }), { isAppend })) {
        const { scenario, process, outcome, call } = struck
        await outcome
        // More than five, and a broker no longer knows a repeated one for what it is.
        expect(process.lateCount, `unanswered requests from ${call} on`).toBeLessThanOrEqual(5)
        landed += process.lateCount
        await runUntilDone(scenario, { beforeCall: callbackAt(landsAt, () => process.landLate()) })
        await process.landLate()
        expect(await faultsOf(scenario), `requests from ${call} on landed at call ${landsAt}`).toEqual([])
      }
    }
    expect(landed).toBeGreaterThan(50)
  })
})

/** Does something right before the nth broker call. */
function callbackAt(nth: number, callback: () => Promise<void>): BeforeCall {
  let calls = 0
  return async () => {
    calls += 1
    if (calls === nth) await callback()
  }
}
