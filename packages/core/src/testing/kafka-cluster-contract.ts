import { randomBytes } from 'node:crypto'
import type { KafkaCluster } from '../kafka/kafka-cluster.ts'
import type { ContractCase } from './contract-case.ts'
import type { ClusterCase, ClusterUnderTest } from './kafka-cluster-contract/cluster-case.ts'
import { fetchCases } from './kafka-cluster-contract/fetch-cases.ts'
import { groupCases } from './kafka-cluster-contract/group-cases.ts'
import { lifecycleCases } from './kafka-cluster-contract/lifecycle-cases.ts'
import { offsetCases } from './kafka-cluster-contract/offset-cases.ts'
import { produceCases } from './kafka-cluster-contract/produce-cases.ts'
import { producerCases } from './kafka-cluster-contract/producer-cases.ts'
import { topicCases } from './kafka-cluster-contract/topic-cases.ts'

/**
 * The promises of {@link KafkaCluster}, sentence by sentence, as cases for any test runner.
 *
 * `makeCluster` is called at the start of each case, and once more to delete the topics that it made: each time for a
 * new client, which the suite closes, of the same or another cluster. Topics and groups that a case makes bear names of
 * its own, so that a cluster in use can be checked too.
 *
 * @example
 * ```ts
 * import { kafkaClusterContract } from '@kbackup/core/testing'
 * import { kafka } from '@kbackup/kafka-io'
 * import { it } from 'vitest'
 *
 * for (const { name, run } of kafkaClusterContract(() => kafka({ brokers: ['localhost:9092'] }))) it(name, run)
 * ```
 */
export function kafkaClusterContract(makeCluster: () => KafkaCluster | Promise<KafkaCluster>): readonly ContractCase[] {
  const cases: readonly ClusterCase[] = [
    ...lifecycleCases,
    ...topicCases,
    ...offsetCases,
    ...produceCases,
    ...producerCases,
    ...fetchCases,
    ...groupCases,
  ]
  return cases.map(({ name, run }) => ({ name, run: () => runAndClean(makeCluster, run) }))
}

async function runAndClean(
  makeCluster: () => KafkaCluster | Promise<KafkaCluster>,
  run: (tested: ClusterUnderTest) => Promise<void>,
): Promise<void> {
  const cluster = await makeCluster()
  const prefix = `kbackup-contract-${randomBytes(8).toString('hex')}`
  try {
    await run({ cluster, prefix, topic: `${prefix}-topic`, group: `${prefix}-group` })
  } finally {
    await cluster.close()
  }
  await using cleaner = await makeCluster()
  await deleteTopicsOf(cleaner, prefix)
}

async function deleteTopicsOf(cluster: KafkaCluster, prefix: string): Promise<void> {
  const topics = (await cluster.describeTopics('all')).map(({ topic }) => topic)
  await cluster.deleteTopics(topics.filter((topic) => topic.startsWith(prefix)))
}
