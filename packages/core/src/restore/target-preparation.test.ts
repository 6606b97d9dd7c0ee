import { expect, test } from 'vitest'
import { systemEnvironment } from '../archive/environment.ts'
import { MemoryKafkaCluster } from '../testing/memory-kafka-cluster.ts'
import type { TopicPreparation } from './journal-entries.ts'
import { prepareTopics } from './target-preparation.ts'

function creationOf(topic: string, partitionCount: number): TopicPreparation {
  return { topic, topicId: null, action: 'create', partitionCount, replicationFactor: 1, configs: {}, holds: [] }
}

test('topics are created in requests of at most 500 partitions, unless one topic has more, and said to be once they are', async () => {
  const cluster = new MemoryKafkaCluster({ brokerCount: 1 })
  const counts = [200, 300, 1, 700, 499, 1]
  const topics = counts.map((partitionCount, index) => creationOf(`t${index}`, partitionCount))
  const signal = new AbortController().signal
  const created: string[] = []
  const onCreated = ({ topic }: TopicPreparation) => void created.push(topic)
  await prepareTopics({ cluster, environment: systemEnvironment, signal, onCreated }, topics)
  expect(cluster.faults.callCount('createTopics')).toBe(4)
  expect(created).toEqual(topics.map(({ topic }) => topic))
  await prepareTopics({ cluster, environment: systemEnvironment, signal, onCreated }, topics)
  expect(created).toHaveLength(topics.length)
  const described = await cluster.describeTopics(topics.map(({ topic }) => topic))
  expect(described.map(({ partitions }) => partitions.length)).toEqual(counts)
})
