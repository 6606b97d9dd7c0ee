import { KbackupError, partitionName, type TopicPartition } from '@kbackup/core'

/** Throws `KB_USAGE` where a request names a partition twice, which brokers answer once or not at all. */
export function assertDistinct(partitions: readonly TopicPartition[], call: string): void {
  const seen = new Set<string>()
  for (const partition of partitions) {
    const name = partitionName(partition)
    if (seen.has(name)) {
      throw new KbackupError('KB_USAGE', {
        message: `${call} names partition ${name} twice`,
        hint: 'make two calls of it',
        details: { topic: partition.topic, partition: partition.partition },
      })
    }
    seen.add(name)
  }
}
