import { setTimeout as sleep } from 'node:timers/promises'
import kafkajs, { type Admin } from 'kafkajs'
import { plaintextClient } from './plaintext-client.ts'
import type { TestKafka } from './test-kafka.ts'

/** A topic to create. */
export interface TopicOptions {
  readonly topic: string
  readonly partitions?: number | undefined
  readonly replicas?: number | undefined
  /**
   * Topic configuration. `retention.ms` is −1 where it does not say otherwise, because brokers delete old records at
   * once.
   */
  readonly config?: Readonly<Record<string, string>> | undefined
}

const DEADLINE_MS = 60_000
const POLL_MS = 100

/** Creates a topic and waits until it has leaders. */
export async function createTopic(kafka: Pick<TestKafka, 'plaintextServers'>, options: TopicOptions): Promise<void> {
  const { topic, partitions = 1, replicas = 1, config = {} } = options
  const configEntries = Object.entries({ 'retention.ms': '-1', ...config }).map(([name, value]) => ({ name, value }))
  const admin = plaintextClient(kafka.plaintextServers).admin()
  try {
    await admin.connect()
    // kafkajs would wait too, and fail where one of several brokers has yet to hear of the topic.
    await admin.createTopics({
      waitForLeaders: false,
      topics: [{ topic, numPartitions: partitions, replicationFactor: replicas, configEntries }],
    })
    const deadlineMs = Date.now() + DEADLINE_MS
    while (!(await hasLeaders(admin, topic, partitions))) {
      if (Date.now() > deadlineMs) throw new Error(`topic ${topic} has not got its leaders`)
      await sleep(POLL_MS)
    }
  } finally {
    await admin.disconnect()
  }
}

async function hasLeaders(admin: Admin, topic: string, partitions: number): Promise<boolean> {
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    return topics.every((found) => found.partitions.filter(({ leader }) => leader >= 0).length === partitions)
  } catch (error) {
    if (error instanceof kafkajs.KafkaJSProtocolError) return false
    throw error
  }
}
