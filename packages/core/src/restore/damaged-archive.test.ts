import { expect, test } from 'vitest'
import { createBackup } from '../backup/create-backup.ts'
import { MemoryBlobStore } from '../testing/memory-blob-store.ts'
import { orders, valuesAt } from '../testing/memory-kafka/orders-cluster.ts'
import { MemoryKafkaCluster } from '../testing/memory-kafka-cluster.ts'
import { createRestore } from './create-restore.ts'
import { tryDamages } from './testing/damage-trials.ts'

const SAMPLE = 300

// Every byte and every length are tried by test-harness/e2e/every-byte.test.ts.
test('whatever byte is flipped, and wherever an object is cut: validation names the object, and no restore gives a wrong record', {
  timeout: 120_000,
}, async () => {
  const { faults, flips, cuts, restores } = await tryDamages({ first: 0, step: 1, limit: SAMPLE, seed: 20_261_121 })
  expect(faults).toEqual([])
  for (const count of [flips, cuts, restores.restored, restores.KB_ARCHIVE_DAMAGED]) expect(count).toBeGreaterThan(30)
})

test('a restore that comes to damage names the partition, says what stands in the target, and goes on once the archive is whole', async () => {
  const source = new MemoryKafkaCluster({ clusterId: 'source' })
  const target = new MemoryKafkaCluster({ clusterId: 'target' })
  const storage = new MemoryBlobStore()
  await source.simulation.createTopic('orders', { partitionCount: 2 })
  const keys: string[] = []
  for (const turn of [1, 2]) {
    for (const partition of [0, 1])
      await source.simulation.append({ topic: 'orders', partition }, [{ value: `${turn}${'x'.repeat(5_000)}` }])
    await createBackup({ source, storage, backupId: 'b', topics: ['orders'] }).run()
    keys.push(...storage.keys('b/bundles/').filter((key) => !keys.includes(key)))
  }
  const [, second = ''] = keys
  const whole = await storage.get(second)
  await storage.put(second, Buffer.alloc(whole.length))
  const restore = createRestore({ storage, backupId: 'b', target, maxConcurrentPartitions: 1 })
  const failed = restore.run()
  await expect(failed).rejects.toMatchObject({
    code: 'KB_ARCHIVE_DAMAGED',
    message: expect.stringMatching(
      /^orders\/0 cannot be restored, .*in the target by now: orders\/0 at least 1 record \(offsets 0 to 0\)/,
    ),
    hint: expect.stringMatching(/run the same restore again.*To remove .*delete orders, which it created/),
    details: {
      topic: 'orders',
      partition: 0,
      restored: [
        ['orders', 0, 1, 0n, 1n],
        ['orders', 1, 0, 0n, 0n],
      ],
    },
  })
  await storage.put(second, whole)
  const { restoreId } = await restore.run()
  expect(await failed.catch(({ details }) => details.restoreId)).toBe(restoreId)
  const values = await valuesAt(target, orders)
  expect(values.map((value) => value.slice(0, 3))).toEqual(['0:1', '1:2'])
})
