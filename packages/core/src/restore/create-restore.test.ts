import { describe, expect, test } from 'vitest'
import { createBackup } from '../backup/create-backup.ts'
import { MemoryBlobStore } from '../testing/memory-blob-store.ts'
import { valuesAt } from '../testing/memory-kafka/orders-cluster.ts'
import type { TestRecord } from '../testing/memory-kafka/test-record.ts'
import { MemoryKafkaCluster } from '../testing/memory-kafka-cluster.ts'
import { createRestore } from './create-restore.ts'

const NOW = BigInt(Date.now())
const orders = { topic: 'orders', partition: 0 }
const restored = { topic: 'restored.orders', partition: 0 }

function cluster(clusterId = 'source'): MemoryKafkaCluster {
  return new MemoryKafkaCluster({ now: () => Number(NOW), clusterId })
}

/** One record a second, ending now. */
function records(count: number, from = 0): readonly TestRecord[] {
  return Array.from({ length: count }, (_, index) => ({
    key: `k${from + index}`,
    value: `v${from + index}`,
    timestamp: NOW - 1_000_000n + BigInt(from + index) * 1_000n,
  }))
}

async function backedUp(source: MemoryKafkaCluster, storage: MemoryBlobStore): Promise<void> {
  await createBackup({ source, storage, backupId: 'b', topics: ['orders'], consumerGroups: 'all' }).run()
}

describe('a restore', () => {
  test('gives back the records of the window, under the new name, and the group its place among them', async () => {
    const [source, storage] = [cluster(), new MemoryBlobStore()]
    await source.simulation.createTopic('orders')
    await source.simulation.append(orders, records(10))
    await source.commitGroupOffsets('billing', [{ ...orders, offset: 4n, leaderEpoch: -1, metadata: null }])
    await source.simulation.append(orders, records(10, 10), { codec: 'lz4' })
    await backedUp(source, storage)
    const receipt = await createRestore({
      storage,
      backupId: 'b',
      target: source,
      window: { end: NOW - 1_000_000n + 14_999n },
      rename: { orders: 'restored.orders' },
    }).run()
    expect(receipt.records).toBe(15)
    expect(receipt.recordsSkipped).toBe(5)
    expect(await valuesAt(source, restored)).toEqual(Array.from({ length: 15 }, (_, index) => `${index}:v${index}`))
  })

  test('moves a named group to its place and reads it back', async () => {
    const [source, storage, target] = [cluster(), new MemoryBlobStore(), cluster('target')]
    await source.simulation.createTopic('orders')
    await source.simulation.append(orders, records(10))
    await source.commitGroupOffsets('billing', [{ ...orders, offset: 4n, leaderEpoch: -1, metadata: null }])
    await backedUp(source, storage)
    await target.simulation.createTopic('orders')
    await target.simulation.append(orders, records(3, 100))
    const receipt = await createRestore({
      storage,
      backupId: 'b',
      target,
      existingTopics: 'append',
      groups: ['billing'],
    }).run()
    expect(receipt.groups[0]).toMatchObject({ groupId: 'billing', outcome: 'reset' })
    const [group] = await target.fetchGroupOffsets(['billing'])
    expect(group?.offsets).toMatchObject([{ ...orders, offset: 7n }])
  })

  test('refuses a target with records, before anything is written', async () => {
    const [source, storage] = [cluster(), new MemoryBlobStore()]
    await source.simulation.createTopic('orders')
    await source.simulation.append(orders, records(10))
    await backedUp(source, storage)
    await expect(createRestore({ storage, backupId: 'b', target: source }).run()).rejects.toMatchObject({
      code: 'KB_TARGET_NOT_EMPTY',
    })
    expect(await valuesAt(source, orders)).toHaveLength(10)
  })

  test('refuses a window in which nothing lies, with the range that there is, before anything is written', async () => {
    const [source, storage, target] = [cluster(), new MemoryBlobStore(), cluster('target')]
    await source.simulation.createTopic('orders')
    await source.simulation.append(orders, records(10))
    await backedUp(source, storage)
    const restore = createRestore({ storage, backupId: 'b', target, window: { end: NOW - 5_000_000n } })
    const start = new Date(Number(NOW - 1_000_000n)).toISOString()
    await expect(restore.run()).rejects.toMatchObject({
      code: 'KB_NO_DATA_IN_WINDOW',
      hint: expect.stringContaining(start),
    })
    expect(await target.describeTopics('all')).toEqual([])
  })

  test('notes in its plan where the window ends beyond what the archive knows', async () => {
    const [source, storage, target] = [cluster(), new MemoryBlobStore(), cluster('target')]
    await source.simulation.createTopic('orders')
    await source.simulation.append(orders, records(10))
    await backedUp(source, storage)
    const parts = { storage, backupId: 'b', target }
    const late = { end: BigInt(Date.now()) + 3_600_000n }
    const { notes } = await createRestore({ ...parts, window: late, rename: { orders: 'restored.orders' } }).plan()
    expect(notes).toEqual([expect.stringContaining('the archive knows its source only up to')])
    expect((await createRestore({ ...parts, rename: { orders: 'x' } }).plan()).notes).toEqual([])
  })
})
