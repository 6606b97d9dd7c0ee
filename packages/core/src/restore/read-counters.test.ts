import { expect, test } from 'vitest'
import { createBackup } from '../backup/create-backup.ts'
import { MemoryBlobStore } from '../testing/memory-blob-store.ts'
import { MemoryKafkaCluster } from '../testing/memory-kafka-cluster.ts'
import { createRestore } from './create-restore.ts'

const HOURS = 100
const HOUR_MS = 3_600_000n
const BATCHES_AN_HOUR = 60
const where = { topic: 'orders', partition: 0 }

/** A hundred hours in some 35 blocks of a mebibyte, a batch a minute. */
async function hundredHours(firstMs: bigint): Promise<MemoryBlobStore> {
  const source = new MemoryKafkaCluster({ clusterId: 'source' })
  const storage = new MemoryBlobStore()
  await source.simulation.createTopic('orders', { configs: { 'retention.ms': '-1' } })
  for (let batch = 0; batch < HOURS * BATCHES_AN_HOUR; batch++) {
    const timestamp = firstMs + (BigInt(batch) * HOUR_MS) / BigInt(BATCHES_AN_HOUR)
    await source.simulation.append(where, [
      { value: 'x'.repeat(6_000), timestamp },
      { value: 'b', timestamp },
    ])
  }
  await createBackup({ source, storage, backupId: 'b', topics: ['orders'], compression: 'none' }).run()
  return storage
}

test('a window of one hour in an archive of a hundred reads the blocks that it touches, and opens few of their batches', async () => {
  const firstMs = BigInt(Date.now()) - BigInt(HOURS) * HOUR_MS
  const storage = await hundredHours(firstMs)
  const window = { start: firstMs + 50n * HOUR_MS, end: firstMs + 51n * HOUR_MS - 1n }
  const target = new MemoryKafkaCluster({ clusterId: 'target' })
  const { read, records } = await createRestore({ storage, backupId: 'b', target, window }).run()
  expect(records).toBe(2 * BATCHES_AN_HOUR)
  expect(read.blocksRead).toBeLessThanOrEqual(2)
  expect(read.blocksRead + read.blocksSkipped).toBeGreaterThan(30)
  expect(read.batchesDecoded).toBeLessThan(read.batchesRead)
})
