import { MemoryKafkaCluster } from '@kbackup/core/testing'

export const CHAOS_TOPIC = 'orders'
const BATCHES = 2
const RECORDS = 3
const LARGE_RECORD_BYTES = 900 * 1024
/** More than one part of an upload, of at least 5 MiB each, once it is compressed. */
const LARGE_RECORDS = 7

/** Numbers in [0, 1) that follow from a seed. */
export type Random = () => number

/** A simulated cluster with an empty topic of a few partitions. */
export async function chaosSource(random: Random): Promise<MemoryKafkaCluster> {
  const source = new MemoryKafkaCluster({ brokerCount: 2, clusterId: 'source', offsetsTopicPartitions: 2 })
  await source.simulation.createTopic(CHAOS_TOPIC, { partitionCount: 2 + Math.floor(random() * 2) })
  return source
}

/** Appends some batches to each partition; with `isLarge` one of them gets megabytes that nobody can compress. */
export async function appendRound(source: MemoryKafkaCluster, random: Random, isLarge: boolean): Promise<void> {
  const [topic] = await source.describeTopics([CHAOS_TOPIC])
  for (const { partition } of topic?.partitions ?? []) {
    const where = { topic: CHAOS_TOPIC, partition }
    for (let batch = 0; batch < BATCHES; batch += 1) {
      const records = Array.from({ length: RECORDS }, (_, index) => ({
        key: `${partition}-${batch}-${index}`,
        value: random() < 0.1 ? null : noise(random, 10 + Math.floor(random() * 500)),
      }))
      await source.simulation.append(where, records)
    }
    const large = isLarge && partition === 0 ? LARGE_RECORDS : 0
    for (let index = 0; index < large; index += 1) {
      await source.simulation.append(where, [{ key: `large-${index}`, value: noise(random, LARGE_RECORD_BYTES) }])
    }
  }
}

function noise(random: Random, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length)
  for (let at = 0; at < length; at += 4) bytes.writeUIntLE(Math.floor(random() * 256), at, 1)
  for (let at = 0; at < length; at += 1) if (at % 4 !== 0) bytes[at] = (bytes[at - 1] ?? 0) * 167 + at
  return bytes
}
