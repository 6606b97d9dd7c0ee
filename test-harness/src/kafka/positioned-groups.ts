import type { GroupOffset, KafkaCluster } from '@kbackup/core'
import { createTopic } from './create-topic.ts'
import { plaintextClient } from './plaintext-client.ts'
import type { TestKafka } from './test-kafka.ts'

export interface NumberedTopic {
  readonly topic: string
  readonly partitions: number
  /** Of each partition. */
  readonly records: number
  readonly replicas?: number | undefined
}

/** Creates a topic whose records are numbers, for groups to stand at. */
export async function produceNumbers(
  kafka: Pick<TestKafka, 'plaintextServers'>,
  { topic, partitions, records, replicas }: NumberedTopic,
): Promise<void> {
  await createTopic(kafka, { topic, partitions, replicas })
  const producer = plaintextClient(kafka.plaintextServers).producer()
  await producer.connect()
  const messages = Array.from({ length: partitions * records }, (_none, index) => ({
    partition: index % partitions,
    value: `${index}`,
  }))
  await producer.send({ topic, messages })
  await producer.disconnect()
}

/** Positions in the first partitions of a topic. */
export function positionsIn(
  topic: string,
  partitions: number,
  offsetOf: (partition: number) => bigint,
): readonly GroupOffset[] {
  return Array.from({ length: partitions }, (_none, partition) => {
    return { topic, partition, offset: offsetOf(partition), leaderEpoch: -1, metadata: '' }
  })
}

/** Commits the positions of each group. */
export async function placeGroups(
  cluster: KafkaCluster,
  groupIds: readonly string[],
  positionsOf: (index: number) => readonly GroupOffset[],
): Promise<void> {
  const results = await Promise.all(groupIds.map((id, index) => cluster.commitGroupOffsets(id, positionsOf(index))))
  const failed = results.flat().find(({ error }) => error !== undefined)
  if (failed !== undefined) throw new Error(`a group could not be placed: ${failed.error?.name}`)
}
