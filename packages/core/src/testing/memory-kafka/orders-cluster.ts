import { decodeRecords } from '../../batch/batch-records.ts'
import { type RecordBatch, readBatches } from '../../batch/record-batch.ts'
import type { FetchedPartition, FetchRequest, ProduceResult } from '../../kafka/kafka-data.ts'
import type { TopicPartition } from '../../kafka/topic-partition.ts'
import { MemoryKafkaCluster } from '../memory-kafka-cluster.ts'
import { encodeTestBatch, type TestRecord } from './test-record.ts'

/** What the clock of {@link ordersCluster} always says. */
export const NOW = 1_700_000_000_000n
export const orders = { topic: 'orders', partition: 0 }

/** A cluster with a topic `orders` of two partitions, in which time stands still. */
export async function ordersCluster(): Promise<MemoryKafkaCluster> {
  const cluster = new MemoryKafkaCluster({ now: () => Number(NOW) })
  await cluster.simulation.createTopic('orders', { partitionCount: 2 })
  return cluster
}

export function numbered(count: number, from = 0): readonly TestRecord[] {
  return Array.from({ length: count }, (_, index) => ({ key: `k${from + index}`, value: `v${from + index}` }))
}

export function encoded(records: readonly TestRecord[], flags = 0): Promise<Buffer> {
  return encodeTestBatch(records, { now: NOW, flags })
}

export interface FetchOneOptions extends Partial<FetchRequest> {
  readonly offset?: bigint
  readonly partitionMaxBytes?: number
}

export async function fetchOne(
  cluster: MemoryKafkaCluster,
  where: TopicPartition,
  options: FetchOneOptions = {},
): Promise<FetchedPartition> {
  const { offset = 0n, partitionMaxBytes: maxBytes = 1_000_000, ...rest } = options
  const request = { maxBytes: 1_000_000, minBytes: 0, maxWaitMs: 0, isolation: 'read_uncommitted', ...rest } as const
  const { partitions } = await cluster.fetch({ ...request, partitions: [{ ...where, offset, maxBytes }] })
  const [fetched] = partitions
  if (fetched === undefined) throw new Error('no answer')
  return fetched
}

export function batchesOf({ records, topic, partition }: FetchedPartition): readonly RecordBatch[] {
  return [...readBatches(records, { topic, partition })]
}

/** The records of a partition as `offset:value`. */
export async function valuesAt(
  cluster: MemoryKafkaCluster,
  where: TopicPartition,
  options?: FetchOneOptions,
): Promise<readonly string[]> {
  const batches = batchesOf(await fetchOne(cluster, where, options)).filter(({ isControl }) => !isControl)
  const records = await Promise.all(batches.map((batch) => decodeRecords(batch, where)))
  return records.flat().map(({ offset, value }) => `${offset}:${value}`)
}

export async function produceOne(
  cluster: MemoryKafkaCluster,
  batch: Buffer,
  where: TopicPartition = orders,
): Promise<ProduceResult> {
  const [result] = await cluster.produce({ partitions: [{ ...where, batch }], timeoutMs: 1_000 })
  if (result === undefined) throw new Error('no answer')
  return result
}
