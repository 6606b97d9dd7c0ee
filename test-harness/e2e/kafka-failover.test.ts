import { decodeRecords, encodeBatch, encodeRecord, type KafkaCluster, KbackupError, readBatches } from '@kbackup/core'
import { kafka } from '@kbackup/kafka-io'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startKafka, type TestBroker, type TestKafka } from '../src/index.ts'

const PARTITION = 0
const IN_FLIGHT = 5
const RECORDS = 400

describe('kafka() over three brokers, one of which goes away', () => {
  let running: TestKafka
  let cluster: KafkaCluster
  beforeAll(async () => {
    running = await startKafka({ brokers: 3 })
    cluster = kafka({ brokers: [...running.bootstrapServers] })
  })
  afterAll(async () => {
    await cluster?.close()
    await running?.stop()
  })

  it.each<[string, (broker: TestBroker) => Promise<void>]>([
    ['is killed', (broker) => broker.kill('SIGKILL')],
    ['stops in good order', (broker) => broker.stop()],
  ])('appends each batch once and in order while the leader %s, and fetches on', async (name, remove) => {
    const topic = `failover-${name.replaceAll(' ', '-')}`
    await createReplicated(topic)
    const batches = await numberedBatches(cluster, RECORDS)
    const reading = readNumbers(topic, RECORDS)
    let removed: TestBroker | undefined
    await produceInOrder(topic, batches, async (index) => {
      if (index !== RECORDS / 4) return
      removed = await leaderOf(topic)
      await remove(removed)
    })
    expect(await reading).toEqual(Array.from({ length: RECORDS }, (_none, index) => index))
    await removed?.restart()
  })

  it('follows coordinators that move', async () => {
    await createReplicated('positions')
    const groups = Array.from({ length: 20 }, (_none, index) => `failover-${index}`)
    const commit = (offset: bigint) =>
      Promise.all(
        groups.map((group) => {
          const position = { topic: 'positions', partition: 0, offset, leaderEpoch: -1, metadata: '' }
          return cluster.commitGroupOffsets(group, [position])
        }),
      )
    await commit(1n)
    const [broker] = running.brokers
    await broker?.kill('SIGKILL')
    const results = await commit(2n)
    expect(results.flat().filter(({ error }) => error !== undefined)).toEqual([])
    const fetched = await cluster.fetchGroupOffsets(groups)
    expect(fetched.map(({ error, offsets }) => [error, offsets[0]?.offset])).toEqual(groups.map(() => [undefined, 2n]))
    await broker?.restart()
  })

  async function createReplicated(topic: string): Promise<void> {
    const configs = { 'min.insync.replicas': '2', 'retention.ms': '-1' }
    const [created] = await cluster.createTopics([{ topic, partitionCount: 1, replicationFactor: 3, configs }])
    expect(created).toEqual({ topic })
  }

  async function leaderOf(topic: string): Promise<TestBroker> {
    const [described] = await cluster.describeTopics([topic])
    const leader = running.brokers.find(({ id }) => id === described?.partitions[PARTITION]?.leader)
    if (!leader) throw new Error(`${topic} has no leader`)
    return leader
  }

  /** A window of batches in flight, as a restore has; those whose outcome is unknown are sent again, in order. */
  async function produceInOrder(
    topic: string,
    batches: readonly Buffer[],
    before: (index: number) => Promise<void>,
  ): Promise<void> {
    for (let start = 0; start < batches.length; start += IN_FLIGHT) {
      const window = batches.slice(start, start + IN_FLIGHT)
      const disturbed = before(start)
      const outcomes = await Promise.allSettled(window.map((batch) => produce(topic, batch)))
      for (const [index, batch] of window.entries()) {
        if (outcomes[index]?.status === 'rejected') await produceUntilAnswered(topic, batch)
      }
      await disturbed
    }
  }

  async function produceUntilAnswered(topic: string, batch: Buffer): Promise<void> {
    for (;;) {
      try {
        return await produce(topic, batch)
      } catch (error) {
        if (!KbackupError.is(error, 'KB_KAFKA_UNAVAILABLE')) throw error
      }
    }
  }

  async function produce(topic: string, batch: Buffer): Promise<void> {
    const partitions = [{ topic, partition: PARTITION, batch }]
    const [result] = await cluster.produce({ partitions, timeoutMs: 10_000 })
    expect(result?.error).toBeUndefined()
  }

  async function readNumbers(topic: string, count: number): Promise<readonly number[]> {
    const where = { topic, partition: PARTITION }
    const numbers: number[] = []
    let offset = 0n
    while (numbers.length < count) {
      const { partitions } = await cluster.fetch({
        partitions: [{ ...where, offset, maxBytes: 100_000 }],
        maxBytes: 100_000,
        minBytes: 1,
        maxWaitMs: 200,
        isolation: 'read_committed',
      })
      expect(partitions[0]?.error).toBeUndefined()
      for (const batch of readBatches(partitions[0]?.records ?? Buffer.alloc(0), where)) {
        for (const { value } of await decodeRecords(batch, where)) numbers.push(Number(value))
        offset = batch.nextOffset
      }
    }
    return numbers
  }
})

async function numberedBatches(cluster: KafkaCluster, count: number): Promise<readonly Buffer[]> {
  const identity = await cluster.allocateProducerId()
  const encode = (number: number) => {
    const content = { key: null, value: Buffer.from(String(number)), headers: [] }
    const place = { topic: '', partition: 0, offset: 0n, timestampType: 'CreateTime' } as const
    const record = encodeRecord({ ...place, ...content, timestamp: BigInt(Date.now()) })
    return encodeBatch([record], { codec: 'none', producer: { ...identity, baseSequence: number } })
  }
  return Promise.all(Array.from({ length: count }, (_none, number) => encode(number)))
}
