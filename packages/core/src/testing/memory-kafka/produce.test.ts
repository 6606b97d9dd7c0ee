import { crc32c } from '@node-rs/crc32'
import { beforeEach, describe, expect, it } from 'vitest'
import * as layout from '../../batch/batch-layout.ts'
import type { MemoryKafkaCluster } from '../memory-kafka-cluster.ts'
import {
  batchesOf,
  encoded,
  fetchOne,
  NOW,
  numbered,
  orders,
  ordersCluster,
  produceOne,
  valuesAt,
} from './orders-cluster.ts'
import { encodeTestBatch } from './test-record.ts'

let cluster: MemoryKafkaCluster
beforeEach(async () => {
  cluster = await ordersCluster()
})

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
    await produceOne(cluster, await encoded(numbered(3)))
    const sent = await encoded(numbered(2))
    expect(await produceOne(cluster, sent)).toMatchObject({ baseOffset: 3n, logAppendTime: -1n, recordErrors: [] })
    const [, second] = batchesOf(await fetchOne(cluster, orders))
    const expected = Buffer.from(sent)
    expected.writeBigInt64BE(3n, layout.BASE_OFFSET)
    expected.writeInt32BE(0, layout.PARTITION_LEADER_EPOCH)
    expect(second?.bytes).toEqual(expected)
  })

  it('appends in the order of the calls, however long their checks take', async () => {
    const large = numbered(2_000).map((record) => ({ ...record, value: 'x'.repeat(100) }))
    const slow = await encodeTestBatch(large, { now: NOW, codec: 'gzip' })
    const quick = await encoded(numbered(1))
    const [first, second] = await Promise.all([produceOne(cluster, slow), produceOne(cluster, quick)])
    expect([first.baseOffset, second.baseOffset]).toEqual([0n, 2_000n])
  })

  it.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)('takes batches compressed with %s', async (codec) => {
    await cluster.simulation.append(orders, numbered(10), { codec })
    expect(await valuesAt(cluster, orders)).toHaveLength(10)
  })

  it('makes times those of the broker on a LogAppendTime topic', async () => {
    await cluster.simulation.createTopic('stamped', { configs: { 'message.timestamp.type': 'LogAppendTime' } })
    const where = { topic: 'stamped', partition: 0 }
    const result = await produceOne(cluster, await encoded([{ value: 'x', timestamp: 5n }]), where)
    expect(result.logAppendTime).toBe(NOW)
    const [batch] = batchesOf(await fetchOne(cluster, where))
    expect(batch).toMatchObject({ timestampType: 'LogAppendTime', maxTimestamp: NOW })
  })

  it('takes a LogAppendTime bit off on a CreateTime topic, as brokers silently do', async () => {
    await produceOne(cluster, await encoded([{ value: 'x', timestamp: 5n }], layout.LOG_APPEND_TIME_FLAG))
    expect(batchesOf(await fetchOne(cluster, orders))[0]).toMatchObject({
      timestampType: 'CreateTime',
      maxTimestamp: 5n,
    })
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
    const result = await produceOne(cluster, await make())
    expect(result).toMatchObject({ baseOffset: -1n, error: { code } })
    expect((await fetchOne(cluster, orders)).highWatermark).toBe(0n)
  })

  it('names the records that are to blame', async () => {
    await cluster.simulation.createTopic('compacted', { configs: { 'cleanup.policy': 'compact' } })
    const where = { topic: 'compacted', partition: 0 }
    const nullKeys = await produceOne(
      cluster,
      await encoded([{ key: 'a' }, { value: 'b' }, { key: '' }, { value: 'c' }]),
      where,
    )
    expect(nullKeys.error?.code).toBe(87)
    expect(nullKeys.recordErrors.map(({ index }) => index)).toEqual([1, 3])
    const late = await produceOne(cluster, await encoded([{ timestamp: NOW }, { timestamp: NOW + 3_600_001n }]))
    expect(late.recordErrors.map(({ index }) => index)).toEqual([1])
  })

  it('times too far back where the topic limits them, and a LogAppendTime bit on a LogAppendTime topic', async () => {
    await cluster.simulation.createTopic('young', { configs: { 'message.timestamp.before.max.ms': '1000' } })
    await cluster.simulation.createTopic('stamped', { configs: { 'message.timestamp.type': 'LogAppendTime' } })
    const old = await encoded([{ timestamp: NOW - 1_001n }])
    expect((await produceOne(cluster, old, { topic: 'young', partition: 0 })).error?.code).toBe(32)
    const bit = await encoded(numbered(1), layout.LOG_APPEND_TIME_FLAG)
    expect((await produceOne(cluster, bit, { topic: 'stamped', partition: 0 })).error?.code).toBe(32)
  })

  it('what is for a partition that is not there', async () => {
    const batch = await encoded(numbered(1))
    expect((await produceOne(cluster, batch, { topic: 'nowhere', partition: 0 })).error?.code).toBe(3)
    expect((await produceOne(cluster, batch, { topic: 'orders', partition: 2 })).error?.code).toBe(3)
  })
})

describe('an idempotent producer', () => {
  it('is answered with the first offset when it repeats one of its last five batches', async () => {
    for (let sequence = 0; sequence < 6; sequence += 1) await produceOne(cluster, await sequenced(sequence))
    for (const sequence of [5, 3, 1]) {
      expect(await produceOne(cluster, await sequenced(sequence))).toMatchObject({ baseOffset: BigInt(sequence) })
    }
    expect((await produceOne(cluster, await sequenced(0))).error?.code).toBe(45)
    expect((await fetchOne(cluster, orders)).highWatermark).toBe(6n)
  })

  it('is refused with 45 behind a gap, and before it', async () => {
    await produceOne(cluster, await sequenced(0, 3))
    expect((await produceOne(cluster, await sequenced(4))).error?.code).toBe(45)
    expect((await produceOne(cluster, await sequenced(1))).error?.code).toBe(45)
    expect((await produceOne(cluster, await sequenced(3))).baseOffset).toBe(3n)
  })

  it('may begin with any sequence where it is not known, and again after it was forgotten', async () => {
    expect((await produceOne(cluster, await sequenced(500))).baseOffset).toBe(0n)
    await cluster.simulation.expireProducers(orders)
    expect((await produceOne(cluster, await sequenced(7))).baseOffset).toBe(1n)
  })

  it('goes on at 0 behind the last sequence', async () => {
    expect((await produceOne(cluster, await sequenced(2 ** 31 - 2, 2))).baseOffset).toBe(0n)
    expect((await produceOne(cluster, await sequenced(0))).baseOffset).toBe(2n)
  })

  it('is fenced below its epoch, and begins a new one at 0', async () => {
    await produceOne(cluster, await sequenced(0, 1, 1))
    expect((await produceOne(cluster, await sequenced(1, 1, 0))).error?.code).toBe(47)
    expect((await produceOne(cluster, await sequenced(3, 1, 2))).error?.code).toBe(45)
    expect((await produceOne(cluster, await sequenced(0, 1, 2))).baseOffset).toBe(1n)
  })

  it('is described with its last sequence', async () => {
    const { producerId, producerEpoch } = await cluster.allocateProducerId()
    await produceOne(cluster, await sequenced(40, 3, producerEpoch, producerId))
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
