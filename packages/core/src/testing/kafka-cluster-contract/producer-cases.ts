import assert from 'node:assert/strict'
import type { KafkaCluster } from '../../kafka/kafka-cluster.ts'
import { type ClusterCase, createTopic, fetchOne, produceOne } from './cluster-case.ts'
import { contractBatch } from './contract-batch.ts'

/** A producer id, and what makes batches of it. */
async function idempotentProducer(cluster: KafkaCluster) {
  const identity = await cluster.allocateProducerId()
  const batchAt = (baseSequence: number, values: readonly string[]) =>
    contractBatch(values, { producer: { ...identity, baseSequence } })
  return { identity, batchAt }
}

/** Producer ids and sequences (KIP-98), on which exactly-once restores stand. */
export const producerCases: readonly ClusterCase[] = [
  {
    name: 'each allocated producer id is another one, of epoch 0',
    run: async ({ cluster }) => {
      const first = await cluster.allocateProducerId()
      const second = await cluster.allocateProducerId()
      assert.notEqual(first.producerId, second.producerId)
      assert.deepEqual([first.producerEpoch, second.producerEpoch], [0, 0])
    },
  },
  {
    name: 'a batch that is sent twice is appended once, and answered both times alike',
    run: async ({ cluster, topic }) => {
      const where = { topic, partition: 0 }
      await createTopic(cluster, topic)
      const { batchAt } = await idempotentProducer(cluster)
      const batch = await batchAt(0, ['a', 'b'])
      const first = await produceOne(cluster, where, batch)
      const second = await produceOne(cluster, where, batch)
      assert.equal(second.baseOffset, first.baseOffset)
      assert.equal((await fetchOne(cluster, where, 0n)).highWatermark, 2n)
    },
  },
  {
    name: 'a batch that leaves a gap in the sequence is error 45, and nothing is appended',
    run: async ({ cluster, topic }) => {
      const where = { topic, partition: 0 }
      await createTopic(cluster, topic)
      const { batchAt } = await idempotentProducer(cluster)
      await produceOne(cluster, where, await batchAt(0, ['a', 'b']))
      const batch = await batchAt(7, ['h'])
      const [result] = await cluster.produce({ partitions: [{ ...where, batch }], timeoutMs: 30_000 })
      assert.equal(result?.error?.code, 45)
      assert.equal((await fetchOne(cluster, where, 0n)).highWatermark, 2n)
    },
  },
  {
    name: 'batches of a partition reach its leader in the order of the calls, many at a time',
    run: async ({ cluster, topic }) => {
      await createTopic(cluster, topic, { partitionCount: 4 })
      const { batchAt } = await idempotentProducer(cluster)
      const batches = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((value, index) => batchAt(index, [value])))
      const calls = batches.map((batch) => {
        const partitions = [0, 1, 2, 3].map((partition) => ({ topic, partition, batch }))
        return cluster.produce({ partitions, timeoutMs: 30_000 })
      })
      const results = await Promise.all(calls)
      for (const [index, answers] of results.entries()) {
        for (const { baseOffset, error } of answers) assert.deepEqual([baseOffset, error], [BigInt(index), undefined])
      }
    },
  },
  {
    name: 'the leader remembers the last sequence of a producer',
    run: async ({ cluster, topic }) => {
      const where = { topic, partition: 0 }
      await createTopic(cluster, topic)
      const { identity, batchAt } = await idempotentProducer(cluster)
      await produceOne(cluster, where, await batchAt(0, ['a', 'b']))
      await produceOne(cluster, where, await batchAt(2, ['c']))
      const [described] = await cluster.describeProducers([where])
      const [producer, ...others] = described?.producers ?? []
      assert.deepEqual(others, [])
      assert.ok(producer)
      assert.deepEqual(
        [producer.producerId, producer.producerEpoch, producer.lastSequence, producer.currentTransactionStartOffset],
        [identity.producerId, 0, 2, -1n],
      )
    },
  },
  {
    name: 'producers are described in the order asked for; none where none wrote, and error 3 where no partition is',
    run: async ({ cluster, topic }) => {
      await createTopic(cluster, topic, { partitionCount: 2 })
      const described = await cluster.describeProducers([
        { topic, partition: 1 },
        { topic, partition: 9 },
        { topic, partition: 0 },
      ])
      assert.deepEqual(
        described.map(({ partition, producers, error }) => [partition, producers, error?.code]),
        [
          [1, [], undefined],
          [9, [], 3],
          [0, [], undefined],
        ],
      )
    },
  },
]
