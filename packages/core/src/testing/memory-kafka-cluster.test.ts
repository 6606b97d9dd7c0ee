import { crc32c } from '@node-rs/crc32'
import { beforeEach, describe, expect, it } from 'vitest'
import * as layout from '../batch/batch-layout.ts'
import { decodeRecords } from '../batch/batch-records.ts'
import { readControlRecord } from '../batch/control-record.ts'
import { type RecordBatch, readBatches } from '../batch/record-batch.ts'
import type { FetchedPartition, FetchRequest, ProduceResult } from '../kafka/kafka-data.ts'
import type { TopicPartition } from '../kafka/topic-partition.ts'
import { readOffsetsTopicRecord } from '../offsets/offsets-topic-record.ts'
import { encodeTestBatch, type TestRecord } from './memory-kafka/test-record.ts'
import { MemoryKafkaCluster } from './memory-kafka-cluster.ts'

const NOW = 1_700_000_000_000n
const orders = { topic: 'orders', partition: 0 }

let cluster: MemoryKafkaCluster
beforeEach(async () => {
  cluster = new MemoryKafkaCluster({ now: () => Number(NOW) })
  await cluster.simulation.createTopic('orders', { partitionCount: 2 })
})

function numbered(count: number, from = 0): readonly TestRecord[] {
  return Array.from({ length: count }, (_, index) => ({ key: `k${from + index}`, value: `v${from + index}` }))
}

interface FetchOptions extends Partial<FetchRequest> {
  readonly offset?: bigint
  readonly partitionMaxBytes?: number
}

async function fetchOne(where: TopicPartition, options: FetchOptions = {}): Promise<FetchedPartition> {
  const { offset = 0n, partitionMaxBytes: maxBytes = 1_000_000, ...rest } = options
  const request = { maxBytes: 1_000_000, minBytes: 0, maxWaitMs: 0, isolation: 'read_uncommitted', ...rest } as const
  const { partitions } = await cluster.fetch({ ...request, partitions: [{ ...where, offset, maxBytes }] })
  const [fetched] = partitions
  if (fetched === undefined) throw new Error('no answer')
  return fetched
}

function batchesOf({ records, topic, partition }: FetchedPartition): readonly RecordBatch[] {
  return [...readBatches(records, { topic, partition })]
}

async function valuesAt(where: TopicPartition, options?: FetchOptions): Promise<readonly string[]> {
  const batches = batchesOf(await fetchOne(where, options)).filter(({ isControl }) => !isControl)
  const records = await Promise.all(batches.map((batch) => decodeRecords(batch, where)))
  return records.flat().map(({ offset, value }) => `${offset}:${value}`)
}

async function produceBatch(batch: Buffer, where: TopicPartition = orders): Promise<ProduceResult> {
  const [result] = await cluster.produce({ partitions: [{ ...where, batch }], timeoutMs: 1_000 })
  if (result === undefined) throw new Error('no answer')
  return result
}

function encoded(records: readonly TestRecord[], flags = 0): Promise<Buffer> {
  return encodeTestBatch(records, { now: NOW, flags })
}

function sequenced(baseSequence: number, count = 1, producerEpoch = 0, producerId = 77n): Promise<Buffer> {
  return encodeTestBatch(numbered(count), { now: NOW, producer: { producerId, producerEpoch, baseSequence } })
}

function patched(batch: Buffer, patch: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.from(batch)
  patch(bytes)
  bytes.writeUInt32BE(crc32c(bytes.subarray(layout.ATTRIBUTES)), layout.CRC)
  return bytes
}

describe('produce', () => {
  it('writes base offset and leader epoch into a batch and nothing else', async () => {
    await produceBatch(await encoded(numbered(3)))
    const sent = await encoded(numbered(2))
    expect(await produceBatch(sent)).toMatchObject({ baseOffset: 3n, logAppendTime: -1n, recordErrors: [] })
    const [, second] = batchesOf(await fetchOne(orders))
    const expected = Buffer.from(sent)
    expected.writeBigInt64BE(3n, layout.BASE_OFFSET)
    expected.writeInt32BE(0, layout.PARTITION_LEADER_EPOCH)
    expect(second?.bytes).toEqual(expected)
  })

  it('appends in the order of the calls, however long their checks take', async () => {
    const large = numbered(2_000).map((record) => ({ ...record, value: 'x'.repeat(100) }))
    const slow = await encodeTestBatch(large, { now: NOW, codec: 'gzip' })
    const quick = await encoded(numbered(1))
    const [first, second] = await Promise.all([produceBatch(slow), produceBatch(quick)])
    expect([first.baseOffset, second.baseOffset]).toEqual([0n, 2_000n])
  })

  it.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)('takes batches compressed with %s', async (codec) => {
    await cluster.simulation.append(orders, numbered(10), { codec })
    expect(await valuesAt(orders)).toHaveLength(10)
  })

  it('makes times those of the broker on a LogAppendTime topic', async () => {
    await cluster.simulation.createTopic('stamped', { configs: { 'message.timestamp.type': 'LogAppendTime' } })
    const where = { topic: 'stamped', partition: 0 }
    const result = await produceBatch(await encoded([{ value: 'x', timestamp: 5n }]), where)
    expect(result.logAppendTime).toBe(NOW)
    const [batch] = batchesOf(await fetchOne(where))
    expect(batch).toMatchObject({ timestampType: 'LogAppendTime', maxTimestamp: NOW })
  })

  it('takes a LogAppendTime bit off on a CreateTime topic, as brokers silently do', async () => {
    await produceBatch(await encoded([{ value: 'x', timestamp: 5n }], layout.LOG_APPEND_TIME_FLAG))
    expect(batchesOf(await fetchOne(orders))[0]).toMatchObject({ timestampType: 'CreateTime', maxTimestamp: 5n })
  })
})

describe('produce refuses', () => {
  const refusals: readonly (readonly [what: string, code: number, make: () => Promise<Buffer>])[] = [
    [
      'a base offset other than 0',
      87,
      async () => patched(await encoded(numbered(1)), (b) => b.writeBigInt64BE(7n, 0)),
    ],
    ['two batches', 87, async () => Buffer.concat([await encoded(numbered(1)), await encoded(numbered(1))])],
    ['a control bit', 87, () => encoded(numbered(1), layout.CONTROL_FLAG)],
    ['magic 1', 87, async () => patched(await encoded(numbered(1)), (b) => b.writeInt8(1, layout.MAGIC))],
    [
      'a sparse batch',
      87,
      async () => patched(await encoded(numbered(2)), (b) => b.writeInt32BE(4, layout.LAST_OFFSET_DELTA)),
    ],
    [
      'a batch without records',
      87,
      async () => patched(await encoded(numbered(1)), (b) => b.writeInt32BE(0, layout.RECORD_COUNT)),
    ],
    [
      'a producer without a sequence',
      87,
      async () => patched(await encoded(numbered(1)), (b) => b.writeBigInt64BE(5n, layout.PRODUCER_ID)),
    ],
    ['a wrong checksum', 2, async () => Buffer.from(await encoded(numbered(1))).fill(1, layout.CRC, layout.CRC + 4)],
    ['a batch that is cut short', 2, async () => (await encoded(numbered(1))).subarray(0, -1)],
    ['no bytes', 2, async () => Buffer.alloc(0)],
    [
      'an unknown codec',
      -1,
      async () => patched(await encoded(numbered(1)), (b) => b.writeInt16BE(6, layout.ATTRIBUTES)),
    ],
    ['a transactional bit outside of a transaction', 53, () => encoded(numbered(1), layout.TRANSACTIONAL_FLAG)],
    ['a batch that is too large', 10, () => encoded([{ value: Buffer.alloc(2_000_000) }])],
    ['a time more than an hour ahead', 32, () => encoded([{ timestamp: NOW }, { timestamp: NOW + 3_600_001n }])],
  ]
  it.each(refusals)('%s with error %i, and appends nothing', async (_what, code, make) => {
    const result = await produceBatch(await make())
    expect(result).toMatchObject({ baseOffset: -1n, error: { code } })
    expect((await fetchOne(orders)).highWatermark).toBe(0n)
  })

  it('names the records that are to blame', async () => {
    await cluster.simulation.createTopic('compacted', { configs: { 'cleanup.policy': 'compact' } })
    const where = { topic: 'compacted', partition: 0 }
    const nullKeys = await produceBatch(
      await encoded([{ key: 'a' }, { value: 'b' }, { key: '' }, { value: 'c' }]),
      where,
    )
    expect(nullKeys.error?.code).toBe(87)
    expect(nullKeys.recordErrors.map(({ index }) => index)).toEqual([1, 3])
    const late = await produceBatch(await encoded([{ timestamp: NOW }, { timestamp: NOW + 3_600_001n }]))
    expect(late.recordErrors.map(({ index }) => index)).toEqual([1])
  })

  it('times too far back where the topic limits them, and a LogAppendTime bit on a LogAppendTime topic', async () => {
    await cluster.simulation.createTopic('young', { configs: { 'message.timestamp.before.max.ms': '1000' } })
    await cluster.simulation.createTopic('stamped', { configs: { 'message.timestamp.type': 'LogAppendTime' } })
    const old = await encoded([{ timestamp: NOW - 1_001n }])
    expect((await produceBatch(old, { topic: 'young', partition: 0 })).error?.code).toBe(32)
    const bit = await encoded(numbered(1), layout.LOG_APPEND_TIME_FLAG)
    expect((await produceBatch(bit, { topic: 'stamped', partition: 0 })).error?.code).toBe(32)
  })

  it('what is for a partition that is not there', async () => {
    const batch = await encoded(numbered(1))
    expect((await produceBatch(batch, { topic: 'nowhere', partition: 0 })).error?.code).toBe(3)
    expect((await produceBatch(batch, { topic: 'orders', partition: 2 })).error?.code).toBe(3)
  })
})

describe('an idempotent producer', () => {
  it('is answered with the first offset when it repeats one of its last five batches', async () => {
    for (let sequence = 0; sequence < 6; sequence += 1) await produceBatch(await sequenced(sequence))
    for (const sequence of [5, 3, 1]) {
      expect(await produceBatch(await sequenced(sequence))).toMatchObject({ baseOffset: BigInt(sequence) })
    }
    expect((await produceBatch(await sequenced(0))).error?.code).toBe(45)
    expect((await fetchOne(orders)).highWatermark).toBe(6n)
  })

  it('is refused with 45 behind a gap, and before it', async () => {
    await produceBatch(await sequenced(0, 3))
    expect((await produceBatch(await sequenced(4))).error?.code).toBe(45)
    expect((await produceBatch(await sequenced(1))).error?.code).toBe(45)
    expect((await produceBatch(await sequenced(3))).baseOffset).toBe(3n)
  })

  it('may begin with any sequence where it is not known, and again after it was forgotten', async () => {
    expect((await produceBatch(await sequenced(500))).baseOffset).toBe(0n)
    await cluster.simulation.expireProducers(orders)
    expect((await produceBatch(await sequenced(7))).baseOffset).toBe(1n)
  })

  it('goes on at 0 behind the last sequence', async () => {
    expect((await produceBatch(await sequenced(2 ** 31 - 2, 2))).baseOffset).toBe(0n)
    expect((await produceBatch(await sequenced(0))).baseOffset).toBe(2n)
  })

  it('is fenced below its epoch, and begins a new one at 0', async () => {
    await produceBatch(await sequenced(0, 1, 1))
    expect((await produceBatch(await sequenced(1, 1, 0))).error?.code).toBe(47)
    expect((await produceBatch(await sequenced(3, 1, 2))).error?.code).toBe(45)
    expect((await produceBatch(await sequenced(0, 1, 2))).baseOffset).toBe(1n)
  })

  it('is described with its last sequence', async () => {
    const { producerId, producerEpoch } = await cluster.allocateProducerId()
    await produceBatch(await sequenced(40, 3, producerEpoch, producerId))
    const [described, unknown] = await cluster.describeProducers([orders, { topic: 'orders', partition: 9 }])
    expect(described?.producers).toEqual([
      { producerId, producerEpoch, lastSequence: 42, lastTimestamp: NOW, currentTransactionStartOffset: -1n },
    ])
    expect(unknown?.error?.code).toBe(3)
  })

  it('gets an id that nobody has', async () => {
    const ids = await Promise.all(Array.from({ length: 3 }, () => cluster.allocateProducerId()))
    expect(new Set(ids.map(({ producerId }) => producerId)).size).toBe(3)
  })
})

describe('fetch', () => {
  it('gives whole batches from the one that holds the offset', async () => {
    await cluster.simulation.append(orders, numbered(3))
    await cluster.simulation.append(orders, numbered(3, 3))
    const fetched = await fetchOne(orders, { offset: 4n })
    expect(batchesOf(fetched).map(({ baseOffset }) => baseOffset)).toEqual([3n])
    expect(fetched).toMatchObject({ highWatermark: 6n, lastStableOffset: 6n, logStartOffset: 0n })
  })

  it('gives the first batch whole though it is larger than every limit, and no second one', async () => {
    await cluster.simulation.append(orders, [{ value: 'x'.repeat(1_000) }])
    await cluster.simulation.append(orders, [{ value: 'y' }])
    const fetched = await fetchOne(orders, { maxBytes: 10, partitionMaxBytes: 10 })
    expect(batchesOf(fetched)).toHaveLength(1)
    expect(fetched.records.length).toBeGreaterThan(1_000)
  })

  it('cuts the last batch short at the limit', async () => {
    await cluster.simulation.append(orders, numbered(1))
    await cluster.simulation.append(orders, numbered(1))
    const first = batchesOf(await fetchOne(orders))[0]?.bytes.length ?? 0
    const fetched = await fetchOne(orders, { partitionMaxBytes: first + 10 })
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
    expect((await fetchOne(orders, { offset: 1n })).error?.code).toBe(1)
    expect((await fetchOne(orders, { offset: 6n })).error?.code).toBe(1)
    expect(await fetchOne(orders, { offset: 5n })).toMatchObject({ highWatermark: 5n, records: Buffer.alloc(0) })
    expect((await fetchOne({ topic: 'nowhere', partition: 0 })).error?.code).toBe(3)
  })

  it('gives the whole batch that the start of the log falls into', async () => {
    await cluster.simulation.append(orders, numbered(5))
    await cluster.deleteRecords([{ ...orders, beforeOffset: 2n }])
    const fetched = await fetchOne(orders, { offset: 2n })
    expect(fetched.logStartOffset).toBe(2n)
    expect(batchesOf(fetched)[0]).toMatchObject({ baseOffset: 0n, recordCount: 5 })
  })

  it('waits for records, and answers as soon as they come', async () => {
    const waiting = fetchOne(orders, { minBytes: 1, maxWaitMs: 60_000 })
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
    expect(await valuesAt(orders, committed)).toEqual(['0:v0'])
    expect(await valuesAt(orders)).toHaveLength(4)
    expect(await fetchOne(orders)).toMatchObject({ highWatermark: 4n, lastStableOffset: 1n })
    await transaction.commit()
    expect(await valuesAt(orders, committed)).toEqual(['0:v0', '1:v10', '2:v11', '3:v20'])
    expect(await fetchOne(orders)).toMatchObject({ highWatermark: 5n, lastStableOffset: 5n })
  })

  it('that aborts is listed to committed readers, from its first offset on', async () => {
    const transaction = cluster.simulation.beginTransaction()
    await transaction.append(orders, numbered(2))
    await transaction.abort()
    const fetched = await fetchOne(orders, { isolation: 'read_committed' })
    expect(fetched.abortedTransactions).toEqual([{ producerId: transaction.producerId, firstOffset: 0n }])
    expect((await fetchOne(orders)).abortedTransactions).toEqual([])
    expect((await fetchOne(orders, { isolation: 'read_committed', offset: 3n })).abortedTransactions).toEqual([])
  })

  it('ends in a control batch that says how', async () => {
    const [committed, aborted] = [cluster.simulation.beginTransaction(), cluster.simulation.beginTransaction()]
    await committed.append(orders, numbered(1))
    await aborted.append(orders, numbered(1))
    await committed.commit()
    await aborted.abort()
    const markers = batchesOf(await fetchOne(orders)).filter(({ isControl }) => isControl)
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
    expect((await fetchOne(orders)).highWatermark).toBe(4n)
    expect(batchesOf(await fetchOne(orders)).map((batch) => batch.partitionLeaderEpoch)).toEqual([0, 1])
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
    for (const sequence of [0, 1, 2]) await produceBatch(await sequenced(sequence))
    await cluster.simulation.electLeader(orders, { truncateTo: 2n })
    expect((await produceBatch(await sequenced(2))).baseOffset).toBe(2n)
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
    expect((await fetchOne(orders)).highWatermark).toBe(0n)
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

describe('compaction', () => {
  it('leaves the newest record of each key at its offset, in batches with holes and holes between batches', async () => {
    await cluster.simulation.append(orders, [{ key: 'a' }, { key: 'b' }, { key: 'c' }], { codec: 'lz4' })
    await cluster.simulation.append(orders, [{ key: 'a' }])
    await cluster.simulation.append(orders, [{ key: 'a' }, { key: 'c', value: 'last' }])
    await cluster.simulation.append(orders, [{ key: 'd' }])
    await cluster.simulation.compact(orders)
    const batches = batchesOf(await fetchOne(orders))
    expect(batches.map((b) => [b.baseOffset, b.lastOffsetDelta, b.recordCount])).toEqual([
      [0n, 2, 1],
      [4n, 1, 2],
      [6n, 0, 1],
    ])
    expect(await valuesAt(orders)).toEqual(['1:null', '4:null', '5:last', '6:null'])
    expect(batchesOf(await fetchOne(orders, { offset: 3n }))[0]?.baseOffset).toBe(4n)
  })
})

describe('groups', () => {
  const position = { ...orders, offset: 7n, leaderEpoch: -1, metadata: null }

  async function offsetsRecords() {
    const [topic] = await cluster.describeTopics(['__consumer_offsets'])
    const found = []
    for (const { partition } of topic?.partitions ?? []) {
      const where = { topic: '__consumer_offsets', partition }
      for (const batch of batchesOf(await fetchOne(where))) {
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
    expect((await fetchOne({ topic: '__consumer_offsets', partition: 9 })).highWatermark).toBe(1n)
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
      (topic[0]?.partitions ?? []).map(({ partition }) => fetchOne({ topic: '__consumer_offsets', partition })),
    )
    const markers = logs.flatMap(batchesOf).filter(({ isControl }) => isControl)
    expect(markers.map((batch) => readControlRecord(batch, orders)?.type)).toEqual([outcome])
  })
})

describe('faults', () => {
  const request = async () => ({ partitions: [{ ...orders, batch: await encoded(numbered(1)) }], timeoutMs: 1 })
  const UNAVAILABLE = expect.objectContaining({ code: 'KB_KAFKA_UNAVAILABLE', retryable: true })

  it('give every item of the next answers an error, and do nothing', async () => {
    cluster.faults.schedule({
      api: 'fetch',
      times: 2,
      after: 1,
      fault: { kind: 'error', name: 'NOT_LEADER_OR_FOLLOWER' },
    })
    cluster.faults.schedule({ api: 'produce', fault: { kind: 'error', name: 'NOT_ENOUGH_REPLICAS' } })
    const codes = []
    for (let turn = 0; turn < 4; turn += 1) codes.push((await fetchOne(orders)).error?.code)
    expect(codes).toEqual([undefined, 6, 6, undefined])
    expect((await cluster.produce(await request()))[0]?.error?.code).toBe(19)
    expect((await fetchOne(orders)).highWatermark).toBe(0n)
  })

  it.each([
    ['before', 0n],
    ['after', 1n],
  ] as const)('break the connection %s the append', async (when, highWatermark) => {
    cluster.faults.schedule({ api: 'produce', fault: { kind: 'drop', when } })
    await expect(cluster.produce(await request())).rejects.toEqual(UNAVAILABLE)
    expect((await fetchOne(orders)).highWatermark).toBe(highWatermark)
  })

  it.each([
    ['before', 0n],
    ['after', 1n],
  ] as const)('hang %s the append until the signal aborts', async (when, highWatermark) => {
    cluster.faults.schedule({ api: 'produce', fault: { kind: 'hang', when } })
    const aborter = new AbortController()
    const hanging = cluster.produce(await request(), { signal: aborter.signal })
    setImmediate(() => aborter.abort('enough'))
    await expect(hanging).rejects.toBe('enough')
    expect((await fetchOne(orders)).highWatermark).toBe(highWatermark)
  })

  it('let a request land after its sender has given up', async () => {
    cluster.faults.schedule({ api: 'produce', fault: { kind: 'late' } })
    await expect(cluster.produce(await request())).rejects.toEqual(UNAVAILABLE)
    expect([cluster.faults.lateCount, (await fetchOne(orders)).highWatermark]).toEqual([1, 0n])
    await cluster.faults.landLate()
    expect([cluster.faults.lateCount, (await fetchOne(orders)).highWatermark]).toEqual([0, 1n])
  })

  it('count calls; an aborted signal makes none', async () => {
    await fetchOne(orders)
    await expect(cluster.listGroups({ signal: AbortSignal.abort('enough') })).rejects.toBe('enough')
    expect([cluster.faults.callCount('fetch'), cluster.faults.callCount('listGroups')]).toEqual([1, 0])
  })
})
