import { describe, expect, test } from 'vitest'
import { createBackup } from '../../backup/create-backup.ts'
import { MemoryBlobStore } from '../../testing/memory-blob-store.ts'
import { MemoryKafkaCluster } from '../../testing/memory-kafka-cluster.ts'
import { NOW, orders, recent, restoreInto, type Scene, scene } from '../testing/hazard-scene.ts'

describe('KB_HAZARD_TARGET_HAS_RECORDS after a restore', () => {
  async function restored(): Promise<Scene & { readonly restoreId: string }> {
    const at = await scene(recent)
    const { restoreId } = await restoreInto(at).run()
    return { ...at, restoreId }
  }

  test('names a finished one that was told the same, and recommends what deletes nothing first', async () => {
    const at = await restored()
    const [blocker] = (await restoreInto(at).plan()).blockers
    expect(blocker).toMatchObject({ code: 'KB_HAZARD_TARGET_HAS_RECORDS', details: { restores: [at.restoreId] } })
    expect(blocker?.message).toMatch(
      new RegExp(`restore ${at.restoreId} \\(begun at .*Z, finished, all records\\) wrote there: it was told the same`),
    )
    expect(blocker?.remedies.map(({ option, value, isDestructive }) => [option, value, isDestructive])).toEqual([
      ['rename', null, false],
      [null, null, false],
      ['existingTopics', 'only-missing', false],
      ['existingTopics', 'append', false],
      ['existingTopics', 'purge', true],
      ['existingTopics', 'recreate', true],
    ])
    expect(blocker?.remedies[1]?.text).toContain(`if the records of ${at.restoreId} are what is wanted`)
  })

  test('names one that was told something else with its window', async () => {
    const at = await restored()
    const end = NOW + 60_000n
    const [blocker] = (await restoreInto(at, { window: { end } }).plan()).blockers
    expect(blocker?.message).toContain(`restore ${at.restoreId} (begun at `)
    expect(blocker?.message).not.toContain('told the same')
  })

  test('names an unfinished one that was told something else, with its id to go on with', async () => {
    const at = await scene(recent)
    at.target.faults.schedule({
      api: 'commitGroupOffsets',
      fault: { kind: 'error', name: 'UNKNOWN_SERVER_ERROR' },
    })
    await expect(restoreInto(at, { groups: ['billing'] }).run()).rejects.toThrow()
    const [blocker] = (await restoreInto(at, { window: { start: 1n } }).plan()).blockers
    expect(blocker?.message).toContain('unfinished, all records) wrote there')
    expect(blocker?.remedies[1]).toMatchObject({ option: 'restoreId', value: expect.any(String) })
  })

  test('warns of appending the same a second time, and does not warn of appending to records of others', async () => {
    const at = await restored()
    const { hazards, blockers } = await restoreInto(at, { existingTopics: 'append' }).plan()
    expect(blockers).toEqual([])
    expect(hazards).toMatchObject([{ code: 'KB_HAZARD_TARGET_HAS_RECORDS', blocks: false }])
    const others = await scene(recent)
    await others.target.simulation.createTopic('orders')
    await others.target.simulation.append(orders, [{ value: 'other' }])
    expect((await restoreInto(others, { existingTopics: 'append' }).plan()).hazards).toEqual([])
  })

  test.each(['purge', 'recreate'] as const)(
    'warns of records that %s deletes, and does not block',
    async (existingTopics) => {
      const { hazards, blockers } = await restoreInto(await restored(), { existingTopics }).plan()
      expect(blockers).toEqual([])
      expect(hazards).toMatchObject([{ code: 'KB_HAZARD_TARGET_HAS_RECORDS', details: { records: 1n, newer: 0n } }])
    },
  )

  test('warns of records that came after the archive, which nothing would bring back', async () => {
    const [cluster, storage] = [new MemoryKafkaCluster(), new MemoryBlobStore()]
    await cluster.simulation.createTopic('orders')
    await cluster.simulation.append(orders, recent)
    await createBackup({ source: cluster, storage, backupId: 'b', topics: ['orders'] }).run()
    await cluster.simulation.append(orders, [...recent, ...recent])
    const [warning] = (await restoreInto({ storage, target: cluster }, { existingTopics: 'purge' }).plan()).hazards
    expect(warning).toMatchObject({ blocks: false, details: { records: 3n, newer: 2n } })
    expect(warning?.message).toMatch(/deletes up to 3 records of orders, 2 of which came after what is archived of it/)
  })
})
