import { describe, expect, it } from 'vitest'
import { createBackup } from '../../backup/create-backup.ts'
import { MemoryBlobStore } from '../../testing/memory-blob-store.ts'
import { MemoryKafkaCluster } from '../../testing/memory-kafka-cluster.ts'
import type { RestoreOptions } from '../restore-options.ts'
import {
  archiveOf,
  NOW,
  numbered,
  onlyMissing,
  orders,
  targetOf,
  valuesAt,
  valuesFrom,
} from '../testing/only-missing-scene.ts'

describe('a restore of what is missing', () => {
  it('produces what the beginning of the log that was backed up has lost, behind what came since', async () => {
    const at = await archiveOf([numbered(0, 4), numbered(4, 8), numbered(8, 12)])
    await at.source.deleteRecords([{ ...orders, beforeOffset: 6n }])
    await at.source.simulation.append(orders, [{ value: 'later' }])
    const plan = await onlyMissing(at, at.source, { guards: {} }).plan()
    expect(plan.topics[0]).toMatchObject({ records: 6, recordsPresent: 6, exact: true })
    expect(plan.blockers).toMatchObject([
      { code: 'KB_HAZARD_ORDER', details: { missing: 6, present: 6, overtaken: 6, others: 1 } },
    ])
    await onlyMissing(at, at.source).run()
    expect(await valuesAt(at.source, 6n)).toEqual([...valuesFrom(6, 12), 'later', ...valuesFrom(0, 6)])
  })

  it('blocks where an unsettled order would change, and not where the missing records are the last ones', async () => {
    const at = await archiveOf([numbered(0, 6)])
    const [first, last] = [await targetOf([numbered(0, 3)]), await targetOf([numbered(3, 6)])]
    expect((await onlyMissing(at, first, { guards: {} }).plan()).blockers).toEqual([])
    await expect(onlyMissing(at, last, { guards: {} }).run()).rejects.toMatchObject({ code: 'KB_PLAN_BLOCKED' })
    await onlyMissing(at, first, { guards: {} }).run()
    expect(await valuesAt(first)).toEqual(valuesFrom(0, 6))
  })

  it('knows records by their original headers only where key, value, own headers and timestamp are equal too', async () => {
    const at = await archiveOf([numbered(0, 3)])
    const [, second] = numbered(0, 3)
    const headers = [
      ['x-original-offset', Buffer.from('1')],
      ['x-original-timestamp', Buffer.from(String(second?.timestamp))],
    ] as const
    const target = await targetOf([
      [
        { ...second, headers },
        { ...second, headers, value: 'another' },
      ],
    ])
    const { records, recordsPresent } = await onlyMissing(at, target).run()
    expect({ records, recordsPresent }).toEqual({ records: 2, recordsPresent: 1 })
    expect(await valuesAt(target)).toEqual(['v1', 'another', 'v0', 'v2'])
  })

  it('does not take another record at the same offset of the log that was backed up for the archived one', async () => {
    const at = await archiveOf([numbered(0, 2), numbered(2, 4)])
    await at.source.simulation.electLeader(orders, { truncateTo: 2n })
    await at.source.simulation.append(orders, [{ value: 'in its place' }])
    await onlyMissing(at, at.source).run()
    expect(await valuesAt(at.source)).toEqual(['v0', 'v1', 'in its place', 'v2', 'v3'])
  })

  it('does not take records of an aborted transaction for what they would have been', async () => {
    const at = await archiveOf([numbered(0, 2)])
    const target = await targetOf([])
    const transaction = target.simulation.beginTransaction()
    await transaction.append(orders, numbered(0, 2))
    await transaction.abort()
    await target.simulation.append(orders, numbered(0, 1))
    expect((await onlyMissing(at, target).run()).records).toBe(1)
  })

  it('blocks where a transaction is open, behind which records stand that cannot be read yet', async () => {
    const at = await archiveOf([numbered(0, 4)])
    const target = await targetOf([numbered(0, 2)])
    const transaction = target.simulation.beginTransaction()
    await transaction.append(orders, numbered(2, 3))
    await target.simulation.append(orders, numbered(3, 4))
    const { hazards } = await onlyMissing(at, target).plan()
    expect(hazards).toMatchObject([
      { code: 'KB_HAZARD_TARGET_HAS_RECORDS', blocks: true, details: { partitions: [0] } },
    ])
    await transaction.commit()
    expect((await onlyMissing(at, target).run()).records).toBe(0)
  })

  it('blocks where a broker has overwritten the times by which records would be known', async () => {
    const at = await archiveOf([numbered(0, 2)])
    const target = new MemoryKafkaCluster({ clusterId: 'target', now: () => NOW })
    await target.simulation.createTopic('orders', { configs: { 'message.timestamp.type': 'LogAppendTime' } })
    await target.simulation.append(orders, [...numbered(1, 2), { value: 'other' }])
    const plan = await onlyMissing(at, target, { guards: { order: 'accept', timestampType: 'accept' } }).plan()
    expect(plan.blockers).toMatchObject([{ code: 'KB_HAZARD_TARGET_HAS_RECORDS', details: { records: 1 } }])
  })

  it('restores each record once where two source partitions are merged, and hold equal ones', async () => {
    const source = new MemoryKafkaCluster({ clusterId: 'source', now: () => NOW })
    const storage = new MemoryBlobStore()
    await source.simulation.createTopic('orders', { partitionCount: 2 })
    for (const partition of [0, 1]) await source.simulation.append({ topic: 'orders', partition }, numbered(0, 3))
    await createBackup({ source, storage, backupId: 'b', topics: ['orders'] }).run()
    const target = await targetOf([numbered(0, 3), numbered(1, 2)])
    const { records } = await onlyMissing({ source, storage }, target, { partitionMapping: { 1: 0 } }).run()
    expect(records).toBe(2)
    expect((await valuesAt(target)).toSorted()).toEqual([...valuesFrom(0, 3), ...valuesFrom(0, 3)].toSorted())
  })

  it('sets a group that had read everything before records that came later, and one behind before what it lacks', async () => {
    const at = await archiveOf([numbered(0, 4)])
    const groups = [
      ['caught-up', 4n],
      ['behind', 3n],
    ] as const
    for (const [groupId, offset] of groups) {
      await at.source.commitGroupOffsets(groupId, [{ ...orders, offset, leaderEpoch: -1, metadata: groupId }])
    }
    await createBackup({
      source: at.source,
      storage: at.storage,
      backupId: 'b',
      topics: ['orders'],
      consumerGroups: 'all',
    }).run()
    await at.source.deleteRecords([{ ...orders, beforeOffset: 2n }])
    await at.source.simulation.append(orders, [{ value: 'later' }])
    const receipt = await onlyMissing(at, at.source, { groups: 'all' }).run()
    expect(receipt.groups.map(({ targets }) => targets[0]?.sources)).toEqual([[orders], [orders]])
    const positions = await at.source.fetchGroupOffsets(groups.map(([groupId]) => groupId))
    expect(positions.map(({ groupId, offsets }) => [groupId, offsets[0]?.offset])).toEqual(groups)
    expect(positions.map(({ groupId, offsets }) => [groupId, offsets[0]?.metadata])).toEqual(
      groups.map(([groupId]) => [groupId, groupId]),
    )
  })

  it('refuses what records could not be recognised with', async () => {
    const at = await archiveOf([numbered(0, 1)])
    const target = await targetOf([])
    const others: readonly Partial<RestoreOptions>[] = [
      { transform: { version: '1', apply: (record) => record } },
      { groupStrategy: 'timestamp-based' },
      { groupStrategy: 'cluster-scan' },
    ]
    for (const other of others) expect(() => onlyMissing(at, target, other)).toThrow(/'only-missing' beside/)
  })

  it('opens a batch once, however many of its records are there', async () => {
    const at = await archiveOf([numbered(0, 12)])
    const held = [1, 2, 5, 8, 10].map((first) => numbered(first, first + 1))
    const target = await targetOf(held)
    const { records, read } = await onlyMissing(at, target).run()
    expect([records, read.batchesDecoded]).toEqual([7, 1])
    const missing = [0, 3, 4, 6, 7, 9, 11].flatMap((first) => valuesFrom(first, first + 1))
    expect((await valuesAt(target)).slice(held.length)).toEqual(missing)
  })

  it('compares as many records as half of the memory holds', async () => {
    // 160 bytes a record
    const many = Array.from({ length: 150 }, (_, index) => numbered(index * 20, index * 20 + 20))
    const [at, target] = [await archiveOf(many), await targetOf(many)]
    const [topic] = (await onlyMissing(at, target, { maxMemoryBytes: 1 << 20 }).plan()).topics
    expect(topic).toMatchObject({ records: 0, recordsPresent: 3_000 })
  })

  it('refuses to compare more records than the memory allows', async () => {
    const many = Array.from({ length: 200 }, (_, index) => numbered(index * 20, index * 20 + 20))
    const [at, target] = [await archiveOf(many), await targetOf(many)]
    const plan = onlyMissing(at, target, { maxMemoryBytes: 1 << 20 }).plan()
    await expect(plan).rejects.toMatchObject({
      code: 'KB_CONFIG_INVALID',
      hint: expect.stringContaining('maxMemoryBytes'),
    })
  })
})
