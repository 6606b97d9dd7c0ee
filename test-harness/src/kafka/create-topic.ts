import { plaintextClient } from './plaintext-client.ts'
import type { TestKafka } from './test-kafka.ts'

/** A topic to create. */
export interface TopicOptions {
  readonly topic: string
  readonly partitions?: number | undefined
  readonly replicas?: number | undefined
  /** Topic configuration. `retention.ms` is −1 where it does not say otherwise, because brokers delete old records at once. */
  readonly config?: Readonly<Record<string, string>> | undefined
}

/** Creates a topic and waits until it has leaders. */
export async function createTopic(kafka: Pick<TestKafka, 'plaintextServers'>, options: TopicOptions): Promise<void> {
  const { topic, partitions = 1, replicas = 1, config = {} } = options
  const configEntries = Object.entries({ 'retention.ms': '-1', ...config }).map(([name, value]) => ({ name, value }))
  const admin = plaintextClient(kafka.plaintextServers).admin()
  try {
    await admin.connect()
    await admin.createTopics({
      waitForLeaders: true,
      topics: [{ topic, numPartitions: partitions, replicationFactor: replicas, configEntries }],
    })
  } finally {
    await admin.disconnect()
  }
}
