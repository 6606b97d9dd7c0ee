import { groupBy } from '../collections/group-by.ts'
import { partitionName, type TopicPartition } from '../kafka/topic-partition.ts'
import type { RestoreStream } from './restore-stream.ts'

/**
 * Numbers the producers of a restore: source partitions whose records meet in a target partition have different ones, and
 * all others share them, since a broker counts the sequences of a producer in each partition for itself.
 *
 * ```
 * a/0 → t/0   0        a thousand partitions that go to as many take one producer
 * a/1 → t/1   0
 * b/0 → t/1   1        meets a/1
 * ```
 *
 * @returns by the name of the source partition, from 0 without holes
 */
export function producerNumbers(
  streams: readonly Pick<RestoreStream, 'source' | 'target'>[],
): ReadonlyMap<string, number> {
  const taken = new Map<string, Set<number>>()
  const takenAt = (target: TopicPartition) => {
    const numbers = taken.get(partitionName(target)) ?? new Set()
    taken.set(partitionName(target), numbers)
    return numbers
  }
  const numberOf = (own: typeof streams) => {
    const met = own.map(({ target }) => takenAt(target))
    const number = least(met)
    for (const numbers of met) numbers.add(number)
    return number
  }
  const bySource = groupBy(streams, ({ source }) => partitionName(source))
  return new Map([...bySource].map(([source, own]) => [source, numberOf(own)]))
}

/** The least number that is in none of the sets. */
function least(sets: readonly ReadonlySet<number>[]): number {
  let number = 0
  while (sets.some((set) => set.has(number))) number += 1
  return number
}
