import { describe, expect, it } from 'vitest'
import { createBackup } from '../backup/create-backup.ts'
import { impatientEnvironment } from '../backup/testing/backup-fixture.ts'
import { MemoryBlobStore } from '../testing/memory-blob-store.ts'
import { MemoryKafkaCluster } from '../testing/memory-kafka-cluster.ts'
import { createRestore } from './create-restore.ts'
import { recordsAt } from './testing/restored-state.ts'

const PARTITIONS = 4
const BATCHES = 24
const BATCH_BYTES = 250_000
const MIB = 1024 * 1024

/** Four partitions of six megabytes, in blocks of about a megabyte. */
async function archive(): Promise<MemoryBlobStore> {
  const [source, store] = [new MemoryKafkaCluster({ clusterId: 'source' }), new MemoryBlobStore()]
  await source.simulation.createTopic('orders', { partitionCount: PARTITIONS })
  for (let batch = 0; batch < BATCHES; batch++) {
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const value = Buffer.alloc(BATCH_BYTES, batch)
      await source.simulation.append({ topic: 'orders', partition }, [{ key: String(batch), value }])
    }
  }
  const options = { topics: ['orders'], compression: 'none', environment: impatientEnvironment } as const
  await createBackup({ source, storage: store, backupId: 'b', ...options }).run()
  return store
}

async function expectAll(target: MemoryKafkaCluster): Promise<void> {
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const records = await recordsAt(target, { topic: 'orders', partition })
    expect(records.map(({ key }) => String(key))).toEqual(Array.from({ length: BATCHES }, (_, index) => String(index)))
  }
}

describe('a restore in less memory than its streams would like', () => {
  it.each([1, 2, 6])('of %d MiB comes to its end', async (mebibytes) => {
    const [storage, target] = [await archive(), new MemoryKafkaCluster({ clusterId: 'target' })]
    const options = { backupId: 'b', maxMemoryBytes: mebibytes * MIB, environment: impatientEnvironment }
    await createRestore({ storage, target, ...options }).run()
    await expectAll(target)
  })

  it('gets all of it back when a request fails, however often', async () => {
    const [storage, target] = [await archive(), new MemoryKafkaCluster({ clusterId: 'target' })]
    for (let call = 0; call < 40; call++) {
      target.faults.schedule({
        api: 'produce',
        after: 1,
        fault: { kind: 'drop', when: call % 2 === 0 ? 'after' : 'before' },
      })
    }
    const retries: unknown[] = []
    const options = { backupId: 'b', maxMemoryBytes: 3 * MIB, environment: impatientEnvironment }
    await createRestore({ storage, target, ...options }).run({
      onEvent: (event) => {
        if (event.type === 'retry') retries.push(event.code)
      },
    })
    await expectAll(target)
    expect(retries.length).toBeGreaterThan(10)
  })
})
