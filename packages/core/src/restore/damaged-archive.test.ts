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
