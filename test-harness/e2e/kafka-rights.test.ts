import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  createBackup,
  createRestore,
  type ErrorCode,
  type KafkaCluster,
  KbackupError,
  openArchive,
} from '@kbackup/core'
import { type KafkaOptions, kafka } from '@kbackup/kafka-io'
import { fs } from '@kbackup/storage-fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { contentInKafka, contentOf, differences } from '../src/crash/crash-topic.ts'
import { allow, createTopic, javaTools, plaintextClient, type TestKafka } from '../src/index.ts'
import { countedSockets } from './security/counted-sockets.ts'
import { BACKUP, bearerToken, LIMITED, leadingTo, SLOW, startSecuredKafka } from './security/secured-kafka.ts'

let running: TestKafka
let directory: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kbackup-rights-'))
  running = await startSecuredKafka()
})

afterAll(async () => {
  await running?.stop()
  await rm(directory, { recursive: true, force: true })
})

const storage = () => fs({ directory })

function as({ username, password }: typeof BACKUP, more: Partial<KafkaOptions> = {}): KafkaCluster {
  const sasl = { mechanism: 'scram-sha-512', username, password } as const
  return kafka({ ...leadingTo(running, 'PASSWORDS'), sasl, ...more })
}

async function fill(topic: string, records: number, bytes: number): Promise<void> {
  await createTopic(running, { topic, partitions: 2 })
  // What a producer without an id sends again may stand there twice.
  const producer = plaintextClient(running.plaintextServers).producer({ idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  for (let sent = 0; sent < records; sent += 500) {
    const messages = Array.from({ length: Math.min(500, records - sent) }, (_, index) => ({
      key: String(sent + index),
      value: Buffer.alloc(bytes, sent + index),
    }))
    await producer.send({ topic, messages })
  }
  await producer.disconnect()
}

async function failureOf(run: Promise<unknown>, code: ErrorCode): Promise<KbackupError> {
  const failure: unknown = await run.then(
    () => new Error('it worked'),
    (error: unknown) => error,
  )
  if (KbackupError.is(failure, code)) return failure
  throw failure
}

describe('a user without all rights', () => {
  beforeAll(async () => {
    for (const topic of ['readable', 'seen', 'hidden']) await fill(topic, 20, 10)
    await allow(running, LIMITED.username, [
      { resource: 'TOPIC', name: 'readable', operations: ['READ', 'DESCRIBE_CONFIGS'] },
      { resource: 'TOPIC', name: 'seen', operations: ['DESCRIBE'] },
      { resource: 'GROUP', name: 'shown', operations: ['DESCRIBE'] },
    ])
    await using cluster = as(BACKUP)
    const position = { topic: 'readable', partition: 0, offset: 3n, leaderEpoch: -1, metadata: '' }
    for (const group of ['shown', 'secret']) await cluster.commitGroupOffsets(group, [position])
  })

  it('backs up what it may read, and fails with the name of the topic and the right for the other one', async () => {
    await using source = as(LIMITED)
    const backup = createBackup({ source, storage: storage(), backupId: 'limited', topics: ['readable', 'seen'] })
    const error = await failureOf(backup.run(), 'KB_KAFKA_AUTHORIZATION')
    expect(error.details).toMatchObject({ topic: 'seen' })
    expect(error.hint).toContain('grant Read')
    const archived = await contentOf((await openArchive(storage(), 'limited')).records({ topics: ['readable'] }))
    expect(differences(archived, await contentInKafka(running, 'readable'), { withOffsets: true })).toEqual([])
  })

  it('is told of a named topic that it may not see that it may be a matter of rights', async () => {
    await using source = as(LIMITED)
    const backup = createBackup({ source, storage: storage(), backupId: 'hidden', topics: ['hidden'] })
    const error = await failureOf(backup.run(), 'KB_TOPIC_NOT_FOUND')
    expect(error.hint).toContain('may describe it')
  })

  it('is warned of groups that it may not see, and of what else it may not read', async () => {
    await using source = as(LIMITED)
    const options = { source, storage: storage(), backupId: 'groups', topics: ['readable'] }
    const { warnings } = await createBackup({ ...options, consumerGroups: ['shown', 'secret'] }).run()
    const told = warnings.map(({ code, details }) => [code, details?.groupId])
    expect(told).toContainEqual(['KB_WARNING_GROUP', 'secret'])
    expect(told).not.toContainEqual(['KB_WARNING_GROUP', 'shown'])
    expect(told).toContainEqual(['KB_WARNING_OFFSETS_TOPIC', undefined])
  })

  describe('as the user of a restore', () => {
    beforeAll(async () => {
      await using source = as(BACKUP)
      const options = { source, storage: storage(), backupId: 'all', consumerGroups: ['shown', 'secret'] }
      await createBackup({ ...options, topics: ['readable'] }).run()
    })

    function restoreTo(target: KafkaCluster, topic: string, groups: readonly string[] = []) {
      const names = { topics: ['readable'], rename: { readable: topic } }
      return createRestore({ target, storage: storage(), backupId: 'all', ...names, groups })
    }

    it('is told that it may not create a topic, before anything is produced, and needs no more than the right to', async () => {
      await using target = as(LIMITED)
      const error = await failureOf(restoreTo(target, 'uncreated').run(), 'KB_KAFKA_AUTHORIZATION')
      expect(error.message).toContain('uncreated')
      expect(error.hint).toContain('grant')
      const operations = ['CREATE', 'READ', 'WRITE', 'DESCRIBE_CONFIGS'] as const
      await allow(running, LIMITED.username, [{ resource: 'TOPIC', name: 'uncreated', operations }])
      const { records } = await restoreTo(target, 'uncreated').run()
      const [restored, meant] = [await contentInKafka(running, 'uncreated'), await contentInKafka(running, 'readable')]
      expect(differences(restored, meant, { withOffsets: false })).toEqual([])
      expect(records).toBe([...meant.values()].flat().length)
    })

    it('is told that it may not write, and goes on with the same restore once it may', async () => {
      await createTopic(running, { topic: 'unwritable', partitions: 2 })
      await createTopic(running, { topic: 'elsewhere' })
      await allow(running, LIMITED.username, [
        { resource: 'TOPIC', name: 'unwritable', operations: ['READ', 'DESCRIBE_CONFIGS'] },
        { resource: 'TOPIC', name: 'elsewhere', operations: ['WRITE'] },
      ])
      await using target = as(LIMITED)
      const error = await failureOf(restoreTo(target, 'unwritable').run(), 'KB_KAFKA_AUTHORIZATION')
      expect(error.details).toMatchObject({ topic: 'unwritable' })
      expect(error.hint).toContain('grant Write')
      await allow(running, LIMITED.username, [{ resource: 'TOPIC', name: 'unwritable', operations: ['WRITE'] }])
      await restoreTo(target, 'unwritable').run()
      const [restored, meant] = [await contentInKafka(running, 'unwritable'), await contentInKafka(running, 'readable')]
      expect(differences(restored, meant, { withOffsets: false })).toEqual([])
    })

    it('is told which group it may not move, and moves it once it may', async () => {
      await using target = as(LIMITED)
      await createTopic(running, { topic: 'regrouped', partitions: 2 })
      const operations = ['READ', 'WRITE', 'DESCRIBE_CONFIGS'] as const
      await allow(running, LIMITED.username, [{ resource: 'TOPIC', name: 'regrouped', operations }])
      const error = await failureOf(restoreTo(target, 'regrouped', ['secret']).run(), 'KB_GROUP_RESET_FAILED')
      expect(error.message).toContain('GROUP_AUTHORIZATION_FAILED')
      expect(error.hint).toContain('Read')
      await allow(running, LIMITED.username, [{ resource: 'GROUP', name: 'secret', operations: ['READ'] }])
      const { groups } = await restoreTo(target, 'regrouped', ['secret']).run()
      expect(groups.map(({ groupId, outcome }) => [groupId, outcome])).toEqual([['secret', 'reset']])
    })
  })
})

describe('a backup and a restore that take longer than several sessions of theirs, throttled by quotas', () => {
  const RECORDS = 10_000
  const BYTES_A_SECOND = 500_000

  beforeAll(async () => {
    await fill('long', RECORDS, 1_000)
    const tools = await javaTools(running)
    const rates = `consumer_byte_rate=${BYTES_A_SECOND},producer_byte_rate=${BYTES_A_SECOND}`
    const server = ['--bootstrap-server', running.plaintextServers.join(',')]
    const user = ['--entity-type', 'users', '--entity-name', SLOW.username]
    await tools.tool('ConfigCommand', [...server, '--alter', '--add-config', rates, ...user])
  })

  it('renew their sessions over the connections they have, and neither lose nor double a record', async () => {
    const { made, socketFactory } = countedSockets()
    let tokens = 0
    const oauthBearerProvider = async () => {
      tokens += 1
      return { value: bearerToken(SLOW.username) }
    }
    const sasl = { mechanism: 'oauthbearer', oauthBearerProvider } as const
    await using source = kafka({ ...leadingTo(running, 'TOKENS'), socketFactory, sasl })
    const { records } = await createBackup({ source, storage: storage(), backupId: 'long', topics: ['long'] }).run()
    expect(records).toBe(RECORDS)
    expect(tokens).toBeGreaterThanOrEqual(made() + 2)

    const counted = countedSockets()
    await using target = as(SLOW, { socketFactory: counted.socketFactory })
    const names = { topics: ['long'], rename: { long: 'long-again' } }
    await createRestore({ target, storage: storage(), backupId: 'long', ...names }).run()
    const [restored, meant] = [await contentInKafka(running, 'long-again'), await contentInKafka(running, 'long')]
    expect(differences(restored, meant, { withOffsets: false })).toEqual([])
    expect(counted.made()).toBeLessThanOrEqual(MOST_CONNECTIONS)
  })
})

/**
 * Two for fetching, two for producing, a few for groups, one for the rest, and as many again for sessions that a slow machine
 * let end; without renewals there is a new one for each of them every few seconds.
 */
const MOST_CONNECTIONS = 16
