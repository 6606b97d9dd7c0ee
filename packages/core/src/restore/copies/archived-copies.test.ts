import { describe, expect, it } from 'vitest'
import { MemoryBlobStore } from '../../testing/memory-blob-store.ts'
import { MemoryKafkaCluster } from '../../testing/memory-kafka-cluster.ts'
import { createRestore } from '../create-restore.ts'
import { backUpAgain, emptyTarget, mendedInPlace, restoreInto } from '../testing/in-place-scene.ts'
import { MortalProcess } from '../testing/mortal-process.ts'
import { type Archived, archiveOf, NOW, numbered, orders, valuesAt, valuesFrom } from '../testing/only-missing-scene.ts'
import { outcomeOf, untilDone } from '../testing/restore-runs.ts'

describe('an archive of a topic that was mended in place', () => {
  it('is not restored before somebody says what becomes of the copies', async () => {
    const at = await mendedInPlace()
    await backUpAgain(at)
    const target = await emptyTarget()
    const plan = await restoreInto(at, target, {}).plan()
    expect(plan.blockers).toMatchObject([
      { code: 'KB_HAZARD_COPIES', details: { topic: 'orders', records: 6, inseparable: 0, restores: ['mend'] } },
    ])
    expect(plan.blockers[0]?.message).toMatch(/^up to 6 archived records of orders are copies, which restore mend /)
    expect(plan.blockers[0]?.remedies.map(({ option, value }) => [option, value])).toEqual([
      ['guards.copies', 'drop'],
      ['commit', '1'],
      ['guards.copies', 'accept'],
    ])
    await expect(restoreInto(at, target, {}).run()).rejects.toMatchObject({ code: 'KB_PLAN_BLOCKED' })
    expect(await valuesAt(target)).toEqual([])
  })

  it('is restored with each record once, at the place of the original, where copies are left out', async () => {
    const at = await mendedInPlace()
    await backUpAgain(at)
    const target = await emptyTarget()
    const restore = restoreInto(at, target, { guards: { copies: 'drop' }, verify: 'full' })
    const plan = await restore.plan()
    expect(plan.topics[0]).toMatchObject({ records: 13, exact: true })
    expect(plan.notes).toContain('up to 6 copies of records of orders are left out')
    expect((await restore.run()).records).toBe(13)
    expect(await valuesAt(target)).toEqual([...valuesFrom(0, 12), 'later'])
  })

  it('is restored with both where copies are accepted', async () => {
    const at = await mendedInPlace()
    await backUpAgain(at)
    const target = await emptyTarget()
    await restoreInto(at, target, { guards: { copies: 'accept' } }).run()
    expect(await valuesAt(target)).toEqual([...valuesFrom(0, 12), 'later', ...valuesFrom(0, 6)])
  })

  it('is whole without a word where the commit is from before', async () => {
    const at = await mendedInPlace()
    await backUpAgain(at)
    const target = await emptyTarget()
    await restoreInto(at, target, { commit: 1 }).run()
    expect(await valuesAt(target)).toEqual(valuesFrom(0, 12))
  })

  it('is mended once: to restore what is missing finds nothing more, before and after the next backup', async () => {
    const at = await mendedInPlace()
    const again = { existingTopics: 'only-missing', guards: { order: 'accept', copies: 'drop' } } as const
    expect((await restoreInto(at, at.source, again).run()).records).toBe(0)
    await backUpAgain(at)
    expect((await restoreInto(at, at.source, again).run()).records).toBe(0)
    await backUpAgain(at)
    expect((await restoreInto(at, at.source, again).run()).records).toBe(0)
  })

  it('keeps no record away where the copy is all that is selected', async () => {
    const at = await mendedInPlace()
    await backUpAgain(at)
    const target = await emptyTarget()
    const topics = [{ name: 'orders', offsets: { start: 12n } }]
    await restoreInto(at, target, { topics }).run()
    expect(await valuesAt(target)).toEqual(['later', ...valuesFrom(0, 6)])
  })
})

it('blocks where a restore in place was killed, and what it appended last may be archived twice', async () => {
  const inPlace =
    ({ source, storage }: Archived) =>
    (process: MortalProcess) =>
      createRestore({
        backupId: 'b',
        existingTopics: 'append',
        newRestoreId: 'killed',
        storage: process.store(storage),
        target: process.cluster(source),
        environment: process.environment,
      }).run()
  let at = await archiveOf([numbered(0, 4)])
  for (let call = 1; (await valuesAt(at.source)).length === 4; call += 1) {
    at = await archiveOf([numbered(0, 4)])
    await outcomeOf(inPlace(at)(new MortalProcess({ at: 'broker', call, when: 'after' })))
  }
  await backUpAgain(at)
  const target = await emptyTarget()
  const unfinished = { code: 'KB_HAZARD_COPIES', details: { restores: ['killed'] } }
  expect((await restoreInto(at, target, {}).plan()).hazards).toMatchObject([{ ...unfinished, blocks: true }])
  const { hazards } = await restoreInto(at, target, { guards: { copies: 'drop' } }).plan()
  expect(hazards).toMatchObject([{ ...unfinished, blocks: false }])

  await untilDone(inPlace(at))
  await restoreInto(at, target, { guards: { copies: 'drop' } }).run()
  expect(await valuesAt(target)).toEqual(valuesFrom(0, 4))
})

it('takes no other record for a copy where an unclean election lost copies before they were archived', async () => {
  const at = await archiveOf([numbered(0, 4)])
  await restoreInto(at, at.source, { existingTopics: 'append' }).run()
  await at.source.simulation.electLeader(orders, { truncateTo: 6n })
  await at.source.simulation.append(orders, numbered(10, 14))
  await backUpAgain(at)
  const target = await emptyTarget()
  await restoreInto(at, target, { guards: { copies: 'drop' } }).run()
  expect(await valuesAt(target)).toEqual([...valuesFrom(0, 4), ...valuesFrom(10, 14)])
})

describe('an archive of a topic whose broker stamps records, which was restored in place', () => {
  const [FIRST, SECOND] = [BigInt(NOW - 3_600_000), BigInt(NOW - 3_500_000)]

  /** v0 … v3 were stamped first, v4 … v7 second, and the copies of the first ones now. */
  async function stampedAgain() {
    let now = Number(FIRST)
    const at = {
      source: new MemoryKafkaCluster({ clusterId: 'source', now: () => now }),
      storage: new MemoryBlobStore(),
    }
    await at.source.simulation.createTopic('orders', { configs: { 'message.timestamp.type': 'LogAppendTime' } })
    await at.source.simulation.append(orders, numbered(0, 4))
    now = Number(SECOND)
    await at.source.simulation.append(orders, numbered(4, 8))
    await backUpAgain(at)
    now = NOW
    const guards = { timestampType: 'accept' } as const
    await restoreInto(at, at.source, { existingTopics: 'append', guards, window: { end: FIRST } }).run()
    await backUpAgain(at)
    return at
  }

  it('never leaves a copy out whose original the window may leave out', async () => {
    const [at, target] = [await stampedAgain(), await emptyTarget()]
    const told = (copies: 'drop' | 'accept') =>
      restoreInto(at, target, { window: { start: SECOND }, guards: { copies } })
    expect((await told('drop').plan()).blockers).toMatchObject([
      { code: 'KB_HAZARD_COPIES', details: { records: 4, inseparable: 4 } },
    ])
    await told('accept').run()
    expect(await valuesAt(target)).toEqual([...valuesFrom(4, 8), ...valuesFrom(0, 4)])
  })

  it.each([undefined, { end: BigInt(NOW) }])(
    'leaves copies out whose originals are restored in any case',
    async (window) => {
      const [at, target] = [await stampedAgain(), await emptyTarget()]
      await restoreInto(at, target, { window, guards: { copies: 'drop' } }).run()
      expect(await valuesAt(target)).toEqual(valuesFrom(0, 8))
    },
  )
})

describe('an archive of a topic that was purged and restored in place', () => {
  it('is restored to the end of a window with each record once', async () => {
    const at = await mendedInPlace()
    await restoreInto(at, at.source, { existingTopics: 'purge', window: { end: numbered(9, 10)[0]?.timestamp } }).run()
    await backUpAgain(at)
    const target = await emptyTarget()
    const options = { window: { end: numbered(8, 9)[0]?.timestamp } }
    const { blockers } = await restoreInto(at, target, options).plan()
    expect(blockers).toMatchObject([{ code: 'KB_HAZARD_COPIES', details: { records: 10 } }])
    await restoreInto(at, target, { ...options, guards: { copies: 'drop' } }).run()
    expect(await valuesAt(target)).toEqual(valuesFrom(0, 9))
  })

  it('can be restored as the purge left it, without what was purged, by the offsets that the plan names', async () => {
    const at = await archiveOf([numbered(0, 4), [{ ...numbered(9, 10)[0], value: 'garbage' }]])
    const purge = {
      existingTopics: 'purge',
      window: { end: numbered(3, 4)[0]?.timestamp },
      newRestoreId: 'mend',
    } as const
    await restoreInto(at, at.source, purge).run()
    await at.source.simulation.append(orders, numbered(20, 22))
    await backUpAgain(at)
    const target = await emptyTarget()
    const [blocker] = (await restoreInto(at, target, {}).plan()).blockers
    expect(blocker?.remedies[0]).toMatchObject({ option: null, isDestructive: false })
    expect(blocker?.remedies[0]?.text).toMatch(
      /^to restore orders as restore mend left it, .* offsets\.start 5 in partition 0$/,
    )
    await restoreInto(at, target, { topics: [{ name: 'orders', offsets: { start: 5n } }] }).run()
    expect(await valuesAt(target)).toEqual([...valuesFrom(0, 4), ...valuesFrom(20, 22)])
    expect(await valuesAt(target)).toEqual(await valuesAt(at.source, 5n))
  })

  it('leaves copies of copies out as well', async () => {
    const at = await mendedInPlace()
    await backUpAgain(at)
    await restoreInto(at, at.source, { existingTopics: 'append', guards: { copies: 'accept' } }).run()
    await backUpAgain(at)
    const target = await emptyTarget()
    await restoreInto(at, target, { guards: { copies: 'drop' } }).run()
    expect(await valuesAt(target)).toEqual([...valuesFrom(0, 12), 'later'])
  })
})
