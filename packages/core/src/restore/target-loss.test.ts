import { describe, expect, it } from 'vitest'
import type { TopicPartition } from '../kafka/topic-partition.ts'
import { createRestore } from './create-restore.ts'
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
import { recordsAt, storedMap } from './testing/restored-state.ts'

/** Nothing, so that the leader does not know the producer any more; and some batches, so that it is behind. */
const KEPT = [0n, 45n] as const

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

async function appendForeign({ target, streams }: RestoreScenario): Promise<void> {
  const topics = await target.describeTopics('all')
  for (const { target: where } of streams) {
    if (topics.some(({ topic }) => topic === where.topic)) await target.simulation.append(where, [{ value: 'foreign' }])
  }
}

/** Records of the target whose source, by the stored map, has another content. */
async function misplacedBy({ source, target, store, streams }: RestoreScenario): Promise<readonly string[]> {
  const map = await storedMap(store, RESTORE_ID)
  const faults: string[] = []
  for (const stream of streams) {
    const values = new Map((await recordsAt(source, stream.source)).map(({ offset, value }) => [offset, String(value)]))
    for (const { offset, value } of await recordsAt(target, stream.target)) {
      const place = map.sourceOf({ ...stream.target, offset })
      const meant = place === undefined ? 'foreign' : values.get(place.offset)
      if (meant !== String(value)) faults.push(`${stream.target.partition} ${offset}`)
    }
  }
  return faults
}

// The proof would wait, at each of many calls, for records that are lost; what is tried here comes before it.
const UNPROVEN = { verify: 'none' } as const

describe('a target topic that is deleted after a kill', () => {
  it('is created anew by the next run, with each record once', async () => {
    const deaths = struckAtEachCall((call) => ({ at: 'broker', call, when: 'after' }), { every: 3 })
    for await (const { scenario, outcome, call } of deaths) {
      // A restore that has come to its end does not go on.
      if (isDone(await outcome)) continue
      const topics = [...new Set(scenario.streams.map(({ target }) => target.topic))]
      await scenario.target.deleteTopics(topics)
      await runUntilDone(scenario)
      expect(await faultsOf(scenario), `killed at call ${call}`).toEqual([])
    }
  })

  it('is said to be gone where the restore had not created it, planned or run, and nothing is created', async () => {
    const scenario = await restoreScenario({ isAppend: true })
    const options = { ...scenario.options, storage: scenario.store, target: scenario.target }
    const stop = new AbortController()
    const onEvent = ({ type }: { readonly type: string }) => {
      if (type === 'stream-start') stop.abort('killed')
    }
    await expect(createRestore(options).run({ signal: stop.signal, onEvent })).rejects.toBe('killed')
    const topics = [...new Set(scenario.streams.map(({ target }) => target.topic))]
    await scenario.target.deleteTopics(topics)
    const gone = { code: 'KB_TOPIC_NOT_FOUND', message: expect.stringContaining('was deleted since restore') }
    await expect(createRestore(options).plan()).rejects.toMatchObject(gone)
    await expect(createRestore(options).run()).rejects.toMatchObject(gone)
    expect(await scenario.target.describeTopics(topics)).toEqual([])
  })
})

describe('a target that loses acknowledged records in an unclean election', { timeout: 300_000 }, () => {
  it.each(KEPT)(
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

  it.each(KEPT)(
    'gets them again, or is told that it cannot, all but the first %d being lost while it runs',
    async (truncateTo) => {
      const codes = new Set<unknown>()
      for (let strikesAt = 12, isStruck = true; isStruck; strikesAt++) {
        const scenario = await restoreScenario()
        let [calls, hasLooked, wasLooking] = [0, false, false]
        const beforeCall = async (api: string) => {
          calls += 1
          hasLooked ||= api === 'commitGroupOffsets'
          if (calls !== strikesAt) return
          wasLooking = hasLooked
          await loseAllBut(scenario, truncateTo)
        }
        const code = codeOf(await outcomeOf(runIn(new MortalProcess(), scenario, { beforeCall, options: UNPROVEN })))
        codes.add(code)
        isStruck = calls >= strikesAt
        const again = () => outcomeOf(runIn(new MortalProcess(), scenario, { options: UNPROVEN }))
        const last = code === 'done' ? code : codeOf(await again())
        expect(last, `lost at call ${strikesAt}`).toMatch(/^(done|KB_RESTORE_UNVERIFIED)$/)
        // What is lost after the last look at the target nobody can know.
        if (last === 'done' && !wasLooking) expect(await faultsOf(scenario), `lost at call ${strikesAt}`).toEqual([])
      }
      expect(codes.size).toBeGreaterThan(1)
    },
  )

  it('is told where an offset map was written that no longer holds', async () => {
    const outcomes = new Set<unknown>()
    for await (const { scenario, outcome } of struckAtEachCall((call) => ({ at: 'store', call, when: 'after' }))) {
      await outcome
      await loseAllBut(scenario, 15n)
      await appendForeign(scenario)
      const again = await outcomeOf(runIn(new MortalProcess(), scenario))
      // It was finished before the target lost anything.
      if (again instanceof Error && isDone(again)) continue
      const code = codeOf(again)
      outcomes.add(code)
      // What others have appended stands between ours: the map must know.
      if (code === 'done') expect(await misplacedBy(scenario)).toEqual([])
      else expect(code).toMatch(/^KB_(RESTORE_UNVERIFIED|TARGET_NOT_EMPTY)$/)
    }
    expect(outcomes).toContain('KB_RESTORE_UNVERIFIED')
  })

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
