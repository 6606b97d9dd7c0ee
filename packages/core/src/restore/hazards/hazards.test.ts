import { describe, expect, test } from 'vitest'
import { createBackup } from '../../backup/create-backup.ts'
import type { RestoreEvent } from '../../events/run-event.ts'
import { MemoryBlobStore } from '../../testing/memory-blob-store.ts'
import { valuesAt } from '../../testing/memory-kafka/orders-cluster.ts'
import { MemoryKafkaCluster } from '../../testing/memory-kafka-cluster.ts'
import {
  blockersOf,
  DAY_MS,
  NOW,
  oldAndNew,
  orders,
  recent,
  restoreInto,
  type Scene,
  scene,
  settingOf,
} from '../testing/hazard-scene.ts'

describe('KB_HAZARD_TARGET_HAS_RECORDS', () => {
  async function withRecords(): Promise<Scene> {
    const at = await scene(recent)
    await at.target.simulation.createTopic('orders')
    await at.target.simulation.append(orders, [{ value: 'other' }])
    return at
  }

  test('blocks, and nothing is written', async () => {
    const at = await withRecords()
    expect(await blockersOf(at)).toEqual(['KB_HAZARD_TARGET_HAS_RECORDS'])
    await expect(restoreInto(at).run()).rejects.toMatchObject({ code: 'KB_TARGET_NOT_EMPTY' })
    expect(await valuesAt(at.target, orders)).toEqual(['0:other'])
    expect(at.storage.keys('b/restores/')).toEqual([])
  })

  test('append puts the records behind the others', async () => {
    const at = await withRecords()
    await restoreInto(at, { existingTopics: 'append' }).run()
    expect(await valuesAt(at.target, orders)).toEqual(['0:other', '1:new'])
  })

  test('purge deletes the others and keeps the topic', async () => {
    const at = await withRecords()
    const before = await at.target.describeTopics(['orders'])
    await restoreInto(at, { existingTopics: 'purge' }).run()
    expect(await valuesAt(at.target, orders, { offset: 1n })).toEqual(['1:new'])
    expect(await at.target.describeTopics(['orders'])).toEqual(before)
  })

  test('recreate makes the topic anew, as it was archived', async () => {
    const at = await withRecords()
    const [before] = await at.target.describeTopics(['orders'])
    await restoreInto(at, { existingTopics: 'recreate' }).run()
    expect(await valuesAt(at.target, orders)).toEqual(['0:new'])
    const [after] = await at.target.describeTopics(['orders'])
    expect(after?.topicId).not.toBe(before?.topicId)
  })
})

describe('KB_HAZARD_RETENTION', () => {
  test('blocks records that the target would delete at once', async () => {
    const at = await scene(oldAndNew)
    expect(await blockersOf(at)).toEqual(['KB_HAZARD_RETENTION'])
    await expect(restoreInto(at).run()).rejects.toMatchObject({ code: 'KB_PLAN_BLOCKED' })
    expect(await at.target.describeTopics(['orders'])).toEqual([])
  })

  test('does not block records inside the retention, or a window without the old ones', async () => {
    expect(await blockersOf(await scene(recent))).toEqual([])
    expect(await blockersOf(await scene(oldAndNew), { window: { start: NOW - DAY_MS } })).toEqual([])
    expect(await blockersOf(await scene(oldAndNew, { 'retention.ms': '-1' }))).toEqual([])
    expect(await blockersOf(await scene(oldAndNew, { 'cleanup.policy': 'compact' }))).toEqual([])
  })

  test('blocks records whose times nobody looked for, and says that this is why', async () => {
    const source = new MemoryKafkaCluster()
    const at = { storage: new MemoryBlobStore(), target: new MemoryKafkaCluster() }
    await source.simulation.createTopic('orders')
    await source.simulation.append(orders, [...recent, ...recent], { codec: 'lz4' })
    const backup = { source, storage: at.storage, backupId: 'b', topics: ['orders'], indexTimestamps: 'lazy' } as const
    await createBackup(backup).run()
    const { blockers } = await restoreInto(at).plan()
    expect(blockers).toEqual([expect.objectContaining({ details: { topic: 'orders', records: 2, unsure: 2 } })])
    expect(blockers[0]?.message).toContain('index_timestamps: lazy')
  })

  test('hold raises the retention until the restore is released, and says so', async () => {
    const at = await scene(oldAndNew)
    const receipt = await restoreInto(at, { guards: { retention: 'hold' } }).run()
    expect(await valuesAt(at.target, orders)).toEqual(['0:old', '1:new'])
    expect(await settingOf(at, 'retention.ms')).toMatchObject({ value: '-1', isOverride: true })
    expect(receipt.heldTopics).toEqual(['orders'])
  })

  test('drop leaves the old records out', async () => {
    const at = await scene(oldAndNew)
    await restoreInto(at, { guards: { retention: 'drop' } }).run()
    expect(await valuesAt(at.target, orders)).toEqual(['0:new'])
    expect(await settingOf(at, 'retention.ms')).toMatchObject({ isOverride: false })
  })

  test('accept restores them and leaves the setting alone', async () => {
    const at = await scene(oldAndNew)
    await restoreInto(at, { guards: { retention: 'accept' } }).run()
    expect(await valuesAt(at.target, orders)).toHaveLength(2)
    expect(await settingOf(at, 'retention.ms')).toMatchObject({ isOverride: false })
  })

  test('a partition beyond retention.bytes blocks too', async () => {
    expect(await blockersOf(await scene(recent, { 'retention.bytes': '10' }))).toEqual(['KB_HAZARD_RETENTION'])
  })
})

describe('KB_HAZARD_TIMESTAMP_TYPE', () => {
  const stamped = { 'message.timestamp.type': 'LogAppendTime' }

  test('blocks where the target would overwrite the times', async () => {
    expect(await blockersOf(await scene(recent, stamped))).toEqual(['KB_HAZARD_TIMESTAMP_TYPE'])
  })

  test('switch keeps the times, and puts the setting back', async () => {
    const at = await scene(recent, stamped)
    await restoreInto(at, { guards: { timestampType: 'switch' } }).run()
    expect(await settingOf(at, 'message.timestamp.type')).toMatchObject({ value: 'LogAppendTime', isOverride: true })
    expect(await valuesAt(at.target, orders)).toEqual(['0:new'])
  })

  test('accept lets the broker stamp', async () => {
    const at = await scene(recent, stamped)
    await restoreInto(at, { guards: { timestampType: 'accept' } }).run()
    expect(await valuesAt(at.target, orders)).toEqual(['0:new'])
  })
})

describe('KB_HAZARD_MESSAGE_SIZE', () => {
  const large = [
    { key: 'a', value: 'x'.repeat(5_000) },
    { key: 'b', value: 'small' },
  ] as const

  /** Two batches, since a batch of both would be split. */
  async function withLimit(): Promise<Scene> {
    const at = await scene([large[0]])
    await at.target.simulation.createTopic('orders', { configs: { 'max.message.bytes': '2000' } })
    return at
  }

  test('blocks where the target takes no batch that large', async () => {
    expect(await blockersOf(await withLimit())).toEqual(['KB_HAZARD_MESSAGE_SIZE'])
  })

  test('hold raises the limit and puts it back', async () => {
    const at = await withLimit()
    const receipt = await restoreInto(at, { guards: { messageSize: 'hold' } }).run()
    expect(receipt.records).toBe(1)
    expect(await settingOf(at, 'max.message.bytes')).toMatchObject({ value: '2000', isOverride: true })
  })

  test('drop leaves the large record out', async () => {
    const at = await withLimit()
    const receipt = await restoreInto(at, { guards: { messageSize: 'drop' } }).run()
    expect(receipt).toMatchObject({ records: 0, recordsSkipped: 1 })
  })
})

describe('KB_HAZARD_GROUP_ACTIVE', () => {
  async function withMember(): Promise<Scene> {
    const at = await scene(recent)
    await at.target.simulation.joinGroup('billing')
    return at
  }
  const groups = ['billing']

  test('blocks a group with members, naming them', async () => {
    const at = await withMember()
    const { blockers } = await restoreInto(at, { groups }).plan()
    expect(blockers).toMatchObject([{ code: 'KB_HAZARD_GROUP_ACTIVE', details: { groupId: 'billing' } }])
  })

  test.each(['skip', 'wait'] as const)(
    '%s does not block, and the plan still names the members',
    async (groupsActive) => {
      const plan = await restoreInto(await withMember(), { groups, guards: { groupsActive } }).plan()
      expect(plan.blockers).toEqual([])
      expect(plan.hazards.map(({ code }) => code)).toEqual(['KB_HAZARD_GROUP_ACTIVE', 'KB_HAZARD_GROUP_EXPIRY'])
      expect(plan.hazards[0]?.message).toContain(' on ')
      expect(plan.groups.map(({ isSkipped }) => isSkipped)).toEqual([groupsActive === 'skip'])
      expect(String(plan).includes('it has members and is left as it is')).toBe(groupsActive === 'skip')
    },
  )

  test('a plan tells the end of the window from when a group last moved', async () => {
    const at = await scene(recent)
    const end = NOW + DAY_MS
    const plan = await restoreInto(at, { groups, window: { end } }).plan()
    const asOf = `as of ${new Date(Number(end)).toISOString()} (last moved at `
    expect(String(plan)).toContain(asOf)
    expect(String(await restoreInto(at, { groups }).plan())).toContain('as of the end of the archive (last moved at ')
  })

  test('a group that the archive does not have is refused without a moment that nobody named, with the name that is close', async () => {
    const at = await scene(recent)
    const asked = { groups: ['biling'] }
    await expect(restoreInto(at, asked).plan()).rejects.toMatchObject({
      code: 'KB_GROUP_NOT_FOUND',
      message: expect.stringMatching(/knows no position of `biling`$/),
      hint: 'did you mean billing? archived groups are billing',
    })
    await expect(restoreInto(at, { ...asked, window: { end: NOW + DAY_MS } }).plan()).rejects.toMatchObject({
      message: expect.stringContaining(new Date(Number(NOW + DAY_MS)).toISOString()),
    })
  })

  test('a group that was captured behind the end of the window only is left as it is, and said to be known from when on', async () => {
    const at = await scene(oldAndNew)
    await at.target.simulation.joinGroup('billing')
    const asked = { groups, window: { end: NOW - DAY_MS } }
    const plan = await restoreInto(at, asked).plan()
    const told = plan.hazards.filter(({ code }) => code.startsWith('KB_HAZARD_GROUP'))
    expect(told).toMatchObject([{ code: 'KB_HAZARD_GROUP_POSITION', blocks: false, details: { groupId: 'billing' } }])
    expect(plan.groups).toMatchObject([{ groupId: 'billing', positions: [], isSkipped: false }])
  })

  test('skip leaves it as it is and says so', async () => {
    const at = await withMember()
    const receipt = await restoreInto(at, { groups, guards: { groupsActive: 'skip' } }).run()
    expect(receipt.groups).toMatchObject([
      { groupId: 'billing', outcome: 'skipped', reason: expect.stringMatching(/^has members \(.+ on .+\)$/) },
    ])
    expect(receipt.warnings.map(({ code }) => code)).toContain('KB_HAZARD_GROUP_ACTIVE')
    expect(await at.target.fetchGroupOffsets(groups)).toMatchObject([{ offsets: [] }])
  })

  test('wait sets it once its members have left', async () => {
    const at = await scene(recent)
    const member = await at.target.simulation.joinGroup('billing')
    const waits: RestoreEvent[] = []
    const onEvent = (event: RestoreEvent) => {
      if (event.type !== 'group-wait') return
      waits.push(event)
      void at.target.simulation.leaveGroup('billing', member.memberId)
    }
    const running = restoreInto(at, { groups, guards: { groupsActive: 'wait' } }).run({ onEvent })
    expect((await running).groups).toMatchObject([{ groupId: 'billing', outcome: 'reset' }])
    expect(waits).toMatchObject([{ groupId: 'billing', members: [expect.stringContaining(' on ')] }])
  })
})

describe('KB_HAZARD_PARTITIONS_MISSING', () => {
  async function withFewer(): Promise<Scene> {
    const source = new MemoryKafkaCluster({ clusterId: 'source' })
    const storage = new MemoryBlobStore()
    await source.simulation.createTopic('orders', { partitionCount: 3 })
    await source.simulation.append({ topic: 'orders', partition: 2 }, recent)
    await createBackup({ source, storage, backupId: 'b', topics: ['orders'] }).run()
    const target = new MemoryKafkaCluster({ clusterId: 'target' })
    await target.simulation.createTopic('orders', { partitionCount: 2 })
    return { storage, target }
  }

  test('blocks a target with fewer partitions, with the number of records that would have no place', async () => {
    const { blockers } = await restoreInto(await withFewer()).plan()
    expect(blockers).toMatchObject([
      { code: 'KB_HAZARD_PARTITIONS_MISSING', details: { partitions: 2, missing: 1, records: 1 } },
    ])
  })

  test('add gives the topic the partitions that it lacks', async () => {
    const at = await withFewer()
    await restoreInto(at, { guards: { partitions: 'add' } }).run()
    expect((await at.target.describeTopics(['orders']))[0]?.partitions).toHaveLength(3)
    expect(await valuesAt(at.target, { topic: 'orders', partition: 2 })).toEqual(['0:new'])
  })
})
