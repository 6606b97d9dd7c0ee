import { decodeRecords, type KafkaRecord, type RecordBatch, readBatches } from '@kbackup/core'
import type { MemoryKafkaCluster } from '@kbackup/core/testing'

const ALL = { maxBytes: 100_000_000, minBytes: 0, maxWaitMs: 0, isolation: 'read_committed' } as const

/** The batches that a partition of a cluster holds; none where there is no such partition. */
export async function heldBatches(
  cluster: MemoryKafkaCluster,
  topic: string,
  partition = 0,
): Promise<readonly RecordBatch[]> {
  const where = { topic, partition, offset: 0n, maxBytes: ALL.maxBytes }
  const { partitions } = await cluster.fetch({ ...ALL, partitions: [where] })
  return partitions.flatMap(({ records }) => [...readBatches(records, { topic, partition })])
}

/** The records of a partition, in order. */
export async function heldRecords(
  cluster: MemoryKafkaCluster,
  topic: string,
  partition = 0,
): Promise<readonly KafkaRecord[]> {
  const batches = await heldBatches(cluster, topic, partition)
  const records = await Promise.all(batches.map((batch) => decodeRecords(batch, { topic, partition })))
  return records.flat()
}

/** Their values, as text. */
export async function heldValues(
  cluster: MemoryKafkaCluster,
  topic: string,
  partition = 0,
): Promise<readonly string[]> {
  return (await heldRecords(cluster, topic, partition)).map(({ value }) => String(value))
}
