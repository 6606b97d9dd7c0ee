import { expect, test } from 'vitest'
import { systemEnvironment } from '../archive/environment.ts'
import { MemoryKafkaCluster } from '../testing/memory-kafka-cluster.ts'
import type { TopicPreparation } from './journal-entries.ts'
import { prepareTopics } from './target-preparation.ts'

function creationOf(topic: string, partitionCount: number): TopicPreparation {
  return { topic, action: 'create', partitionCount, replicationFactor: 1, configs: {}, holds: [] }
}

test('topics are created in requests of at most 500 partitions, unless one topic has more', async () => {
  const cluster = new MemoryKafkaCluster({ brokerCount: 1 })
  const counts = [200, 300, 1, 700, 499, 1]
  const topics = counts.map((partitionCount, index) => creationOf(`t${index}`, partitionCount))
  const signal = new AbortController().signal
  await prepareTopics({ cluster, environment: systemEnvironment, signal }, topics)
  expect(cluster.faults.callCount('createTopics')).toBe(4)
  const described = await cluster.describeTopics(topics.map(({ topic }) => topic))
  expect(described.map(({ partitions }) => partitions.length)).toEqual(counts)
})
