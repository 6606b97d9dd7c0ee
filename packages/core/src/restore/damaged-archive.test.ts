import { expect, test } from 'vitest'
import { createBackup } from '../backup/create-backup.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import { MemoryBlobStore } from '../testing/memory-blob-store.ts'
import { valuesAt } from '../testing/memory-kafka/orders-cluster.ts'
import { MemoryKafkaCluster } from '../testing/memory-kafka-cluster.ts'
import { seededRandom } from '../testing/seeded-random.ts'
import { verifyArchive } from '../verify/verify-archive.ts'
import { createRestore } from './create-restore.ts'

const FLIPS_PER_OBJECT = 25
const orders = { topic: 'orders', partition: 0 }

async function smallArchive(): Promise<MemoryBlobStore> {
  const source = new MemoryKafkaCluster({ clusterId: 'source', offsetsTopicPartitions: 1 })
  const storage = new MemoryBlobStore()
  await source.simulation.createTopic('orders')
  for (const codec of ['none', 'lz4', 'zstd'] as const) {
    await source.simulation.append(orders, [{ value: `a ${codec}` }, { value: `b ${codec}` }], { codec })
    await source.commitGroupOffsets('billing', [{ ...orders, offset: 1n, leaderEpoch: -1, metadata: null }])
    await createBackup({ source, storage, backupId: 'b', topics: ['orders'] }).run()
  }
  return storage
}

async function copyOf(store: MemoryBlobStore): Promise<MemoryBlobStore> {
  const copy = new MemoryBlobStore()
  for (const key of store.keys()) await copy.put(key, await store.get(key))
  return copy
}

async function flipped(store: MemoryBlobStore, key: string, position: number): Promise<MemoryBlobStore> {
  const copy = await copyOf(store)
  const bytes = Buffer.from(await copy.get(key))
  bytes.writeUInt8(bytes.readUInt8(position) ^ 0x10, position)
  await copy.put(key, bytes)
  return copy
}

async function cutShort(store: MemoryBlobStore, key: string, length: number): Promise<MemoryBlobStore> {
  const copy = await copyOf(store)
  await copy.put(key, (await copy.get(key)).subarray(0, length))
  return copy
}

/** What a restore gives, or the code of its error. */
async function outcomeOf(storage: MemoryBlobStore): Promise<readonly string[] | string> {
  const target = new MemoryKafkaCluster({ clusterId: 'target', offsetsTopicPartitions: 1 })
  try {
    await createRestore({ storage, backupId: 'b', target, groups: ['billing'] }).run()
    return await valuesAt(target, orders)
  } catch (error) {
    return KbackupError.is(error) ? error.code : String(error)
  }
}

test('whatever byte of whatever object is flipped: validation names the object, and no restore gives a wrong record', async () => {
  const sound = await smallArchive()
  const expected = await outcomeOf(await copyOf(sound))
  expect(expected).toHaveLength(6)
  const random = seededRandom(20_261_121)
  for (const key of sound.keys()) {
    const { length } = await sound.get(key)
    for (let flip = 0; flip < FLIPS_PER_OBJECT; flip++) {
      const position = Math.floor(random() * length)
      const damaged = await flipped(sound, key, position)
      const { findings, ok } = await verifyArchive(damaged, 'b', { depth: 'records' })
      expect({ key, position, ok, named: findings.some((finding) => finding.key === key) }).toEqual({
        key,
        position,
        ok: false,
        named: true,
      })
      expect([expected, 'KB_ARCHIVE_DAMAGED', 'KB_ARCHIVE_FORMAT']).toContainEqual(await outcomeOf(damaged))
    }
  }
})

test('whatever object is cut short at whatever length: even a shallow validation names it, and no restore gives a wrong record', async () => {
  const sound = await smallArchive()
  const expected = await outcomeOf(await copyOf(sound))
  const random = seededRandom(7)
  for (const key of sound.keys()) {
    const { length } = await sound.get(key)
    for (let cut = 0; cut < FLIPS_PER_OBJECT / 2; cut++) {
      const damaged = await cutShort(sound, key, Math.floor(random() * length))
      const { findings } = await verifyArchive(damaged, 'b', { depth: 'objects' })
      expect({ key, named: findings.some((finding) => finding.key === key) }).toEqual({ key, named: true })
      expect([expected, 'KB_ARCHIVE_DAMAGED', 'KB_ARCHIVE_FORMAT']).toContainEqual(await outcomeOf(damaged))
    }
  }
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
