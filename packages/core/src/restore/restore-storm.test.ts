import { describe, expect, it } from 'vitest'
import { seededRandom } from '../testing/seeded-random.ts'
import { type Fate, MortalProcess } from './testing/mortal-process.ts'
import { type BeforeCall, faultsOf, outcomeOf, runIn, runUntilDone } from './testing/restore-runs.ts'
import { type RestoreScenario, restoreScenario } from './testing/restore-scenario.ts'

const SEEDS = 40
const MOST_DEATHS = 5

type Random = () => number

function below(random: Random, limit: number): number {
  return Math.floor(random() * limit)
}

function drawFate(random: Random): Fate {
  const kind = below(random, 3)
  if (kind === 0) return { at: 'late', call: 1 + below(random, 5) }
  const [at, when] = [kind === 1 ? 'store' : 'broker', random() < 0.5 ? 'before' : 'after'] as const
  return { at, when, call: 8 + below(random, 32) }
}

/** Lets what is still on its way land right before calls that are drawn, process by process. */
function landings(dead: readonly MortalProcess[], random: Random): BeforeCall {
  const due = dead.map((process) => ({ process, call: 1 + below(random, 40) }))
  let calls = 0
  return async () => {
    calls += 1
    for (const { process, call } of due) if (call === calls) await process.landLate()
  }
}

/** What can happen to target partitions between two runs: clean elections, and forgetting once nothing is on its way. */
async function disturb({ target, streams }: RestoreScenario, random: Random, isQuiet: boolean): Promise<void> {
  const topics = await target.describeTopics('all')
  for (const { target: where } of streams) {
    if (!topics.some(({ topic }) => topic === where.topic)) continue
    if (random() < 0.3) await target.simulation.electLeader(where)
    if (isQuiet && random() < 0.3) await target.simulation.expireProducers(where)
  }
}

describe('a restore in a storm', () => {
  it.each(Array.from({ length: SEEDS }, (_, index) => index + 1))(
    'restores each record once (seed %d)',
    async (seed) => {
      const random = seededRandom(seed)
      const scenario = await restoreScenario({ isAppend: random() < 0.5 })
      const dead: MortalProcess[] = []
      for (let deaths = 1 + below(random, MOST_DEATHS); deaths > 0; deaths--) {
        const process = new MortalProcess(drawFate(random), seed)
        await outcomeOf(runIn(process, scenario, { beforeCall: landings(dead, random) }))
        dead.push(process)
        await disturb(
          scenario,
          random,
          dead.every(({ lateCount }) => lateCount === 0),
        )
      }
      await runUntilDone(scenario, { beforeCall: landings(dead, random) })
      for (const process of dead) await process.landLate()
      expect(await faultsOf(scenario)).toEqual([])
    },
  )
})
