import { beforeEach, describe, expect, it } from 'vitest'
import { readControlRecord } from '../../batch/control-record.ts'
import type { TopicPartition } from '../../kafka/topic-partition.ts'
import type { MemoryKafkaCluster } from '../memory-kafka-cluster.ts'
import { batchesOf, fetchOne, numbered, orders, ordersCluster, valuesAt } from './orders-cluster.ts'

let cluster: MemoryKafkaCluster
beforeEach(async () => {
  cluster = await ordersCluster()
})

describe('fetch', () => {
  it('gives whole batches from the one that holds the offset', async () => {
    await cluster.simulation.append(orders, numbered(3))
    await cluster.simulation.append(orders, numbered(3, 3))
    const fetched = await fetchOne(cluster, orders, { offset: 4n })
    expect(batchesOf(fetched).map(({ baseOffset }) => baseOffset)).toEqual([3n])
    expect(fetched).toMatchObject({ highWatermark: 6n, lastStableOffset: 6n, logStartOffset: 0n })
  })

  it('gives the first batch whole though it is larger than every limit, and no second one', async () => {
    await cluster.simulation.append(orders, [{ value: 'x'.repeat(1_000) }])
    await cluster.simulation.append(orders, [{ value: 'y' }])
    const fetched = await fetchOne(cluster, orders, { maxBytes: 10, partitionMaxBytes: 10 })
    expect(batchesOf(fetched)).toHaveLength(1)
    expect(fetched.records.length).toBeGreaterThan(1_000)
  })

  it('cuts the last batch short at the limit', async () => {
    await cluster.simulation.append(orders, numbered(1))
    await cluster.simulation.append(orders, numbered(1))
    const first = batchesOf(await fetchOne(cluster, orders))[0]?.bytes.length ?? 0
    const fetched = await fetchOne(cluster, orders, { partitionMaxBytes: first + 10 })
    expect(fetched.records.length).toBe(first + 10)
    expect(batchesOf(fetched)).toHaveLength(1)
  })

  it('serves partitions in their order until the bytes are used up', async () => {
    const other = { topic: 'orders', partition: 1 }
    for (const where of [orders, other]) await cluster.simulation.append(where, [{ value: 'x'.repeat(500) }])
    const sizesOf = async (partitions: readonly TopicPartition[]) => {
      const items = partitions.map((where) => ({ ...where, offset: 0n, maxBytes: 100_000 }))
      const request = { minBytes: 0, maxWaitMs: 0, isolation: 'read_uncommitted' } as const
      const answer = await cluster.fetch({ ...request, maxBytes: 100, partitions: items })
      return answer.partitions.map(({ partition, records }) => [partition, records.length > 0])
    }
    expect(await sizesOf([orders, other])).toEqual([
      [0, true],
      [1, false],
    ])
    expect(await sizesOf([other, orders])).toEqual([
      [1, true],
      [0, false],
    ])
  })

  it('answers OFFSET_OUT_OF_RANGE outside of the log, and emptiness at its end', async () => {
    await cluster.simulation.append(orders, numbered(5))
    await cluster.deleteRecords([{ ...orders, beforeOffset: 2n }])
    expect((await fetchOne(cluster, orders, { offset: 1n })).error?.code).toBe(1)
    expect((await fetchOne(cluster, orders, { offset: 6n })).error?.code).toBe(1)
    expect(await fetchOne(cluster, orders, { offset: 5n })).toMatchObject({
      highWatermark: 5n,
      records: Buffer.alloc(0),
    })
    expect((await fetchOne(cluster, { topic: 'nowhere', partition: 0 })).error?.code).toBe(3)
  })

  it('gives the whole batch that the start of the log falls into', async () => {
    await cluster.simulation.append(orders, numbered(5))
    await cluster.deleteRecords([{ ...orders, beforeOffset: 2n }])
    const fetched = await fetchOne(cluster, orders, { offset: 2n })
    expect(fetched.logStartOffset).toBe(2n)
    expect(batchesOf(fetched)[0]).toMatchObject({ baseOffset: 0n, recordCount: 5 })
  })

  it('waits for records, and answers as soon as they come', async () => {
    const waiting = fetchOne(cluster, orders, { minBytes: 1, maxWaitMs: 60_000 })
    await cluster.simulation.append(orders, numbered(1))
    expect(batchesOf(await waiting)).toHaveLength(1)
  })

  it('ends a wait with the reason of the signal', async () => {
    const aborter = new AbortController()
    const partitions = [{ ...orders, offset: 0n, maxBytes: 1 }]
    const request = { partitions, maxBytes: 1, minBytes: 1, maxWaitMs: 60_000, isolation: 'read_uncommitted' } as const
    const waiting = cluster.fetch(request, { signal: aborter.signal })
    aborter.abort('enough')
    await expect(waiting).rejects.toBe('enough')
  })
})

describe('a transaction', () => {
  it('hides itself and what follows from committed readers until it ends', async () => {
    await cluster.simulation.append(orders, numbered(1))
    const transaction = cluster.simulation.beginTransaction()
    await transaction.append(orders, numbered(2, 10))
    await cluster.simulation.append(orders, numbered(1, 20))
    const committed = { isolation: 'read_committed' } as const
    expect(await valuesAt(cluster, orders, committed)).toEqual(['0:v0'])
    expect(await valuesAt(cluster, orders)).toHaveLength(4)
    expect(await fetchOne(cluster, orders)).toMatchObject({ highWatermark: 4n, lastStableOffset: 1n })
    await transaction.commit()
    expect(await valuesAt(cluster, orders, committed)).toEqual(['0:v0', '1:v10', '2:v11', '3:v20'])
    expect(await fetchOne(cluster, orders)).toMatchObject({ highWatermark: 5n, lastStableOffset: 5n })
  })

  it('that aborts is listed to committed readers, from its first offset on', async () => {
    const transaction = cluster.simulation.beginTransaction()
    await transaction.append(orders, numbered(2))
    await transaction.abort()
    const fetched = await fetchOne(cluster, orders, { isolation: 'read_committed' })
    expect(fetched.abortedTransactions).toEqual([{ producerId: transaction.producerId, firstOffset: 0n }])
    expect((await fetchOne(cluster, orders)).abortedTransactions).toEqual([])
    expect((await fetchOne(cluster, orders, { isolation: 'read_committed', offset: 3n })).abortedTransactions).toEqual(
      [],
    )
  })

  it('ends in a control batch that says how', async () => {
    const [committed, aborted] = [cluster.simulation.beginTransaction(), cluster.simulation.beginTransaction()]
    await committed.append(orders, numbered(1))
    await aborted.append(orders, numbered(1))
    await committed.commit()
    await aborted.abort()
    const markers = batchesOf(await fetchOne(cluster, orders)).filter(({ isControl }) => isControl)
    expect(markers.map((batch) => readControlRecord(batch, orders))).toMatchObject([
      { type: 'commit', producerId: committed.producerId, offset: 2n },
      { type: 'abort', producerId: aborted.producerId, offset: 3n },
    ])
  })

  it('is shown by describeProducers while it is open', async () => {
    const transaction = cluster.simulation.beginTransaction()
    await transaction.append(orders, numbered(1))
    const startOf = async () =>
      (await cluster.describeProducers([orders]))[0]?.producers[0]?.currentTransactionStartOffset
    expect(await startOf()).toBe(0n)
    await transaction.commit()
    expect(await startOf()).toBe(-1n)
  })
})

describe('compaction', () => {
  it('leaves the newest record of each key at its offset, in batches with holes and holes between batches', async () => {
    await cluster.simulation.append(orders, [{ key: 'a' }, { key: 'b' }, { key: 'c' }], { codec: 'lz4' })
    await cluster.simulation.append(orders, [{ key: 'a' }])
    await cluster.simulation.append(orders, [{ key: 'a' }, { key: 'c', value: 'last' }])
    await cluster.simulation.append(orders, [{ key: 'd' }])
    await cluster.simulation.compact(orders)
    const batches = batchesOf(await fetchOne(cluster, orders))
    expect(batches.map((b) => [b.baseOffset, b.lastOffsetDelta, b.recordCount])).toEqual([
      [0n, 2, 1],
      [4n, 1, 2],
      [6n, 0, 1],
    ])
    expect(await valuesAt(cluster, orders)).toEqual(['1:null', '4:null', '5:last', '6:null'])
    expect(batchesOf(await fetchOne(cluster, orders, { offset: 3n }))[0]?.baseOffset).toBe(4n)
  })

  it('takes what was aborted away, and does not let it count as newest', async () => {
    await cluster.simulation.append(orders, [{ key: 'a', value: 'kept' }])
    const transaction = cluster.simulation.beginTransaction()
    await transaction.append(orders, [{ key: 'a', value: 'aborted' }])
    await transaction.abort()
    await cluster.simulation.append(orders, [{ key: 'b' }])
    await cluster.simulation.compact(orders)
    expect(await valuesAt(cluster, orders)).toEqual(['0:kept', '3:null'])
  })

  it('leaves an open transaction and all behind it alone', async () => {
    await cluster.simulation.beginTransaction().append(orders, [{ key: 'a' }])
    for (let turn = 0; turn < 3; turn += 1) await cluster.simulation.append(orders, [{ key: 'a' }])
    await cluster.simulation.compact(orders)
    expect(await valuesAt(cluster, orders)).toHaveLength(4)
  })
})
