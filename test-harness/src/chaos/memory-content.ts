import { decodeRecords, type KafkaCluster, type KafkaRecord, readBatches } from '@kbackup/core'

const ALL_BYTES = 1 << 28

/** The records of a topic in a simulated cluster, partition after partition, in their order. */
export async function* recordsInCluster(cluster: KafkaCluster, topic: string): AsyncGenerator<KafkaRecord, void, void> {
  const [description] = await cluster.describeTopics([topic])
  for (const { partition } of description?.partitions ?? []) {
    const where = { topic, partition }
    const limits = { maxBytes: ALL_BYTES, minBytes: 0, maxWaitMs: 0, isolation: 'read_uncommitted' } as const
    const { partitions } = await cluster.fetch({
      partitions: [{ ...where, offset: 0n, maxBytes: ALL_BYTES }],
      ...limits,
    })
    for (const batch of readBatches(partitions[0]?.records ?? Buffer.alloc(0), where)) {
      yield* await decodeRecords(batch, where)
    }
  }
}
