import assert from 'node:assert/strict'
import type { KafkaCluster } from '../../kafka/kafka-cluster.ts'
import type { FetchedPartition, FetchRequest, ProduceResult } from '../../kafka/kafka-data.ts'
import type { TopicPartition } from '../../kafka/topic-partition.ts'

/** What a case of the contract works on. */
export interface ClusterUnderTest {
  readonly cluster: KafkaCluster
  /** Names of all topics and groups that the case makes begin with it. */
  readonly prefix: string
  /** A name for a topic; the case creates it. */
  readonly topic: string
  /** A name for a group. */
  readonly group: string
}

export interface ClusterCase {
  readonly name: string
  readonly run: (tested: ClusterUnderTest) => Promise<void>
}

/** Settings that keep records of any time. */
const KEEP: Readonly<Record<string, string>> = { 'retention.ms': '-1' }

/** Creates a topic and asserts that this succeeds. */
export async function createTopic(
  cluster: KafkaCluster,
  topic: string,
  { partitionCount = 1, configs = {} }: { partitionCount?: number; configs?: Readonly<Record<string, string>> } = {},
): Promise<void> {
  const wanted = { topic, partitionCount, replicationFactor: -1, configs: { ...KEEP, ...configs } }
  assert.deepEqual(await cluster.createTopics([wanted]), [{ topic }])
}

/** Produces one batch and asserts that this succeeds. */
export async function produceOne(
  cluster: KafkaCluster,
  partition: TopicPartition,
  batch: Buffer,
): Promise<ProduceResult> {
  const [result] = await cluster.produce({ partitions: [{ ...partition, batch }], timeoutMs: 30_000 })
  assert.ok(result, 'produce gave no result')
  assert.equal(result.error, undefined, `produce failed: ${result.error?.name}`)
  return result
}

/** What a fetch asks for unless a case says otherwise. */
export const FETCH_LIMITS: Omit<FetchRequest, 'partitions'> = {
  maxBytes: 1024 * 1024,
  minBytes: 1,
  maxWaitMs: 500,
  isolation: 'read_uncommitted',
}

/** Fetches from one partition. */
export async function fetchOne(
  cluster: KafkaCluster,
  partition: TopicPartition,
  offset: bigint,
): Promise<FetchedPartition> {
  const response = await cluster.fetch({
    ...FETCH_LIMITS,
    partitions: [{ ...partition, offset, maxBytes: 1024 * 1024 }],
  })
  const [fetched] = response.partitions
  assert.ok(fetched, 'fetch gave no partition')
  return fetched
}

/** Waits, for a change that a cluster shows a little later, until the check passes; then gives what it last saw. */
export async function eventually<Value>(read: () => Promise<Value>, check: (value: Value) => void): Promise<Value> {
  const attempts = 100
  for (let attempt = 1; ; attempt++) {
    const value = await read()
    try {
      check(value)
      return value
    } catch (error) {
      if (attempt === attempts) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}
