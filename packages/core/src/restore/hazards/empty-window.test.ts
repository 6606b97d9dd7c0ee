import { describe, expect, test } from 'vitest'
import { createBackup } from '../../backup/create-backup.ts'
import { MemoryBlobStore } from '../../testing/memory-blob-store.ts'
import type { TestRecord } from '../../testing/memory-kafka/test-record.ts'
import { MemoryKafkaCluster } from '../../testing/memory-kafka-cluster.ts'
import { blockersOf, NOW, orders, restoreInto, scene } from '../testing/hazard-scene.ts'
import { remediesText } from './remedy.ts'

describe('KB_HAZARD_EMPTY_WINDOW', () => {
  const at = (second: bigint) => NOW - 3_600_000n + second * 1_000n
  const apart: readonly TestRecord[] = [
    { value: 'a', timestamp: at(0n) },
    { value: 'b', timestamp: at(100n) },
  ]
  const isoOf = (ms: bigint) => new Date(Number(ms)).toISOString()

  test.each<readonly [string, Partial<Record<'start' | 'end', bigint>>]>([
    ['before all records', { end: at(-1n) }],
    ['after all records', { start: at(101n) }],
    ['between two records of one section', { start: at(10n), end: at(20n) }],
  ])('blocks a window %s, with the range of the data that is selected', async (_where, window) => {
    const empty = await scene(apart)
    const plan = await restoreInto(empty, { window }).plan()
    expect(plan.blockers.map(({ code }) => code)).toEqual(['KB_HAZARD_EMPTY_WINDOW'])
    expect(remediesText(plan.blockers[0]?.remedies ?? [])).toContain(`from ${isoOf(at(0n))} to ${isoOf(at(100n))}`)
    expect(String(plan)).toContain('KB_HAZARD_EMPTY_WINDOW')
    await expect(restoreInto(empty, { window }).run()).rejects.toMatchObject({
      code: 'KB_NO_DATA_IN_WINDOW',
      message: expect.stringContaining(isoOf(window.end ?? window.start ?? 0n)),
    })
    expect(await empty.target.describeTopics('all')).toEqual([])
    expect(empty.storage.keys('b/restores/')).toEqual([])
  })

  test('does not block a window with one record, though a section spans it', async () => {
    expect(await blockersOf(await scene(apart), { window: { start: at(90n), end: at(100n) } })).toEqual([])
  })

  test('is said first, whatever else is in the way, a group that is not known then too', async () => {
    const empty = await scene(apart)
    await empty.target.simulation.createTopic('orders')
    await empty.target.simulation.append(orders, [{ value: 'other' }])
    const options = { window: { end: at(-1n) }, groups: ['billing', 'nobody'] }
    const plan = await restoreInto(empty, options).plan()
    expect(plan.blockers.map(({ code }) => code)).toEqual(['KB_HAZARD_EMPTY_WINDOW', 'KB_HAZARD_TARGET_HAS_RECORDS'])
    await expect(restoreInto(empty, options).run()).rejects.toMatchObject({ code: 'KB_NO_DATA_IN_WINDOW' })
  })

  test('shows the range of the selected topics, not of others', async () => {
    const source = new MemoryKafkaCluster({ clusterId: 'source' })
    const storage = new MemoryBlobStore()
    for (const [topic, second] of [
      ['orders', 0n],
      ['other', 500n],
    ] as const) {
      await source.simulation.createTopic(topic)
      await source.simulation.append({ topic, partition: 0 }, [{ value: 'a', timestamp: at(second) }])
    }
    await createBackup({ source, storage, backupId: 'b', topics: ['*'] }).run()
    const scope = { storage, target: new MemoryKafkaCluster({ clusterId: 'target' }) }
    const [blocker] = (await restoreInto(scope, { topics: ['orders'], window: { start: at(400n) } }).plan()).blockers
    expect(remediesText(blocker?.remedies ?? [])).toContain(`from ${isoOf(at(0n))} to ${isoOf(at(0n))}`)
  })
})
