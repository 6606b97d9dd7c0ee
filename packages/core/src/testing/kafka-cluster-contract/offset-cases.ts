import assert from 'node:assert/strict'
import { type ClusterCase, createTopic, fetchOne, produceOne } from './cluster-case.ts'
import { contractBatch } from './contract-batch.ts'

/** Where a partition begins and ends, by point, by time and by epoch. */
export const offsetCases: readonly ClusterCase[] = [
  {
    name: 'an empty partition begins and ends at 0, all points asked for at once',
    run: async ({ cluster, topic }) => {
      await createTopic(cluster, topic)
      const at = ['earliest', 'latest', 'last-stable'] as const
      const answers = await cluster.listOffsets(at.map((point) => ({ topic, partition: 0, at: point })))
      assert.deepEqual(
        answers.map(({ offset, error }) => [offset, error]),
        at.map(() => [0n, undefined]),
      )
    },
  },
  {
    name: 'offsets stand in the order of what was asked, and an unknown partition is its own error 3 with offset -1',
    run: async ({ cluster, topic, prefix }) => {
      await createTopic(cluster, topic, { partitionCount: 2 })
      await produceOne(cluster, { topic, partition: 1 }, await contractBatch(['a', 'b', 'c']))
      const answers = await cluster.listOffsets([
        { topic, partition: 1, at: 'latest' },
        { topic: `${prefix}-absent`, partition: 0, at: 'latest' },
        { topic, partition: 7, at: 'earliest' },
        { topic, partition: 0, at: 'latest' },
        { topic, partition: 1, at: 'earliest' },
      ])
      assert.deepEqual(
        answers.map(({ partition, offset, error }) => [partition, offset, error?.code]),
        [
          [1, 3n, undefined],
          [0, -1n, 3],
          [7, -1n, 3],
          [0, 0n, undefined],
          [1, 0n, undefined],
        ],
      )
    },
  },
  {
    name: 'an offset by time is that of the first record at or after it, -1 where there is none',
    run: async ({ cluster, topic }) => {
      await createTopic(cluster, topic)
      await produceOne(cluster, { topic, partition: 0 }, await contractBatch(['a', 'b', 'c'], { timestamp: 10_000n }))
      const times = [0n, 10_000n, 10_001n, 12_000n, 12_001n]
      const queries = times.map((timestamp) => ({ topic, partition: 0, at: { timestamp } }))
      const answers = await cluster.listOffsets(queries)
      assert.deepEqual(
        answers.map(({ offset, timestamp }) => [offset, timestamp]),
        [
          [0n, 10_000n],
          [0n, 10_000n],
          [1n, 11_000n],
          [2n, 12_000n],
          [-1n, -1n],
        ],
      )
    },
  },
  {
    name: 'deleteRecords moves the log start, answers with it, and refuses to go beyond the end with error 1; an unknown partition is error 3',
    run: async ({ cluster, topic }) => {
      await createTopic(cluster, topic, { partitionCount: 2 })
      await produceOne(cluster, { topic, partition: 0 }, await contractBatch(['a', 'b', 'c', 'd']))
      const answers = await cluster.deleteRecords([
        { topic, partition: 1, beforeOffset: 5n },
        { topic, partition: 9, beforeOffset: 1n },
        { topic, partition: 0, beforeOffset: 2n },
      ])
      assert.deepEqual(
        answers.map(({ partition, offset, error }) => [partition, offset, error?.code]),
        [
          [1, -1n, 1],
          [9, -1n, 3],
          [0, 2n, undefined],
        ],
      )
      const [earliest] = await cluster.listOffsets([{ topic, partition: 0, at: 'earliest' }])
      assert.equal(earliest?.offset, 2n)
    },
  },
  {
    name: 'after deleteRecords inside a batch, a fetch gives the whole batch, and below the log start error 1',
    run: async ({ cluster, topic }) => {
      const where = { topic, partition: 0 }
      await createTopic(cluster, topic)
      await produceOne(cluster, where, await contractBatch(['a', 'b', 'c', 'd']))
      await cluster.deleteRecords([{ ...where, beforeOffset: 2n }])
      const fetched = await fetchOne(cluster, where, 2n)
      assert.equal(fetched.error, undefined)
      assert.equal(fetched.logStartOffset, 2n)
      assert.equal(fetched.records.readBigInt64BE(0), 0n)
      assert.equal((await fetchOne(cluster, where, 1n)).error?.code, 1)
    },
  },
  {
    name: 'the current leader epoch ends where the log ends; of a later one nothing is known',
    run: async ({ cluster, topic }) => {
      await createTopic(cluster, topic)
      await produceOne(cluster, { topic, partition: 0 }, await contractBatch(['a', 'b']))
      const [described] = await cluster.describeTopics([topic])
      const leaderEpoch = described?.partitions[0]?.leaderEpoch ?? -1
      const answers = await cluster.leaderEpochEnds([
        { topic, partition: 0, leaderEpoch },
        { topic, partition: 0, leaderEpoch: leaderEpoch + 1_000 },
        { topic, partition: 9, leaderEpoch },
      ])
      assert.deepEqual(
        answers.map((answer) => [answer.leaderEpoch, answer.endOffset, answer.error?.code]),
        [
          [leaderEpoch, 2n, undefined],
          [-1, -1n, undefined],
          [-1, -1n, 3],
        ],
      )
    },
  },
]
