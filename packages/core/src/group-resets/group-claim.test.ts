import { describe, expect, it } from 'vitest'
import { impatientEnvironment } from '../backup/testing/backup-fixture.ts'
import { MortalProcess } from '../restore/testing/mortal-process.ts'
import { createOffsetReset } from './create-offset-reset.ts'
import { createOffsetRollback } from './create-offset-rollback.ts'
import { claimGroups } from './group-claim.ts'
import {
  AFTER,
  BACKUP_ID,
  BEFORE,
  GROUP_IDS,
  type ResetScenario,
  resetScenario,
  standOf,
} from './testing/reset-scenario.ts'

const FENCED = expect.objectContaining({ code: 'KB_RESTORE_FENCED' })
/** What a coordinator has taken nobody can call back; all else can still be kept from happening. */
const CHANGES = new Set(['commitGroupOffsets', 'deleteGroupOffsets'])

const partsOf = ({ store, target }: ResetScenario) => {
  return { storage: store, backupId: BACKUP_ID, target, maxConcurrent: 1, environment: impatientEnvironment }
}

async function scenarioWithSnapshot(): Promise<ResetScenario> {
  const scenario = await resetScenario()
  await createOffsetRollback(partsOf(scenario)).snapshot({ groups: GROUP_IDS, snapshotId: 's1' })
  return scenario
}

/** Resets all groups, and lets another process roll them back right before that call to a broker. */
async function disturbedReset(scenario: ResetScenario, call: number) {
  let calls = 0
  let isDisturbed = false
  const target = new MortalProcess(undefined, 1).cluster(scenario.target, async (api) => {
    calls += 1
    if (calls !== call || CHANGES.has(api)) return
    isDisturbed = true
    await createOffsetRollback(partsOf(scenario)).rollback('s1')
  })
  const [outcome] = await Promise.allSettled([createOffsetReset({ ...partsOf(scenario), target }).run()])
  return { outcome, isDisturbed, isOver: call > calls }
}

describe('a reset, and another process that changes groups of the same cluster meanwhile', () => {
  it('end as if one had run after the other, whenever the other comes, and who was overtaken says so', async () => {
    const seen = new Set<string>()
    for (let call = 1; ; call++) {
      const scenario = await scenarioWithSnapshot()
      const { outcome, isDisturbed, isOver } = await disturbedReset(scenario, call)
      if (isOver) break
      if (!isDisturbed) continue
      if (outcome.status === 'rejected') expect(outcome.reason).toEqual(FENCED)
      const meant = outcome.status === 'rejected' ? BEFORE : AFTER
      expect(await standOf(scenario.target), `disturbed at call ${call}`).toEqual(meant)
      seen.add(outcome.status)
      await createOffsetReset(partsOf(scenario)).run()
      expect(await standOf(scenario.target), `run again after ${call}`).toEqual(AFTER)
    }
    expect(seen).toEqual(new Set(['fulfilled', 'rejected']))
  })
})

describe('a claim of the groups of a cluster', () => {
  const claiming = ({ store }: ResetScenario, clusterId = 'target') => {
    return { store, backupId: BACKUP_ID, clusterId, environment: impatientEnvironment }
  }

  it('is got by one of several processes that begin at the same time', async () => {
    const scenario = await resetScenario()
    const outcomes = await Promise.allSettled([1, 2, 3].map(() => claimGroups(claiming(scenario))))
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected'])
    for (const outcome of outcomes) if (outcome.status === 'rejected') expect(outcome.reason).toEqual(FENCED)
  })

  it('is held until the next process takes it, and is one of each cluster', async () => {
    const scenario = await resetScenario()
    const first = await claimGroups(claiming(scenario))
    const elsewhere = await claimGroups(claiming(scenario, 'other'))
    await first.assertHeld()
    const second = await claimGroups(claiming(scenario))
    await expect(first.assertHeld()).rejects.toEqual(FENCED)
    await second.assertHeld()
    await elsewhere.assertHeld()
  })
})
