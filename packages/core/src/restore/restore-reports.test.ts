import { describe, expect, test } from 'vitest'
import { createBackup } from '../backup/create-backup.ts'
import type { RestoreEvent } from '../events/run-event.ts'
import { MemoryBlobStore } from '../testing/memory-blob-store.ts'
import { MemoryKafkaCluster } from '../testing/memory-kafka-cluster.ts'
import { createRestore } from './create-restore.ts'
import type { RestoreOptions } from './restore-options.ts'

const START = BigInt(Date.now()) - 3_600_000n

/** Two partitions; the group has a position in the first one, committed half an hour after the records. */
async function archived({
  hidesOffsetsTopic = false,
  others = [],
}: {
  hidesOffsetsTopic?: boolean
  others?: readonly string[]
} = {}) {
  let nowMs = START + 1_800_000n
  const source = new MemoryKafkaCluster({ now: () => Number(nowMs), clusterId: 'source', offsetsTopicPartitions: 1 })
  const storage = new MemoryBlobStore()
  await source.simulation.createTopic('orders', { partitionCount: 2 })
  for (const partition of [0, 1]) {
    const records = [0n, 1n, 2n].map((second) => ({ value: `${second}`, timestamp: START + second * 1_000n }))
    await source.simulation.append({ topic: 'orders', partition }, records)
  }
  for (const topic of others) await source.simulation.createTopic(topic, { partitionCount: 2 })
  const position = { topic: 'orders', partition: 0, offset: 2n, leaderEpoch: -1, metadata: null }
  await source.commitGroupOffsets('billing', [position])
  const describeTopics = source.describeTopics.bind(source)
  source.describeTopics = async (...call) =>
    (await describeTopics(...call)).filter(({ topic }) => !hidesOffsetsTopic || topic === 'orders')
  nowMs += 60_000n
  await createBackup({ source, storage, backupId: 'b', topics: ['orders', ...others], consumerGroups: 'all' }).run()
  return { storage, target: new MemoryKafkaCluster({ clusterId: 'target' }) }
}

type Archived = Awaited<ReturnType<typeof archived>>

function restoreOf({ storage, target }: Archived, options: Partial<RestoreOptions> = {}) {
  return createRestore({ storage, backupId: 'b', target, groups: ['billing'], ...options })
}

describe('what a plan and a receipt say of groups', () => {
  test('each position, how well it is known, and the partitions without one', async () => {
    const at = await archived()
    const plan = await restoreOf(at).plan()
    expect(plan.groups).toMatchObject([
      {
        groupId: 'billing',
        positions: [{ topic: 'orders', partition: 0, offset: 2n, kind: 'exact', next: null }],
        withoutPosition: [{ topic: 'orders', partition: 1 }],
      },
    ])
    expect(String(plan)).toMatch(/orders\/0 {2}2 {2}exact\n/)
    expect(String(plan)).toContain('no position, left as it is: orders/1')
    expect(String(plan)).toContain('exact: where the group stood at that moment')
    expect(plan.hazards).toMatchObject([{ code: 'KB_HAZARD_GROUP_EXPIRY', blocks: false }])
    const receipt = await restoreOf(at).run()
    expect(receipt.groups).toMatchObject([
      { positions: [{ source: { offset: 2n }, known: 'exact' }], withoutPosition: [{ topic: 'orders', partition: 1 }] },
    ])
  })

  test('no partition of topics that a group has nothing to do with: groups times partitions may be millions', async () => {
    const plan = await restoreOf(await archived({ others: ['payments'] })).plan()
    expect(plan.topics).toHaveLength(2)
    expect(plan.groups).toMatchObject([{ withoutPosition: [{ topic: 'orders', partition: 1 }] }])
  })

  test('a warning where positions are known within bounds only, which the receipt keeps', async () => {
    const at = await archived({ hidesOffsetsTopic: true })
    const bounded = { window: { end: START + 2_000n } }
    const plan = await restoreOf(at, bounded).plan()
    expect(plan.blockers).toEqual([])
    expect(plan.hazards).toMatchObject([
      { code: 'KB_HAZARD_GROUP_POSITION', blocks: false },
      { code: 'KB_HAZARD_GROUP_EXPIRY', blocks: false },
    ])
    expect(plan.hazards[0]?.message).toContain('1 of 1 positions of consumer group billing')
    expect(String(plan)).toMatch(/orders\/0 {2}2 {2}at-or-after {2}seen at .*Z\n/)
    expect(String(plan)).toContain('at-or-after: where it was first seen after that moment')
    const receipt = await restoreOf(at, bounded).run()
    expect(receipt.warnings.map(({ code }) => code)).toEqual(['KB_HAZARD_GROUP_POSITION', 'KB_HAZARD_GROUP_EXPIRY'])
    expect(receipt.groups).toMatchObject([{ outcome: 'reset', positions: [{ known: 'at-or-after', next: null }] }])
  })

  test('a named group without any position in what is restored is not left out', async () => {
    const at = await archived()
    const options = { partitions: [1], groups: ['billing'] }
    const plan = await restoreOf(at, options).plan()
    expect(plan.groups).toMatchObject([{ groupId: 'billing', withoutPosition: [{ topic: 'orders', partition: 1 }] }])
    expect(await restoreOf(at, options).run()).toMatchObject({
      groups: [{ groupId: 'billing', outcome: 'nothing-to-set' }],
    })
  })
})

describe('what a plan notes', () => {
  test('is said by the run, and kept in its receipt: a late end, and a pattern of nothing', async () => {
    const at = await archived()
    const options = {
      window: { end: BigInt(Date.now()) + 3_600_000n },
      topics: ['orders', 'payments.*'],
      groups: [],
    }
    const notes = [
      expect.stringContaining('the archive knows its source only up to'),
      'no topic of the archive matches payments.*',
    ]
    expect((await restoreOf(at, options).plan()).notes).toEqual(notes)
    const events: RestoreEvent[] = []
    const receipt = await restoreOf(at, options).run({ onEvent: (event) => void events.push(event) })
    expect(receipt.notes).toEqual(notes)
    expect(events.flatMap((event) => (event.type === 'note' ? [event.message] : []))).toEqual(notes)
    const stored = at.storage.keys(`b/restores/${receipt.restoreId}/receipt.json`)
    expect(String(await at.storage.get(stored[0] ?? ''))).toContain('payments.*')
  })
})

test('a topic is said to be created when it was: not where the target refuses', async () => {
  const at = await archived()
  const events: RestoreEvent[] = []
  at.target.faults.schedule({ api: 'createTopics', fault: { kind: 'error', name: 'UNKNOWN_SERVER_ERROR' } })
  const onEvent = (event: RestoreEvent) => void events.push(event)
  await expect(restoreOf(at).run({ onEvent })).rejects.toMatchObject({ code: 'KB_KAFKA_PROTOCOL' })
  expect(events.filter(({ type }) => type === 'topic-create')).toEqual([])
  await restoreOf(at).run({ onEvent })
  expect(events.filter(({ type }) => type === 'topic-create')).toMatchObject([{ topic: 'orders', partitionCount: 2 }])
})

test('a receipt does not count records of partitions that were not asked for', async () => {
  const receipt = await restoreOf(await archived(), { partitions: [1], groups: [] }).run()
  expect(receipt).toMatchObject({ records: 3, recordsSkipped: 0 })
})
