import { describe, expect, it } from 'vitest'
import { inCommitOrder } from './commit-order.ts'
import { offsetsTopicPartition } from './offsets-topic-partition.ts'

const groups = Array.from({ length: 40 }, (_none, index) => ({ groupId: `group-${index}` }))

describe('the order in which groups are changed', () => {
  it('takes each group once', () => {
    const ordered = inCommitOrder(groups, [1, 2, 3, 1, 2, 3, 1, 2])
    expect(ordered).toHaveLength(groups.length)
    expect(new Set(ordered)).toEqual(new Set(groups))
  })

  it('finishes the groups of one partition before those of the next one of the same broker', () => {
    const leaders = [1, 2, 1, 2]
    const partitions = inCommitOrder(groups, leaders).map(({ groupId }) => offsetsTopicPartition(groupId, 4))
    for (const broker of [1, 2]) {
      const own = partitions.filter((partition) => leaders[partition] === broker)
      expect(own).toEqual(own.toSorted())
    }
  })

  it('gives each broker work from the beginning', () => {
    const leaders = [1, 2, 3, 1, 2, 3]
    const first = inCommitOrder(groups, leaders).slice(0, 3)
    const brokers = first.map(({ groupId }) => leaders[offsetsTopicPartition(groupId, leaders.length)])
    expect(brokers.toSorted()).toEqual([1, 2, 3])
  })

  it('leaves the order as it is where it is not known who keeps which group', () => {
    expect(inCommitOrder(groups, [])).toEqual(groups)
  })
})
