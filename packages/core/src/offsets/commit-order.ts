import { groupBy } from '../collections/group-by.ts'
import { offsetsTopicPartition } from './offsets-topic-partition.ts'

/**
 * The order in which many groups are changed, several at a time.
 *
 * A coordinator gathers for some milliseconds what it appends to one partition of the offsets topic
 * (`group.coordinator.append.linger.ms`), and all of it waits for the followers once. So groups that share a partition are
 * changed at the same time, and each broker has such groups to work on.
 *
 * @param leaders of the partitions of the offsets topic, by their numbers; empty where they are not known
 */
export function inCommitOrder<Group extends { readonly groupId: string }>(
  groups: readonly Group[],
  leaders: readonly number[],
): readonly Group[] {
  if (leaders.length === 0) return groups
  const placed = groups.map((group) => ({ group, partition: offsetsTopicPartition(group.groupId, leaders.length) }))
  const sorted = placed.toSorted((left, right) => left.partition - right.partition)
  return taken([...groupBy(sorted, ({ partition }) => leaders[partition]).values()]).map(({ group }) => group)
}

/** One of each lane in turn, for as long as it has any. */
function taken<Item>(lanes: readonly (readonly Item[])[]): readonly Item[] {
  const longest = Math.max(0, ...lanes.map(({ length }) => length))
  return Array.from({ length: longest }, (_none, index) => lanes.flatMap((lane) => lane.slice(index, index + 1))).flat()
}
