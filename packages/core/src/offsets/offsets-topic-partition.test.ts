import { expect, it } from 'vitest'
import { offsetsTopicPartition } from './offsets-topic-partition.ts'

/** Computed by Java from `id.hashCode()`; that of `polygenelubricants` is the least integer, which has no absolute value. */
it.each([
  ['payment-processor', 9],
  ['simple', 26],
  ['grüße', 23],
  ['', 0],
  ['polygenelubricants', 0],
  ['a-very-long-group-id-with-many-characters-0123456789', 37],
  ['😀', 49],
])('finds the partition of group %s as brokers do', (groupId, partition) => {
  expect(offsetsTopicPartition(groupId, 50)).toBe(partition)
})
