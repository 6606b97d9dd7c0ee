import assert from 'node:assert/strict'
import type { GroupOffset } from '../../kafka/kafka-groups.ts'
import { type ClusterCase, createTopic } from './cluster-case.ts'

function position(topic: string, partition: number, offset: bigint): GroupOffset {
  return { topic, partition, offset, leaderEpoch: 0, metadata: 'note' }
}

/** Groups are listed and described, and their positions fetched, committed and deleted. */
export const groupCases: readonly ClusterCase[] = [
  {
    name: 'committed positions come back with leader epoch and metadata',
    run: async ({ cluster, topic, group }) => {
      await createTopic(cluster, topic, { partitionCount: 2 })
      const offsets = [position(topic, 0, 42n), position(topic, 1, 7n)]
      assert.deepEqual(await cluster.commitGroupOffsets(group, offsets), [
        { topic, partition: 0 },
        { topic, partition: 1 },
      ])
      const [fetched] = await cluster.fetchGroupOffsets([group])
      assert.equal(fetched?.error, undefined)
      const seen = [...(fetched?.offsets ?? [])].sort((left, right) => left.partition - right.partition)
      assert.deepEqual(seen, offsets)
    },
  },
  {
    name: 'a later commit takes the place of an earlier one, and leaves other partitions alone',
    run: async ({ cluster, topic, group }) => {
      await createTopic(cluster, topic, { partitionCount: 2 })
      await cluster.commitGroupOffsets(group, [position(topic, 0, 5n), position(topic, 1, 6n)])
      await cluster.commitGroupOffsets(group, [position(topic, 0, 3n)])
      const [fetched] = await cluster.fetchGroupOffsets([group])
      const offsets = new Map(fetched?.offsets.map(({ partition, offset }) => [partition, offset]))
      assert.deepEqual([offsets.get(0), offsets.get(1)], [3n, 6n])
    },
  },
  {
    name: 'a commit for a partition that does not exist is its own error 3, and the others are committed',
    run: async ({ cluster, topic, group }) => {
      await createTopic(cluster, topic)
      const results = await cluster.commitGroupOffsets(group, [position(topic, 9, 1n), position(topic, 0, 2n)])
      assert.deepEqual(
        results.map(({ partition, error }) => [partition, error?.code]),
        [
          [9, 3],
          [0, undefined],
        ],
      )
    },
  },
  {
    name: 'the positions of many groups come in the order asked for; a group that has none is without error',
    run: async ({ cluster, topic, prefix }) => {
      await createTopic(cluster, topic)
      const groups = ['c', 'a', 'b'].map((name) => `${prefix}-${name}`)
      for (const [index, group] of groups.entries()) {
        await cluster.commitGroupOffsets(group, [position(topic, 0, BigInt(index))])
      }
      const fetched = await cluster.fetchGroupOffsets([...groups, `${prefix}-absent`])
      assert.deepEqual(
        fetched.map(({ groupId, offsets, error }) => [groupId, offsets.map(({ offset }) => offset), error]),
        [...groups.map((group, index) => [group, [BigInt(index)], undefined]), [`${prefix}-absent`, [], undefined]],
      )
    },
  },
  {
    name: 'a group that only has positions is listed as a classic one, and described as Empty',
    run: async ({ cluster, topic, group }) => {
      await createTopic(cluster, topic)
      await cluster.commitGroupOffsets(group, [position(topic, 0, 1n)])
      const listed = (await cluster.listGroups()).find(({ groupId }) => groupId === group)
      assert.deepEqual(listed, { groupId: group, protocolType: '', state: 'Empty', type: 'classic' })
      const [described] = await cluster.describeGroups([group])
      assert.deepEqual(described, { groupId: group, protocolType: '', state: 'Empty', members: [] })
    },
  },
  {
    name: 'a group that does not exist is described as Dead, without members',
    run: async ({ cluster, group }) => {
      const [described] = await cluster.describeGroups([group])
      assert.deepEqual([described?.groupId, described?.state, described?.members], [group, 'Dead', []])
      assert.equal(described?.error, undefined)
    },
  },
  {
    name: 'groups are described in the order asked for, those that do not exist among them',
    run: async ({ cluster, topic, prefix }) => {
      await createTopic(cluster, topic)
      const groups = ['b', 'a', 'c'].map((name) => `${prefix}-${name}`)
      for (const group of groups) await cluster.commitGroupOffsets(group, [position(topic, 0, 1n)])
      const asked = [...groups.slice(0, 2), `${prefix}-absent`, ...groups.slice(2)]
      const described = await cluster.describeGroups(asked)
      assert.deepEqual(
        described.map(({ groupId, state }) => [groupId, state]),
        asked.map((groupId) => [groupId, groupId.endsWith('-absent') ? 'Dead' : 'Empty']),
      )
    },
  },
  {
    name: 'deleted positions are gone, the others stay',
    run: async ({ cluster, topic, group }) => {
      await createTopic(cluster, topic, { partitionCount: 2 })
      await cluster.commitGroupOffsets(group, [position(topic, 0, 5n), position(topic, 1, 6n)])
      assert.deepEqual(await cluster.deleteGroupOffsets(group, [{ topic, partition: 0 }]), [{ topic, partition: 0 }])
      const [fetched] = await cluster.fetchGroupOffsets([group])
      assert.deepEqual(
        fetched?.offsets.map(({ partition, offset }) => [partition, offset]),
        [[1, 6n]],
      )
    },
  },
  {
    name: 'deleting positions of a group that does not exist is error 69 for each',
    run: async ({ cluster, topic, group }) => {
      await createTopic(cluster, topic, { partitionCount: 2 })
      const results = await cluster.deleteGroupOffsets(group, [
        { topic, partition: 1 },
        { topic, partition: 0 },
      ])
      assert.deepEqual(
        results.map(({ partition, error }) => [partition, error?.code]),
        [
          [1, 69],
          [0, 69],
        ],
      )
    },
  },
]
