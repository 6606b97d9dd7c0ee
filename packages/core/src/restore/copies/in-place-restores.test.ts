import { expect, it } from 'vitest'
import { createBackup } from '../../backup/create-backup.ts'
import type { KafkaCluster } from '../../kafka/kafka-cluster.ts'
import { MemoryBlobStore } from '../../testing/memory-blob-store.ts'
import { MemoryKafkaCluster } from '../../testing/memory-kafka-cluster.ts'
import { createRestore } from '../create-restore.ts'
import { emptyTarget } from '../testing/in-place-scene.ts'
import { NOW, numbered, orders, targetOf, valuesAt, valuesFrom } from '../testing/only-missing-scene.ts'

/** Brokers whose topics have no ids: all of them are the same, in every cluster. */
function withoutTopicIds(cluster: MemoryKafkaCluster): KafkaCluster {
  return new Proxy(cluster, {
    get: (inner, name) => {
      if (name === 'describeTopics') {
        return async (...args: Parameters<KafkaCluster['describeTopics']>) =>
          (await inner.describeTopics(...args)).map((topic) => ({ ...topic, topicId: '0'.repeat(32) }))
      }
      const member: unknown = Reflect.get(inner, name)
      return typeof member === 'function' ? member.bind(inner) : member
    },
  })
}

it('takes a topic of another cluster for no copy of itself where topics have no ids', async () => {
  const [source, other] = [
    new MemoryKafkaCluster({ clusterId: 'source', now: () => NOW }),
    await targetOf([numbered(20, 24)]),
  ]
  const storage = new MemoryBlobStore()
  const backUp = () =>
    createBackup({ source: withoutTopicIds(source), storage, backupId: 'b', topics: ['orders'] }).run()
  await source.simulation.createTopic('orders')
  await source.simulation.append(orders, numbered(0, 4))
  await backUp()
  const elsewhere = { backupId: 'b', storage, target: withoutTopicIds(other), existingTopics: 'append' } as const
  await createRestore(elsewhere).run()
  await source.simulation.append(orders, numbered(4, 8))
  await backUp()
  const target = await emptyTarget()
  await createRestore({ backupId: 'b', storage, target, guards: { copies: 'drop' } }).run()
  expect(await valuesAt(target)).toEqual(valuesFrom(0, 8))
})
