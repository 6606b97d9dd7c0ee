import { beforeEach, describe, expect, it } from 'vitest'
import { MemoryKafkaCluster } from '../memory-kafka-cluster.ts'
import { batchesOf, fetchOne, NOW, numbered, orders, ordersCluster, produceOne } from './orders-cluster.ts'
import { encodeTestBatch } from './test-record.ts'

let cluster: MemoryKafkaCluster
beforeEach(async () => {
  cluster = await ordersCluster()
})

function sequenced(baseSequence: number, count = 1, producerEpoch = 0, producerId = 77n): Promise<Buffer> {
  return encodeTestBatch(numbered(count), { now: NOW, producer: { producerId, producerEpoch, baseSequence } })
}

describe('offsets', () => {
  it('are told for both ends, the last stable one, and a time', async () => {
    await cluster.simulation.append(orders, [{ timestamp: 50n }, { timestamp: 10n }, { timestamp: 90n }])
    await cluster.simulation.append(orders, [{ timestamp: 70n }])
    await cluster.simulation.beginTransaction().append(orders, [{ timestamp: 200n }])
    await cluster.deleteRecords([{ ...orders, beforeOffset: 1n }])
    const points = [
      'earliest',
      'latest',
      'last-stable',
      ...[0n, 20n, 100n, 201n].map((timestamp) => ({ timestamp })),
    ] as const
    const answers = await cluster.listOffsets(points.map((at) => ({ ...orders, at })))
    expect(answers.map(({ offset, timestamp }) => [offset, timestamp])).toEqual([
      [1n, -1n],
      [5n, -1n],
      [4n, -1n],
      [1n, 10n],
      [2n, 90n],
      [4n, 200n],
      [-1n, -1n],
    ])
    expect((await cluster.listOffsets([{ topic: 'nowhere', partition: 0, at: 'latest' }]))[0]?.error?.code).toBe(3)
  })

  it('of deleted records: −1 is the end, a lower one changes nothing, a higher one is out of range', async () => {
    await cluster.simulation.append(orders, numbered(5))
    const deleteTo = async (beforeOffset: bigint) => (await cluster.deleteRecords([{ ...orders, beforeOffset }]))[0]
    expect(await deleteTo(3n)).toMatchObject({ offset: 3n })
    expect(await deleteTo(1n)).toMatchObject({ offset: 3n })
    expect((await deleteTo(6n))?.error?.code).toBe(1)
    expect(await deleteTo(-1n)).toMatchObject({ offset: 5n })
    await cluster.simulation.createTopic('compacted', { configs: { 'cleanup.policy': 'compact' } })
    const [compacted] = await cluster.deleteRecords([{ topic: 'compacted', partition: 0, beforeOffset: -1n }])
    expect(compacted?.error?.code).toBe(44)
  })

  it('of leader epochs tell a truncation', async () => {
    await cluster.simulation.append(orders, numbered(3))
    await cluster.simulation.append(orders, numbered(3))
    await cluster.simulation.electLeader(orders, { truncateTo: 5n })
    await cluster.simulation.append(orders, numbered(1, 100))
    expect((await fetchOne(cluster, orders)).highWatermark).toBe(4n)
    expect(batchesOf(await fetchOne(cluster, orders)).map((batch) => batch.partitionLeaderEpoch)).toEqual([0, 1])
    const queries = [0, 1, 2].map((leaderEpoch) => ({ ...orders, leaderEpoch }))
    const ends = await cluster.leaderEpochEnds(queries)
    expect(ends.map(({ leaderEpoch, endOffset }) => [leaderEpoch, endOffset])).toEqual([
      [0, 3n],
      [1, 4n],
      [-1, -1n],
    ])
    expect((await cluster.describeTopics(['orders']))[0]?.partitions[0]?.leaderEpoch).toBe(1)
  })

  it('of a truncated log are known again to its producers, as its batches say', async () => {
    for (const sequence of [0, 1, 2]) await produceOne(cluster, await sequenced(sequence))
    await cluster.simulation.electLeader(orders, { truncateTo: 2n })
    expect((await produceOne(cluster, await sequenced(2))).baseOffset).toBe(2n)
    expect((await cluster.describeProducers([orders]))[0]?.producers[0]?.lastSequence).toBe(2)
  })
})

describe('topics', () => {
  it('are described with an id, partitions and leaders; what does not exist is left out', async () => {
    const three = new MemoryKafkaCluster({ brokerCount: 3 })
    await three.simulation.createTopic('a', { partitionCount: 4, replicationFactor: 2 })
    const [topic, ...others] = await three.describeTopics(['nowhere', 'a'])
    expect(others).toEqual([])
    expect(topic?.topicId).toMatch(/^[0-9a-f]{32}$/)
    expect(topic?.partitions.map(({ leader, replicas }) => [leader, replicas])).toEqual([
      [1, [1, 2]],
      [2, [2, 3]],
      [3, [3, 1]],
      [1, [1, 2]],
    ])
    expect((await three.describeCluster()).brokers).toHaveLength(3)
  })

  it('have another id and no records after they were recreated, and the settings they had', async () => {
    await cluster.alterTopicConfigs([{ topic: 'orders', configs: { 'retention.ms': '5' } }])
    await cluster.simulation.append(orders, numbered(3))
    const before = (await cluster.describeTopics('all'))[0]
    await cluster.simulation.recreateTopic('orders')
    const after = (await cluster.describeTopics('all'))[0]
    expect(after?.topicId).not.toBe(before?.topicId)
    expect(after?.partitions).toHaveLength(2)
    expect((await fetchOne(cluster, orders)).highWatermark).toBe(0n)
    const configs = (await cluster.describeTopicConfigs(['orders', 'nowhere'])).get('orders')
    expect(configs?.filter(({ isOverride }) => isOverride)).toEqual([
      { name: 'retention.ms', value: '5', isOverride: true },
    ])
    expect(configs?.find(({ name }) => name === 'cleanup.policy')).toMatchObject({ value: 'delete', isOverride: false })
  })

  it('are created, grown, changed and deleted with the answers of a controller', async () => {
    const spec = { topic: 'new', partitionCount: 1, replicationFactor: 1, configs: {} }
    const codesOf = (results: readonly { error?: { code: number } | undefined }[]) =>
      results.map(({ error }) => error?.code)
    const created = await cluster.createTopics([
      spec,
      spec,
      { ...spec, topic: 'a b' },
      { ...spec, topic: 'p', partitionCount: 0 },
      { ...spec, topic: 'r', replicationFactor: 2 },
      { ...spec, topic: 'c', configs: { 'no.such.config': '1' } },
      { ...spec, topic: 'd', configs: { 'retention.ms': 'long' } },
    ])
    expect(codesOf(created)).toEqual([undefined, 36, 17, 37, 38, 40, 40])
    const grown = await cluster.createPartitions([
      { topic: 'new', partitionCount: 3 },
      { topic: 'new', partitionCount: 3 },
      { topic: 'nowhere', partitionCount: 3 },
    ])
    expect(codesOf(grown)).toEqual([undefined, 37, 3])
    const changed = await cluster.alterTopicConfigs([
      { topic: 'new', configs: { 'retention.ms': null } },
      { topic: 'nowhere', configs: {} },
      { topic: 'new', configs: { 'cleanup.policy': 'burn' } },
    ])
    expect(codesOf(changed)).toEqual([undefined, 3, 40])
    expect(codesOf(await cluster.deleteTopics(['new', 'new']))).toEqual([undefined, 3])
  })
})
