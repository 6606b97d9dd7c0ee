import { describe, expect, it } from 'vitest'
import type { TopicPartition } from '../kafka/topic-partition.ts'
import { MortalProcess } from './testing/mortal-process.ts'
import { codeOf, faultsOf, outcomeOf, runIn, runUntilDone, struckAtEachCall } from './testing/restore-runs.ts'
import { type RestoreScenario, restoreScenario } from './testing/restore-scenario.ts'

/** Elects leaders that have only so much of each target partition, where it is there. */
async function loseAllBut({ target, streams }: RestoreScenario, truncateTo: bigint): Promise<void> {
  const topics = await target.describeTopics('all')
  const present = streams.filter((stream) => topics.some(({ topic }) => topic === stream.target.topic))
  for (const stream of present) await loseEnd({ target }, stream.target, truncateTo)
}

async function loseEnd(
  { target }: Pick<RestoreScenario, 'target'>,
  where: TopicPartition,
  truncateTo: bigint,
): Promise<void> {
  const [end] = await target.listOffsets([{ ...where, at: 'latest' }])
  if (end !== undefined && end.offset > truncateTo) await target.simulation.electLeader(where, { truncateTo })
}

describe('a target that loses acknowledged records in an unclean election', () => {
  it.each([0n, 3n, 15n, 40n])(
    'gets them again from the next run, all but the first %d being lost after a kill',
    async (truncateTo) => {
      for await (const struck of struckAtEachCall((call) => ({ at: 'broker', call, when: 'after' }))) {
        await struck.outcome
        await loseAllBut(struck.scenario, truncateTo)
        await runUntilDone(struck.scenario)
        expect(await faultsOf(struck.scenario), `killed at call ${struck.call}`).toEqual([])
      }
    },
  )

  it.each([0n, 15n, 40n])(
    'gets them again, or is told that it cannot, all but the first %d being lost while it runs',
    async (truncateTo) => {
      const codes = new Set<unknown>()
      for (let strikesAt = 12; strikesAt < 42; strikesAt++) {
        const scenario = await restoreScenario()
        let calls = 0
        const beforeCall = async () => {
          calls += 1
          if (calls === strikesAt) await loseAllBut(scenario, truncateTo)
        }
        const code = codeOf(await outcomeOf(runIn(new MortalProcess(), scenario, { beforeCall })))
        codes.add(code)
        const last = code === 'done' ? code : codeOf(await outcomeOf(runIn(new MortalProcess(), scenario)))
        expect(last, `lost at call ${strikesAt}`).toMatch(/^(done|KB_RESTORE_UNVERIFIED)$/)
        // What is lost after the last look at the target nobody can know.
        if (last === 'done' && strikesAt < 36) expect(await faultsOf(scenario), `lost at call ${strikesAt}`).toEqual([])
      }
      expect(codes.size).toBeGreaterThan(1)
    },
  )

  it('is told of late requests that landed with nothing before them', async () => {
    for await (const { scenario, process, outcome } of struckAtEachCall((call) => ({ at: 'late', call: call + 4 }))) {
      await outcome
      await loseAllBut(scenario, 0n)
      await process.landLate()
      const code = codeOf(await outcomeOf(runIn(new MortalProcess(), scenario)))
      if (code === 'done') expect(await faultsOf(scenario)).toEqual([])
      else expect(code).toBe('KB_RESTORE_UNVERIFIED')
    }
  })
})
