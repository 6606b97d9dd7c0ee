import { type GroupDescription, type KafkaCluster, KbackupError } from '@kbackup/core'
import { kafka } from '@kbackup/kafka-io'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { createTopic, javaTools, plaintextClient, produceCorpus, startKafka, type TestKafka } from '../src/index.ts'

const UNKNOWN_MEMBER_ID = 25
const UNSTABLE_OFFSET_COMMIT = 88

describe('kafka() and what other clients do', () => {
  let running: TestKafka
  let cluster: KafkaCluster
  beforeAll(async () => {
    running = await startKafka()
    cluster = kafka({ brokers: [...running.bootstrapServers] })
  })
  afterAll(async () => {
    await cluster?.close()
    await running?.stop()
  })

  it('shows the member of a classic group, and is refused a commit under it', async () => {
    await createTopic(running, { topic: 'classic' })
    const consumer = plaintextClient(running.plaintextServers).consumer({ groupId: 'classic-group' })
    onTestFinished(() => consumer.disconnect())
    await consumer.subscribe({ topic: 'classic' })
    await consumer.run({ eachMessage: async () => {} })
    const group = await describedAs('classic-group', 'Stable')
    expect(group).toMatchObject({ protocolType: 'consumer', members: [{ clientId: 'kbackup-harness' }] })
    expect(await commitOne('classic-group', 'classic')).toBe(UNKNOWN_MEMBER_ID)
    expect(await listed('classic-group')).toMatchObject({ type: 'classic', state: 'Stable', protocolType: 'consumer' })
  })

  it('shows the member of a KIP-848 group, and is refused a commit under it', async () => {
    await createTopic(running, { topic: 'modern' })
    const tools = await javaTools(running)
    const stop = new AbortController()
    const servers = running.plaintextServers.join(',')
    const group = ['--group', 'modern-group', '--consumer-property', 'group.protocol=consumer']
    const consumer = tools
      .tool('ConsoleConsumer', ['--bootstrap-server', servers, '--topic', 'modern', ...group], stop.signal)
      .catch(() => undefined)
    onTestFinished(async () => {
      stop.abort()
      await consumer
    })
    const described = await describedAs('modern-group', 'Stable')
    expect(described).toMatchObject({ protocolType: 'consumer' })
    expect(described.members).toHaveLength(1)
    expect(await commitOne('modern-group', 'modern')).toBe(UNKNOWN_MEMBER_ID)
    expect(await listed('modern-group')).toMatchObject({ type: 'consumer', state: 'Stable' })
  })

  it('ends read_committed fetches at the last stable offset, and lists aborted transactions', async () => {
    const topic = 'transactions'
    await createTopic(running, { topic })
    await produceCorpus(running, { topic, cases: ['committed:2', 'aborted:3', 'plain:1', 'open:2'] })
    const points = ['last-stable', 'latest'] as const
    const [stable, latest] = await cluster.listOffsets(points.map((at) => ({ topic, partition: 0, at })))
    expect(stable?.offset).toBeLessThan(latest?.offset ?? -1n)
    const { partitions } = await cluster.fetch({
      partitions: [{ topic, partition: 0, offset: 0n, maxBytes: 1_000_000 }],
      maxBytes: 1_000_000,
      minBytes: 1,
      maxWaitMs: 100,
      isolation: 'read_committed',
    })
    const [fetched] = partitions
    expect(fetched).toMatchObject({ lastStableOffset: stable?.offset, highWatermark: latest?.offset })
    expect(fetched?.abortedTransactions).toHaveLength(1)
    expect(fetched?.abortedTransactions[0]?.firstOffset).toBe(3n)
    const [producers] = await cluster.describeProducers([{ topic, partition: 0 }])
    expect(producers?.producers.map((producer) => producer.currentTransactionStartOffset)).toContain(stable?.offset)
  })

  it('gives no positions of a group while a transaction is about to change them', async () => {
    await createTopic(running, { topic: 'pending' })
    const earlier = { topic: 'pending', partition: 0, offset: 3n, leaderEpoch: -1, metadata: '' }
    await cluster.commitGroupOffsets('pending-group', [earlier])
    const producer = plaintextClient(running.plaintextServers).producer({
      transactionalId: 'pending',
      idempotent: true,
      maxInFlightRequests: 1,
    })
    onTestFinished(() => producer.disconnect())
    await producer.connect()
    const transaction = await producer.transaction()
    const topics = [{ topic: 'pending', partitions: [{ partition: 0, offset: '5' }] }]
    await transaction.sendOffsets({ consumerGroupId: 'pending-group', topics })
    await using impatient = kafka({ brokers: [...running.bootstrapServers], retry: { retries: 2 } })
    const [before] = await impatient.fetchGroupOffsets(['pending-group'])
    expect([before?.error?.code, before?.offsets]).toEqual([UNSTABLE_OFFSET_COMMIT, []])
    await transaction.commit()
    const [after] = await cluster.fetchGroupOffsets(['pending-group'])
    expect(after).toMatchObject({ offsets: [{ topic: 'pending', partition: 0, offset: 5n }] })
    expect(after?.error).toBeUndefined()
  })

  it('commits positions of hundreds of groups at once', async () => {
    await createTopic(running, { topic: 'many' })
    const groups = Array.from({ length: 500 }, (_none, index) => `many-${index}`)
    await Promise.all(groups.map((group) => commitOne(group, 'many')))
    const fetched = await cluster.fetchGroupOffsets(groups)
    expect(fetched.map(({ groupId }) => groupId)).toEqual(groups)
    expect(fetched.every(({ offsets }) => offsets[0]?.offset === 0n)).toBe(true)
    const described = await cluster.describeGroups(groups)
    expect(new Set(described.map(({ state }) => state))).toEqual(new Set(['Empty']))
  })

  it('refuses to be used after it was closed', async () => {
    const closed = kafka({ brokers: [...running.bootstrapServers] })
    await closed.describeCluster()
    await closed.close()
    await expect(closed.describeCluster()).rejects.toSatisfy((error) => KbackupError.is(error, 'KB_USAGE'))
  })

  async function describedAs(groupId: string, state: string): Promise<GroupDescription> {
    for (;;) {
      const [group] = await cluster.describeGroups([groupId])
      if (group?.state === state) return group
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }

  async function listed(groupId: string) {
    return (await cluster.listGroups()).find((group) => group.groupId === groupId)
  }

  async function commitOne(groupId: string, topic: string): Promise<number | undefined> {
    const position = { topic, partition: 0, offset: 0n, leaderEpoch: -1, metadata: null }
    const [result] = await cluster.commitGroupOffsets(groupId, [position])
    return result?.error?.code
  }
})
