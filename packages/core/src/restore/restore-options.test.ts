import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createBackup } from '../backup/create-backup.ts'
import { MemoryBlobStore } from '../testing/memory-blob-store.ts'
import { valuesAt } from '../testing/memory-kafka/orders-cluster.ts'
import { MemoryKafkaCluster } from '../testing/memory-kafka-cluster.ts'
import { createRestore } from './create-restore.ts'
import type { RestoreOptions } from './restore-options.ts'

const PARTITION_COUNT = 6

/** An archive of two commits: the first holds one record of each partition, the second two. */
async function archived() {
  const source = new MemoryKafkaCluster({ clusterId: 'source' })
  const storage = new MemoryBlobStore()
  await source.simulation.createTopic('orders', { partitionCount: PARTITION_COUNT })
  const commits = []
  for (const value of ['old', 'new']) {
    for (let partition = 0; partition < PARTITION_COUNT; partition++) {
      await source.simulation.append({ topic: 'orders', partition }, [{ value }])
    }
    commits.push((await createBackup({ source, storage, backupId: 'b', topics: ['orders'] }).run()).commit)
  }
  const [first, second] = commits
  if (first === undefined || second === undefined) throw new Error('two commits were meant')
  return { storage, first, second }
}

type Archived = Awaited<ReturnType<typeof archived>>

function restoreOf({ storage }: Archived, options: Partial<RestoreOptions> = {}, brokerCount = 1) {
  const target = new MemoryKafkaCluster({ clusterId: 'target', brokerCount })
  return { target, restore: createRestore({ storage, backupId: 'b', target, ...options }) }
}

describe('an option of a restore', () => {
  it('commit restores the archive as it was then, by number and by digest', async () => {
    const at = await archived()
    for (const commit of [at.first.sequence, at.first]) {
      const { target, restore } = restoreOf(at, { commit })
      expect((await restore.run()).records).toBe(PARTITION_COUNT)
      expect(await valuesAt(target, { topic: 'orders', partition: 0 })).toEqual(['0:old'])
    }
    expect((await restoreOf(at).restore.run()).records).toBe(2 * PARTITION_COUNT)
  })

  it('commit with the digest of another one is refused', async () => {
    const at = await archived()
    const commit = { ...at.first, sha256: at.second.sha256 }
    await expect(restoreOf(at, { commit }).restore.run()).rejects.toMatchObject({ code: 'KB_COMMIT_MISSING' })
  })

  it('replicationFactor is that of topics that are created', async () => {
    const at = await archived()
    for (const replicationFactor of [1, 3]) {
      const { target, restore } = restoreOf(at, { replicationFactor }, 3)
      await restore.run()
      const [described] = await target.describeTopics(['orders'])
      expect(described?.partitions[0]?.replicas).toHaveLength(replicationFactor)
    }
  })

  it.each([1, 2, 4])('maxConcurrentPartitions: %d is how many partitions are restored at once', async (most) => {
    const { target, restore } = restoreOf(await archived(), { maxConcurrentPartitions: most })
    const open = new Set<number>()
    let peak = 0
    const produce = target.produce.bind(target)
    target.produce = async (request, options) => {
      for (const { partition } of request.partitions) open.add(partition)
      peak = Math.max(peak, open.size)
      // Long enough for all that may begin to begin.
      for (let turn = 0; turn < 50; turn++) await nextTurn()
      return produce(request, options)
    }
    await restore.run({
      onEvent: (event) => {
        if (event.type === 'stream-end') open.delete(event.source.partition)
      },
    })
    expect(peak).toBe(most)
  })

  it('partitions leaves the others out', async () => {
    const { target, restore } = restoreOf(await archived(), { partitions: [1, 4] })
    expect((await restore.run()).records).toBe(4)
    const values = [0, 1, 4].map((partition) => valuesAt(target, { topic: 'orders', partition }))
    expect(await Promise.all(values)).toEqual([[], ['0:old', '1:new'], ['0:old', '1:new']])
  })
})
