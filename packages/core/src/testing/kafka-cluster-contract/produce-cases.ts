import assert from 'node:assert/strict'
import { type ClusterCase, createTopic, fetchOne, produceOne } from './cluster-case.ts'
import { contractBatch } from './contract-batch.ts'

/** Behind the base offset, the length and the leader epoch, which brokers write. */
const MAGIC_AT = 16
const CRC_AT = 17
const KEYLESS_RECORD = 0

/** Batches are appended as they are, or refused one by one, with a reason. */
export const produceCases: readonly ClusterCase[] = [
  {
    name: 'a batch comes back byte for byte, but for its place in the log',
    run: async ({ cluster, topic }) => {
      const where = { topic, partition: 0 }
      await createTopic(cluster, topic)
      await produceOne(cluster, where, await contractBatch(['before']))
      const batch = await contractBatch(['first', 'second', ''])
      const { baseOffset, logAppendTime, recordErrors } = await produceOne(cluster, where, batch)
      assert.deepEqual([baseOffset, logAppendTime, recordErrors], [1n, -1n, []])
      const { records } = await fetchOne(cluster, where, 1n)
      assert.equal(records.readBigInt64BE(0), 1n)
      assert.ok(records.subarray(MAGIC_AT).equals(batch.subarray(MAGIC_AT)), 'the bytes differ')
    },
  },
  {
    name: 'a batch of megabytes comes back byte for byte',
    run: async ({ cluster, topic }) => {
      const where = { topic, partition: 0 }
      await createTopic(cluster, topic, { configs: { 'max.message.bytes': '8000000' } })
      const batch = await contractBatch(Array.from({ length: 5 }, (_none, index) => `${index}`.repeat(1_000_000)))
      await produceOne(cluster, where, batch)
      const { records } = await fetchOne(cluster, where, 0n)
      assert.ok(records.subarray(MAGIC_AT).equals(batch.subarray(MAGIC_AT)), 'the bytes differ')
    },
  },
  {
    name: 'results stand in the order of the batches, and an unknown partition is its own error 3',
    run: async ({ cluster, topic, prefix }) => {
      await createTopic(cluster, topic, { partitionCount: 3 })
      await produceOne(cluster, { topic, partition: 2 }, await contractBatch(['before']))
      const batch = await contractBatch(['a', 'b'])
      const results = await cluster.produce({
        partitions: [
          { topic, partition: 2, batch },
          { topic: `${prefix}-absent`, partition: 0, batch },
          { topic, partition: 0, batch },
          { topic, partition: 1, batch },
        ],
        timeoutMs: 30_000,
      })
      assert.deepEqual(
        results.map(({ partition, baseOffset, error }) => [partition, baseOffset, error?.code]),
        [
          [2, 1n, undefined],
          [0, -1n, 3],
          [0, 0n, undefined],
          [1, 0n, undefined],
        ],
      )
    },
  },
  {
    name: 'a batch whose checksum is wrong is error 2, and nothing is appended',
    run: async ({ cluster, topic }) => {
      await createTopic(cluster, topic)
      const batch = await contractBatch(['a'])
      batch.writeUInt8(batch.readUInt8(CRC_AT) ^ 1, CRC_AT)
      const [result] = await cluster.produce({ partitions: [{ topic, partition: 0, batch }], timeoutMs: 30_000 })
      assert.deepEqual([result?.error?.code, result?.baseOffset], [2, -1n])
      const [latest] = await cluster.listOffsets([{ topic, partition: 0, at: 'latest' }])
      assert.equal(latest?.offset, 0n)
    },
  },
  {
    name: 'a batch larger than the topic allows is error 10',
    run: async ({ cluster, topic }) => {
      await createTopic(cluster, topic, { configs: { 'max.message.bytes': '1000' } })
      const batch = await contractBatch(['x'.repeat(2_000)])
      const [result] = await cluster.produce({ partitions: [{ topic, partition: 0, batch }], timeoutMs: 30_000 })
      assert.equal(result?.error?.code, 10)
    },
  },
  {
    name: 'a record without a key on a compacted topic is error 87 with its index',
    run: async ({ cluster, topic }) => {
      await createTopic(cluster, topic, { configs: { 'cleanup.policy': 'compact' } })
      const batch = await contractBatch(['a'], { key: null })
      const [result] = await cluster.produce({ partitions: [{ topic, partition: 0, batch }], timeoutMs: 30_000 })
      assert.equal(result?.error?.code, 87)
      assert.deepEqual(
        result.recordErrors.map(({ index }) => index),
        [KEYLESS_RECORD],
      )
    },
  },
  {
    name: 'a LogAppendTime topic answers with the time of appending',
    run: async ({ cluster, topic }) => {
      await createTopic(cluster, topic, { configs: { 'message.timestamp.type': 'LogAppendTime' } })
      const result = await produceOne(cluster, { topic, partition: 0 }, await contractBatch(['a'], { timestamp: 5n }))
      assert.ok(result.logAppendTime > 5n)
    },
  },
]
