import { beforeEach, describe, expect, it } from 'vitest'
import { decodeRecords } from '../../batch/batch-records.ts'
import { readControlRecord } from '../../batch/control-record.ts'
import { readOffsetsTopicRecord } from '../../offsets/offsets-topic-record.ts'
import { MemoryKafkaCluster } from '../memory-kafka-cluster.ts'
import { batchesOf, fetchOne, numbered, orders, ordersCluster } from './orders-cluster.ts'

let cluster: MemoryKafkaCluster
beforeEach(async () => {
  cluster = await ordersCluster()
})

describe('groups', () => {
  const position = { ...orders, offset: 7n, leaderEpoch: -1, metadata: null }

  async function offsetsRecords() {
    const [topic] = await cluster.describeTopics(['__consumer_offsets'])
    const found = []
    for (const { partition } of topic?.partitions ?? []) {
      const where = { topic: '__consumer_offsets', partition }
      for (const batch of batchesOf(await fetchOne(cluster, where))) {
        if (!batch.isControl) found.push(...(await decodeRecords(batch, where)))
      }
    }
    return found.map(({ key, value }) => readOffsetsTopicRecord(key, value))
  }

  it.each([3, 4] as const)('write their positions into the offsets topic (value version %i)', async (version) => {
    cluster = new MemoryKafkaCluster({ offsetCommitValueVersion: version, offsetsTopicPartitions: 3 })
    await cluster.simulation.createTopic('orders')
    const metadata = 'm'.repeat(300)
    expect(await cluster.commitGroupOffsets('g', [{ ...position, metadata, leaderEpoch: 2 }])).toEqual([orders])
    await cluster.deleteGroupOffsets('g', [orders])
    const key = { groupId: 'g', ...orders }
    expect(await offsetsRecords()).toMatchObject([
      { type: 'position', key, position: { offset: 7n, leaderEpoch: 2, metadata } },
      { type: 'position', key, position: null },
    ])
    expect((await cluster.describeTopics(['__consumer_offsets']))[0]?.internal).toBe(true)
  })

  it('lie in the partition that the hash of their id gives', async () => {
    await cluster.commitGroupOffsets('payment-processor', [position])
    // org.apache.kafka.common.utils.Utils.abs("payment-processor".hashCode()) % 50
    expect((await fetchOne(cluster, { topic: '__consumer_offsets', partition: 9 })).highWatermark).toBe(1n)
  })

  it('give back what was committed, and nothing for groups that do not exist', async () => {
    await cluster.commitGroupOffsets('g', [position, { ...position, partition: 1, offset: 9n }])
    const [found, missing] = await cluster.fetchGroupOffsets(['g', 'nobody'])
    expect(found?.offsets.map(({ partition, offset }) => [partition, offset])).toEqual([
      [0, 7n],
      [1, 9n],
    ])
    expect(missing).toEqual({ groupId: 'nobody', offsets: [] })
  })

  it('with members refuse administrators, and are told as Stable; without, as Empty; unknown ones as Dead', async () => {
    const { memberId } = await cluster.simulation.joinGroup('g', { clientId: 'app', topics: ['orders'] })
    expect((await cluster.commitGroupOffsets('g', [position]))[0]?.error?.code).toBe(25)
    await cluster.simulation.commitAsMember('g', [position])
    expect((await cluster.deleteGroupOffsets('g', [orders]))[0]?.error?.code).toBe(86)
    expect(await cluster.listGroups()).toEqual([
      { groupId: 'g', protocolType: 'consumer', state: 'Stable', type: 'classic' },
    ])
    await cluster.simulation.leaveGroup('g', memberId)
    expect((await cluster.commitGroupOffsets('g', [position]))[0]?.error).toBeUndefined()
    const described = await cluster.describeGroups(['g', 'nobody'])
    expect(described.map(({ state, members }) => [state, members.length])).toEqual([
      ['Empty', 0],
      ['Dead', 0],
    ])
    expect((await offsetsRecords()).filter(({ type }) => type === 'group')).toHaveLength(2)
  })

  it('refuse positions of unknown partitions and long metadata, item by item', async () => {
    const results = await cluster.commitGroupOffsets('g', [
      position,
      { ...position, topic: 'nowhere' },
      { ...position, partition: 1, metadata: 'm'.repeat(4_097) },
    ])
    expect(results.map(({ error }) => error?.code)).toEqual([undefined, 3, 12])
    expect((await cluster.deleteGroupOffsets('nobody', [orders]))[0]?.error?.code).toBe(69)
  })

  it.each(['commit', 'abort'] as const)('hold positions of a transaction back until its %s', async (outcome) => {
    await cluster.commitGroupOffsets('g', [position])
    const transaction = cluster.simulation.beginTransaction()
    await transaction.append(orders, numbered(1))
    await transaction.commitGroupOffsets('g', [{ ...position, offset: 8n }])
    const [pending] = await cluster.fetchGroupOffsets(['g'])
    expect([pending?.error?.code, pending?.offsets[0]?.offset]).toEqual([88, 7n])
    await transaction[outcome]()
    const [settled] = await cluster.fetchGroupOffsets(['g'])
    expect([settled?.error, settled?.offsets[0]?.offset]).toEqual([undefined, outcome === 'commit' ? 8n : 7n])
    const topic = await cluster.describeTopics(['__consumer_offsets'])
    const logs = await Promise.all(
      (topic[0]?.partitions ?? []).map(({ partition }) =>
        fetchOne(cluster, { topic: '__consumer_offsets', partition }),
      ),
    )
    const markers = logs.flatMap(batchesOf).filter(({ isControl }) => isControl)
    expect(markers.map((batch) => readControlRecord(batch, orders)?.type)).toEqual([outcome])
  })
})
