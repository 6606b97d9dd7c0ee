import { describe, expect, test } from 'vitest'
import { createBackup } from '../../backup/create-backup.ts'
import { MemoryBlobStore } from '../../testing/memory-blob-store.ts'
import { MemoryKafkaCluster } from '../../testing/memory-kafka-cluster.ts'
import { NOW, orders, restoreInto, type Scene } from '../testing/hazard-scene.ts'

describe('KB_HAZARD_TRANSACTION_CUT', () => {
  /** Two transactions of 3 records, at 0, 1, 2 and at 10, 11, 12 seconds, and another producer's record. */
  async function withTransactions(): Promise<Scene> {
    const source = new MemoryKafkaCluster({ clusterId: 'source' })
    const storage = new MemoryBlobStore()
    await source.simulation.createTopic('orders')
    const at = (second: number) => ({ key: 'a', value: `v${second}`, timestamp: NOW + BigInt(second) * 1000n })
    for (const start of [0, 10]) {
      const transaction = source.simulation.beginTransaction()
      await transaction.append(orders, [at(start), at(start + 1)])
      await transaction.append(orders, [at(start + 2)])
      await transaction.commit()
    }
    await source.simulation.append(orders, [at(20)])
    await createBackup({ source, storage, backupId: 'b', topics: ['orders'] }).run()
    return { storage, target: new MemoryKafkaCluster({ clusterId: 'target' }) }
  }

  test('warns of transactions that the end of a window cuts, with their records and the window that does not', async () => {
    const plan = await restoreInto(await withTransactions(), { window: { end: NOW + 11_000n } }).plan()
    expect(plan.blockers).toEqual([])
    expect(plan.hazards).toMatchObject([
      {
        code: 'KB_HAZARD_TRANSACTION_CUT',
        details: { topic: 'orders', transactions: 1, restored: 2, leftOut: 1 },
        remedies: [{ option: 'window.end', value: new Date(Number(NOW) + 12_000).toISOString() }],
      },
    ])
  })

  test('warns of those that the start of a window cuts', async () => {
    const plan = await restoreInto(await withTransactions(), { window: { start: NOW + 1000n } }).plan()
    expect(plan.hazards).toMatchObject([{ code: 'KB_HAZARD_TRANSACTION_CUT', details: { restored: 2, leftOut: 1 } }])
  })

  test('says nothing of a window between transactions, nor of none', async () => {
    const at = await withTransactions()
    for (const window of [{ end: NOW + 5000n }, {}]) {
      expect((await restoreInto(at, { window }).plan()).hazards).toEqual([])
    }
  })
})
