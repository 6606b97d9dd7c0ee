import { describe, expect, it } from 'vitest'
import { valuesAt } from '../testing/memory-kafka/orders-cluster.ts'
import { releaseRestore, undoRestore } from './settled-restore.ts'
import { DAY_MS, oldAndNew, orders, restoreInto, type Scene, scene, settingOf } from './testing/hazard-scene.ts'
import { type Fate, MortalProcess } from './testing/mortal-process.ts'

const GUARDS = { retention: 'hold', timestampType: 'switch' } as const
const BEFORE = { 'retention.ms': String(DAY_MS), 'message.timestamp.type': 'LogAppendTime' }

async function withSettings(): Promise<Scene> {
  const at = await scene(oldAndNew)
  await at.target.simulation.createTopic('orders', { configs: BEFORE })
  return at
}

function run(at: Scene, process = new MortalProcess()) {
  return restoreInto(at, {
    storage: process.store(at.storage),
    target: process.cluster(at.target),
    environment: process.environment,
    newRestoreId: 'r1',
    guards: GUARDS,
  }).run()
}

const settle = (at: Scene) => ({ storage: at.storage, backupId: 'b', target: at.target, restoreId: 'r1' })

async function settingsOf(at: Scene): Promise<Record<string, string | null | undefined>> {
  const names = Object.keys(BEFORE)
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, (await settingOf(at, name))?.value])))
}

describe('releasing a restore', () => {
  it('gives the topics their retention back, tells of each, and can be done twice', async () => {
    const at = await withSettings()
    await run(at)
    expect(await settingsOf(at)).toEqual({ ...BEFORE, 'retention.ms': '-1' })
    const report = await releaseRestore(settle(at))
    expect(report.settings).toContainEqual({
      topic: 'orders',
      setting: 'retention.ms',
      heldValue: '-1',
      previousValue: String(DAY_MS),
      outcome: 'put-back',
    })
    expect(await settingsOf(at)).toEqual(BEFORE)
    expect((await releaseRestore(settle(at))).settings).toEqual(report.settings)
    await expect(restoreInto(at, { restoreId: 'r1' }).plan()).rejects.toMatchObject({ code: 'KB_RESTORE_MISMATCH' })
  })

  it('leaves what somebody has changed since', async () => {
    const at = await withSettings()
    await run(at)
    await at.target.alterTopicConfigs([{ topic: 'orders', configs: { 'retention.ms': '12345' } }])
    const { settings } = await releaseRestore(settle(at))
    expect(settings.find(({ setting }) => setting === 'retention.ms')).toMatchObject({ outcome: 'changed-since' })
    expect(await settingsOf(at)).toMatchObject({ 'retention.ms': '12345' })
  })

  it('tells of a topic that is gone, refuses an unknown or unfinished restore, and another cluster', async () => {
    const at = await withSettings()
    await expect(releaseRestore(settle(at))).rejects.toMatchObject({ code: 'KB_RESTORE_NOT_FOUND' })
    await run(at)
    await expect(undoRestore(settle(at))).rejects.toMatchObject({ code: 'KB_RESTORE_MISMATCH' })
    const elsewhere = (await scene(oldAndNew)).target
    await elsewhere.simulation.createTopic('orders')
    await at.target.deleteTopics(['orders'])
    const { settings } = await releaseRestore(settle(at))
    expect(settings.map(({ outcome }) => outcome)).toEqual(['topic-gone', 'topic-gone'])
  })
})

describe('undoing a restore that was killed', () => {
  it.each(['before', 'after'] as const)(
    'leaves each setting as it was, wherever it was killed (%s a call to the brokers), and lets it be run again',
    async (when) => {
      let struck = 0
      for (let call = 1; ; call++) {
        const at = await withSettings()
        const process = new MortalProcess({ at: 'broker', call, when } satisfies Fate)
        await run(at, process).catch(() => {})
        if (!process.isStruck) break
        struck += 1
        const undone = await undoRestore(settle(at)).catch(({ code }: { readonly code: string }) => code)
        // Before its first entry in the journal it has changed nothing.
        if (typeof undone === 'string') expect(undone).toBe('KB_RESTORE_NOT_FOUND')
        expect(await settingsOf(at), `killed at call ${call}`).toEqual(BEFORE)
        if (call % 4 !== 0) continue
        await run(at)
        expect(await valuesAt(at.target, orders)).toEqual(['0:old', '1:new'])
        expect(await settingsOf(at)).toEqual({ ...BEFORE, 'retention.ms': '-1' })
      }
      expect(struck).toBeGreaterThan(15)
    },
  )

  it('undone twice, or killed while it is undone, it ends the same', async () => {
    for (let call = 1; ; call++) {
      const at = await withSettings()
      await run(at, new MortalProcess({ at: 'broker', call: 16, when: 'after' })).catch(() => {})
      const process = new MortalProcess({ at: 'broker', call, when: 'after' })
      await undoRestore({
        ...settle(at),
        storage: process.store(at.storage),
        target: process.cluster(at.target),
        environment: process.environment,
      }).catch(() => {})
      await undoRestore(settle(at))
      expect(await settingsOf(at), `killed at call ${call}`).toEqual(BEFORE)
      if (!process.isStruck) break
    }
  })

  it('stops a process that still runs it', async () => {
    const at = await withSettings()
    const process = new MortalProcess({ at: 'broker', call: 20, when: 'stopped' })
    const running = run(at, process).catch((error: unknown) => error)
    while (!process.isStruck) await new Promise((resolve) => setTimeout(resolve, 1))
    await undoRestore(settle(at))
    process.wake()
    expect(await running).toMatchObject({ code: 'KB_RESTORE_FENCED' })
  })
})
