import assert from 'node:assert/strict'
import { type ClusterCase, createTopic, FETCH_LIMITS, fetchOne, produceOne } from './cluster-case.ts'
import { contractBatch } from './contract-batch.ts'

/** More partitions than a test cluster has brokers, so that two of them share a leader. */
const PARTITIONS = 4

/** Whole batches come, within limits, in the order that was asked for. */
export const fetchCases: readonly ClusterCase[] = [
  {
    name: 'a fetch from inside a batch gives the whole batch',
    run: async ({ cluster, topic }) => {
      const where = { topic, partition: 0 }
      await createTopic(cluster, topic)
      const batch = await contractBatch(['a', 'b', 'c'])
      await produceOne(cluster, where, batch)
      const { records } = await fetchOne(cluster, where, 1n)
      assert.equal(records.length, batch.length)
      assert.equal(records.readBigInt64BE(0), 0n)
    },
  },
  {
    name: 'a fetch tells the high watermark, the last stable offset and the log start',
    run: async ({ cluster, topic }) => {
      const where = { topic, partition: 0 }
      await createTopic(cluster, topic)
      await produceOne(cluster, where, await contractBatch(['a', 'b', 'c']))
      const fetched = await fetchOne(cluster, where, 3n)
      assert.deepEqual(
        [fetched.highWatermark, fetched.lastStableOffset, fetched.logStartOffset, fetched.records.length],
        [3n, 3n, 0n, 0],
      )
      assert.deepEqual(fetched.abortedTransactions, [])
    },
  },
  {
    name: 'partitions come in the order asked for; one beyond its end is error 1, one that is not there error 3',
    run: async ({ cluster, topic }) => {
      await createTopic(cluster, topic, { partitionCount: 3 })
      const batch = await contractBatch(['a'])
      await produceOne(cluster, { topic, partition: 0 }, batch)
      await produceOne(cluster, { topic, partition: 2 }, batch)
      const asked = [
        { partition: 2, offset: 0n },
        { partition: 7, offset: 0n },
        { partition: 1, offset: 5n },
        { partition: 0, offset: 0n },
      ]
      const partitions = asked.map((one) => ({ topic, ...one, maxBytes: 1024 }))
      const response = await cluster.fetch({ ...FETCH_LIMITS, partitions })
      assert.deepEqual(
        response.partitions.map(({ partition, records, error }) => [partition, records.length, error?.code]),
        [
          [2, batch.length, undefined],
          [7, 0, 3],
          [1, 0, 1],
          [0, batch.length, undefined],
        ],
      )
    },
  },
  {
    name: 'a batch larger than the limits is given whole',
    run: async ({ cluster, topic }) => {
      await createTopic(cluster, topic)
      const batch = await contractBatch(['x'.repeat(50_000)])
      await produceOne(cluster, { topic, partition: 0 }, batch)
      const partitions = [{ topic, partition: 0, offset: 0n, maxBytes: 1 }]
      const response = await cluster.fetch({ ...FETCH_LIMITS, partitions, maxBytes: 1 })
      assert.equal(response.partitions[0]?.records.length, batch.length)
    },
  },
  {
    name: 'where the limit of a response is used up, the later partitions of a leader come back empty',
    run: async ({ cluster, topic }) => {
      await createTopic(cluster, topic, { partitionCount: PARTITIONS })
      const [described] = await cluster.describeTopics([topic])
      const leaders = new Map(described?.partitions.map(({ partition, leader }) => [leader, partition]))
      const pair = described?.partitions.find(({ partition, leader }) => leaders.get(leader) !== partition)
      assert.ok(pair, 'no two partitions share a leader')
      const together = [pair.partition, leaders.get(pair.leader) ?? -1]
      const batch = await contractBatch(['x'.repeat(50_000)])
      for (const partition of together) await produceOne(cluster, { topic, partition }, batch)
      for (const order of [together, [...together].reverse()]) {
        const partitions = order.map((partition) => ({ topic, partition, offset: 0n, maxBytes: 100_000 }))
        const response = await cluster.fetch({ ...FETCH_LIMITS, partitions, maxBytes: 1_000 })
        assert.deepEqual(
          response.partitions.map(({ partition, records }) => [partition, records.length]),
          order.map((partition, index) => [partition, index === 0 ? batch.length : 0]),
        )
      }
    },
  },
  {
    name: 'a response that was released leaves the others and later ones as they are',
    run: async ({ cluster, topic }) => {
      const where = { topic, partition: 0 }
      await createTopic(cluster, topic)
      await produceOne(cluster, where, await contractBatch(['a'.repeat(100_000)]))
      const partitions = [{ ...where, offset: 0n, maxBytes: 1024 * 1024 }]
      const read = () => cluster.fetch({ ...FETCH_LIMITS, partitions })
      const [kept, given] = [await read(), await read()]
      const expected = Buffer.from(kept.partitions[0]?.records ?? [])
      given.release?.()
      for (let time = 0; time < 3; time++) {
        const later = await read()
        assert.ok(later.partitions[0]?.records.equals(expected), 'a later response differs')
        later.release?.()
      }
      assert.ok(kept.partitions[0]?.records.equals(expected), 'a response that was kept has changed')
      assert.ok(expected.length > 100_000)
    },
  },
  {
    name: 'a fetch that waits is answered when a batch arrives',
    run: async ({ cluster, topic }) => {
      await createTopic(cluster, topic)
      const partitions = [{ topic, partition: 0, offset: 0n, maxBytes: 1024 }]
      const fetching = cluster.fetch({ ...FETCH_LIMITS, partitions, maxWaitMs: 20_000 })
      const batch = await contractBatch(['late'])
      await produceOne(cluster, { topic, partition: 0 }, batch)
      const response = await fetching
      assert.equal(response.partitions[0]?.records.length, batch.length)
    },
  },
  {
    name: 'a fetch that is not to wait gives emptiness at the end of the log',
    run: async ({ cluster, topic }) => {
      await createTopic(cluster, topic)
      const partitions = [{ topic, partition: 0, offset: 0n, maxBytes: 1024 }]
      const response = await cluster.fetch({ ...FETCH_LIMITS, partitions, maxWaitMs: 0, isolation: 'read_committed' })
      assert.deepEqual(
        response.partitions.map(({ records, error }) => [records.length, error]),
        [[0, undefined]],
      )
      assert.equal(response.throttleTimeMs, 0)
    },
  },
]
