/**
 * The partition of `__consumer_offsets` that keeps a group: the hash of its id by Java's `String.hashCode`, made positive,
 * modulo the partition count.
 *
 * @example
 * ```ts
 * import { offsetsTopicPartition } from '@kbackup/core'
 *
 * offsetsTopicPartition('billing', 50)
 * ```
 *
 * Source: `GroupCoordinatorService.partitionFor` and `Utils.abs` of Kafka.
 */
export function offsetsTopicPartition(groupId: string, partitionCount: number): number {
  let hash = 0
  for (let index = 0; index < groupId.length; index += 1) hash = (Math.imul(hash, 31) + groupId.charCodeAt(index)) | 0
  return hash === -0x8000_0000 ? 0 : Math.abs(hash) % partitionCount
}
