import { describe, expect, it } from 'vitest'
import { readStoredMap } from '../../offsets/stored-offset-map.ts'
import { createRestore } from '../create-restore.ts'
import { backUpAgain, emptyTarget, mendedInPlace, restoreInto } from '../testing/in-place-scene.ts'
import { MortalProcess } from '../testing/mortal-process.ts'
import { orders, RESTORE_ID, valuesAt, valuesFrom } from '../testing/only-missing-scene.ts'
import { outcomeOf, untilDone } from '../testing/restore-runs.ts'
import { copyOf } from '../testing/small-archive.ts'
import { readableCopies } from './left-out-copies.ts'

/** Where groups stood in the log, whose copies of 0 … 5 are at 13 … 18, and the original offset at which they go on. */
const STOOD = [
  ['caught-up', 19n, 13n],
  ['among-copies', 15n, 2n],
  ['at-first-copy', 13n, 0n],
  ['behind', 10n, 0n],
] as const

async function withGroups() {
  const at = await mendedInPlace()
  for (const [groupId, offset] of STOOD) {
    await at.source.commitGroupOffsets(groupId, [{ ...orders, offset, leaderEpoch: -1, metadata: '' }])
  }
  await backUpAgain(at)
  return at
}

describe('groups of a restore that leaves copies out', () => {
  it('go on at the original of the first copy that they had not read, and never behind it', async () => {
    const [at, target] = [await withGroups(), await emptyTarget()]
    const restore = restoreInto(at, target, { guards: { copies: 'drop' }, groups: 'all', newRestoreId: RESTORE_ID })
    const { notes } = await restore.plan()
    expect(notes.filter((note) => note.includes('had not read copies'))).toHaveLength(3)
    await restore.run()
    const groups = await target.fetchGroupOffsets(STOOD.map(([groupId]) => groupId))
    expect(groups.map(({ groupId, offsets }) => [groupId, offsets[0]?.offset])).toEqual(
      STOOD.map(([groupId, , place]) => [groupId, place]),
    )
    const map = await readStoredMap({ store: at.storage, backupId: 'b' }, RESTORE_ID, undefined)
    expect(STOOD.map(([, offset]) => map.translate({ ...orders, offset }))).toEqual(
      STOOD.map(([, , offset], index) => ({ kind: index === 0 ? 'end' : 'found', target: { ...orders, offset } })),
    )
  })

  it.each(['timestamp-based', 'cluster-scan'] as const)(
    'go on there by the strategy %s as well',
    async (groupStrategy) => {
      const [at, target] = [await withGroups(), await emptyTarget()]
      await restoreInto(at, target, { guards: { copies: 'drop' }, groups: 'all', groupStrategy }).run()
      const groups = await target.fetchGroupOffsets(STOOD.map(([groupId]) => groupId))
      expect(groups.map(({ offsets }) => offsets[0]?.offset)).toEqual(STOOD.map(([, , place]) => place))
    },
  )

  it('stay where they stood before copies that were appended behind the end of the window', () => {
    const copy = { copyFirst: 100n, count: 50, originalFirst: 0n, producerId: 1n }
    const dropCopies = [
      { ...copy, appendedAtMs: 5n },
      { ...copy, copyFirst: 150n, appendedAtMs: 6n },
    ]
    const readable = (end: bigint | null) => readableCopies({ window: { start: null, end }, dropCopies })
    expect([readable(4n), readable(5n), readable(null)].map(({ length }) => length)).toEqual([0, 1, 2])
  })
})

it('a restore leaves out the same copies though it is killed at any call to the broker', async () => {
  const at = await mendedInPlace()
  await backUpAgain(at)
  let struck = 0
  for (let call = 1; ; call += 1) {
    const trial = { storage: await copyOf(at.storage), target: await emptyTarget() }
    const runIn = (process: MortalProcess) =>
      createRestore({
        backupId: 'b',
        storage: process.store(trial.storage),
        target: process.cluster(trial.target),
        environment: process.environment,
        existingTopics: 'append',
        guards: { copies: 'drop' },
        newRestoreId: RESTORE_ID,
      }).run()
    const process = new MortalProcess({ at: 'broker', call, when: 'after' })
    await outcomeOf(runIn(process))
    if (!process.isStruck) break
    await untilDone(runIn)
    expect(await valuesAt(trial.target), `killed at call ${call}`).toEqual([...valuesFrom(0, 12), 'later'])
    struck += 1
  }
  expect(struck).toBeGreaterThan(5)
}, 180_000)
