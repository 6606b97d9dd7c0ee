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
  it.each([
    ['broker', 'before'],
    ['broker', 'after'],
    ['store', 'before'],
    ['store', 'after'],
  ] as const)(
    'leaves each setting as it was, wherever it was killed (at a call to the %s, %s it took effect), and lets it be run again',
    async (place, when) => {
      let struck = 0
      for (let call = 1; ; call++) {
        const at = await withSettings()
        const process = new MortalProcess({ at: place, call, when } satisfies Fate)
        await run(at, process).catch(() => {})
        if (!process.isStruck) break
        struck += 1
        const undone = await undoRestore(settle(at)).catch(({ code }: { readonly code: string }) => code)
        // Before its first entry in the journal it has changed nothing; behind the last one it is finished.
        if (typeof undone === 'string') expect(undone).toMatch(/^KB_RESTORE_(NOT_FOUND|MISMATCH)$/)
        const settings = undone === 'KB_RESTORE_MISMATCH' ? { ...BEFORE, 'retention.ms': '-1' } : BEFORE
        expect(await settingsOf(at), `killed at call ${call}`).toEqual(settings)
        if (call % 4 !== 0 || undone === 'KB_RESTORE_MISMATCH') continue
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

  it('stops a process that still runs it, wherever that stood still meanwhile, and leaves each setting as it was', async () => {
    for (let call = 1; ; call++) {
      const at = await withSettings()
      const process = new MortalProcess({ at: 'broker', call, when: 'stopped' })
      const running = run(at, process).then(
        () => 'finished',
        ({ code }: { readonly code: string }) => code,
      )
      await Promise.race([running, untilStruck(process)])
      if (!process.isStruck) break
      const undone = await undoRestore(settle(at)).then(
        () => true,
        () => false,
      )
      process.wake()
      expect(await running, `stopped at call ${call}`).toBe(undone ? 'KB_RESTORE_FENCED' : 'finished')
      if (undone) expect(await settingsOf(at), `stopped at call ${call}`).toEqual(BEFORE)
    }
  })
})

async function untilStruck(process: MortalProcess): Promise<void> {
  while (!process.isStruck) await new Promise((resolve) => setTimeout(resolve, 1))
}
