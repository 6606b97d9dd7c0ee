import { describe, expect, test } from 'vitest'
import { createBackup } from '../../backup/create-backup.ts'
import { MemoryBlobStore } from '../../testing/memory-blob-store.ts'
import { batchesOf, fetchOne, valuesAt } from '../../testing/memory-kafka/orders-cluster.ts'
import { MemoryKafkaCluster } from '../../testing/memory-kafka-cluster.ts'
import { orders, recent, restoreInto, type Scene } from '../testing/hazard-scene.ts'

describe('KB_HAZARD_CODEC', () => {
  async function withoutZstd(): Promise<Scene> {
    const source = new MemoryKafkaCluster({ clusterId: 'source' })
    const storage = new MemoryBlobStore()
    await source.simulation.createTopic('orders')
    await source.simulation.append(orders, [...recent, ...recent], { codec: 'zstd' })
    await source.simulation.append(orders, recent, { codec: 'none' })
    await createBackup({ source, storage, backupId: 'b', topics: ['orders'] }).run()
    return { storage, target: new MemoryKafkaCluster({ clusterId: 'target', missingCodecs: ['zstd'] }) }
  }

  test('blocks batches in a codec that the brokers do not know, with their number', async () => {
    const { blockers } = await restoreInto(await withoutZstd()).plan()
    expect(blockers).toMatchObject([{ code: 'KB_HAZARD_CODEC', details: { codecs: ['zstd'], records: 2 } }])
  })

  test('recompress gives these batches another codec, and keeps the records', async () => {
    const at = await withoutZstd()
    await restoreInto(at, { guards: { codec: 'recompress' } }).run()
    expect(await valuesAt(at.target, orders)).toEqual(['0:new', '1:new', '2:new'])
    const codecs = batchesOf(await fetchOne(at.target, orders)).map(({ codec }) => codec)
    expect(codecs).not.toContain('zstd')
  })
})
