import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  createBackup,
  createOffsetReset,
  createRestore,
  type GroupDescription,
  type KafkaCluster,
  KbackupError,
} from '@kbackup/core'
import { kafka } from '@kbackup/kafka-io'
import { fs } from '@kbackup/storage-fs'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { createTopic, javaTools, plaintextClient, produceCorpus, startKafka, type TestKafka } from '../src/index.ts'
import { type HeartbeatKind, joinGroup } from '../src/kafka/group-heartbeat.ts'
import { placeGroups, positionsIn, produceNumbers } from '../src/kafka/positioned-groups.ts'

const UNKNOWN_MEMBER_ID = 25
const UNSTABLE_OFFSET_COMMIT = 88
/** Share and streams groups are there only where they are asked for. */
const ALL_KINDS_OF_GROUPS = {
  'unstable.api.versions.enable': 'true',
  'unstable.feature.versions.enable': 'true',
  'group.coordinator.rebalance.protocols': 'classic,consumer,share,streams',
}

describe('kafka() and what other clients do', () => {
  let running: TestKafka
  let cluster: KafkaCluster
  beforeAll(async () => {
    running = await startKafka({ config: ALL_KINDS_OF_GROUPS })
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

  describe('a reset of groups whose names are now of another kind', () => {
    const [position, later] = [3n, 7n]
    const KINDS = ['consumer', 'share', 'streams'] as const
    const groupOf = (kind: HeartbeatKind) => `typed-${kind}`
    let directory: string
    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'kbackup-group-kinds-'))
      await produceNumbers(running, { topic: 'typed', partitions: 1, records: 10 })
      await placeGroups(cluster, KINDS.map(groupOf), () => positionsIn('typed', 1, () => position))
      const parts = { storage: fs({ directory }), backupId: 'typed', topics: ['typed'] }
      await createBackup({ ...parts, source: cluster }).run()
      await createRestore({ ...parts, target: cluster, rename: { typed: 'restored.typed' } }).run()
      const admin = plaintextClient(running.plaintextServers).admin()
      await admin.deleteGroups(KINDS.map(groupOf))
      await admin.disconnect()
    })
    afterAll(() => rm(directory, { recursive: true, force: true }))

    const reset = (kind: HeartbeatKind) => {
      const parts = { storage: fs({ directory }), backupId: 'typed', target: cluster }
      return createOffsetReset({ ...parts, groups: [groupOf(kind)] })
    }
    const joinAs = (kind: HeartbeatKind) => {
      const [broker] = running.brokers
      return joinGroup(broker?.port ?? 0, { kind, groupId: groupOf(kind), topic: 'restored.typed' })
    }

    it('sets one of KIP-848, once its members have left', async () => {
      const member = await joinAs('consumer')
      expect(await listed(groupOf('consumer'))).toMatchObject({ type: 'consumer' })
      await expect(reset('consumer').run()).rejects.toMatchObject({
        code: 'KB_GROUP_RESET_FAILED',
        message: expect.stringContaining('has 1 member'),
      })
      await member.leave()
      await cluster.commitGroupOffsets(
        groupOf('consumer'),
        positionsIn('restored.typed', 1, () => later),
      )
      await reset('consumer').run()
      const [group] = await cluster.fetchGroupOffsets([groupOf('consumer')])
      expect(group?.offsets).toMatchObject([{ topic: 'restored.typed', partition: 0, offset: position }])
      expect(await listed(groupOf('consumer'))).toMatchObject({ type: 'consumer', state: 'Empty' })
    })

    it.each(['share', 'streams'] as const)('refuses a %s group, which has no positions of that kind', async (kind) => {
      const member = await joinAs(kind)
      onTestFinished(() => member.leave())
      expect(await listed(groupOf(kind))).toMatchObject({ type: kind })
      await expect(reset(kind).run()).rejects.toMatchObject({
        code: 'KB_GROUP_RESET_FAILED',
        message: expect.stringContaining(`group ${groupOf(kind)} is a ${kind} group`),
      })
    })
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
