import { expect, test } from 'vitest'
import { createBackup } from '../backup/create-backup.ts'
import { createRestore } from '../restore/create-restore.ts'
import { MemoryBlobStore } from '../testing/memory-blob-store.ts'
import { MemoryKafkaCluster } from '../testing/memory-kafka-cluster.ts'
import { openArchive } from './archive.ts'

const orders = { topic: 'orders', partition: 0 }
const START = BigInt(Date.now()) - 100_000n

async function archived() {
  const [source, storage] = [new MemoryKafkaCluster(), new MemoryBlobStore()]
  await source.simulation.createTopic('orders', { partitionCount: 2 })
  const records = Array.from({ length: 10 }, (_, i) => ({ key: `k${i}`, value: `v${i}`, timestamp: START + BigInt(i) }))
  await source.simulation.append(orders, records, { codec: 'gzip' })
  await source.commitGroupOffsets('billing', [{ ...orders, offset: 3n, leaderEpoch: -1, metadata: 'noted' }])
  await createBackup({ source, storage, backupId: 'b', topics: ['orders'], consumerGroups: 'all' }).run()
  return { source, storage, archive: await openArchive(storage, 'b') }
}

test('records are read in order, inside an inclusive window, without Kafka', async () => {
  const { archive } = await archived()
  const read: string[] = []
  for await (const record of archive.records({ topics: ['ord*'], window: { start: START + 2n, end: START + 4n } })) {
    read.push(`${record.partition}:${record.offset}:${record.key}:${record.value}:${record.timestamp - START}`)
  }
  expect(read).toEqual(['0:2:k2:v2:2', '0:3:k3:v3:3', '0:4:k4:v4:4'])
})

test('records that are kept stay what they were while others are read', async () => {
  const { archive } = await archived()
  const kept = []
  for await (const record of archive.records()) kept.push(record)
  expect(kept.map(({ value }) => String(value))).toEqual(Array.from({ length: 10 }, (_, i) => `v${i}`))
})

test('topics, groups and the range are there, and an unknown restore is not', async () => {
  const { archive } = await archived()
  expect(archive.topics().map(({ topic }) => topic)).toEqual(['orders'])
  expect(archive.restorableRange.earliest).toBe(START)
  const { positions } = await archive.groups()
  expect(positions).toMatchObject([{ groupId: 'billing', ...orders, offset: 3n, metadata: 'noted' }])
  await expect(archive.offsetMap('none')).rejects.toMatchObject({ code: 'KB_RESTORE_NOT_FOUND' })
  expect((await archive.verify({ depth: 'records' })).ok).toBe(true)
})

test('the offset map of a restore translates exactly', async () => {
  const { source, storage, archive } = await archived()
  const restore = createRestore({
    storage,
    backupId: 'b',
    target: source,
    window: { start: START + 2n },
    rename: { orders: 'copy' },
  })
  const { restoreId } = await restore.run()
  const map = await archive.offsetMap(restoreId)
  expect(map.translate({ ...orders, offset: 5n })).toEqual({
    kind: 'exact',
    target: { topic: 'copy', partition: 0, offset: 3n },
  })
  const { clusterId } = await source.describeCluster()
  expect(await archive.restores()).toMatchObject([
    { restoreId, finished: true, window: { start: START + 2n, end: null }, targetClusterId: clusterId },
  ])
  await expect(archive.offsetMap('other')).rejects.toMatchObject({
    code: 'KB_RESTORE_NOT_FOUND',
    hint: expect.stringContaining(`the archive has restore ${restoreId}`),
  })
})
