import { existsSync } from 'node:fs'
import { Kafka, logLevel, type SASLOptions } from 'kafkajs'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type KafkaSecurity, startKafka, type TestKafka } from '../../src/index.ts'
import { answersApiVersions } from '../../src/kafka/api-versions-probe.ts'
import { plaintextClient } from '../../src/kafka/plaintext-client.ts'

const alice = { username: 'alice', password: 'alice-secret' }

describe('startKafka', () => {
  afterEach(() => vi.unstubAllEnvs())

  it('starts a broker that serves, and leaves neither process nor folder behind', async () => {
    const kafka = await startKafka({ config: { 'log.retention.hours': '1' } })
    const [broker] = kafka.brokers
    expect(await topicsOf(plaintextClient(kafka.bootstrapServers))).toEqual([])
    await kafka.stop()
    expect(await answersApiVersions(broker?.port ?? 0)).toBe(false)
    expect(existsSync(kafka.dataDirectory ?? '')).toBe(false)
  })

  it('starts Kafka 3.9 too', async () => {
    await using kafka = await startKafka({ version: '3.9.1' })
    expect(kafka.version).toBe('3.9.1')
    expect(await topicsOf(plaintextClient(kafka.bootstrapServers))).toEqual([])
  })

  it('starts three brokers that survive the kill and the restart of one, on its port', async () => {
    await using kafka = await startKafka({ brokers: 3 })
    const admin = plaintextClient(kafka.bootstrapServers).admin()
    await admin.connect()
    await admin.createTopics({ topics: [{ topic: 'three', numPartitions: 3, replicationFactor: 3 }] })
    const [victim] = kafka.brokers
    await victim?.kill('SIGKILL')
    await expect.poll(async () => leaders(kafka, 'three'), { timeout: 60_000 }).not.toContain(victim?.id)
    await victim?.restart()
    expect(await answersApiVersions(victim?.port ?? 0)).toBe(true)
    await admin.disconnect()
  })

  it('takes PLAIN and both SCRAM mechanisms over TLS, and refuses a wrong password', async () => {
    await using kafka = await startKafka({ security: { protocol: 'SASL_SSL', users: [alice] } })
    for (const mechanism of ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const) {
      expect(await topicsOf(securedClient(kafka, mechanism, alice.password))).toEqual([])
      await expect(topicsOf(securedClient(kafka, mechanism, 'wrong'))).rejects.toThrow(/authentication/i)
    }
  })

  it.each<KafkaSecurity>([{ protocol: 'SSL' }, { protocol: 'SASL_PLAINTEXT', users: [alice] }])(
    'offers $protocol',
    async (security) => {
      await using kafka = await startKafka({ security })
      const tls = security.protocol === 'SSL'
      const client = new Kafka({
        brokers: [...kafka.bootstrapServers],
        logLevel: logLevel.NOTHING,
        ...(tls ? { ssl: { ca: kafka.authority?.certificate ?? '' } } : { sasl: { mechanism: 'plain', ...alice } }),
      })
      expect(await topicsOf(client)).toEqual([])
    },
  )

  it('uses brokers whose address is given, for requests that ask for nothing special', async () => {
    await using theirs = await startKafka()
    vi.stubEnv('KBACKUP_TEST_KAFKA', theirs.bootstrapServers.join(','))
    await using given = await startKafka()
    await using special = await startKafka({ config: { 'log.retention.hours': '1' } })
    expect(given).toMatchObject({ provider: 'address', bootstrapServers: theirs.bootstrapServers, brokers: [] })
    expect(special.provider).not.toBe('address')
    await given.stop()
    expect(await answersApiVersions(theirs.brokers[0]?.port ?? 0)).toBe(true)
  })

  it('names what to install when no broker can be had', async () => {
    await expect(startKafka({ version: '0.0.0-none' })).rejects.toThrow(/install Maven and a JDK/)
  })
})

function securedClient(
  kafka: TestKafka,
  mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512',
  password: string,
): Kafka {
  return new Kafka({
    brokers: [...kafka.bootstrapServers],
    logLevel: logLevel.NOTHING,
    retry: { retries: 0 },
    ssl: { ca: kafka.authority?.certificate ?? '' },
    sasl: login(mechanism, password),
  })
}

function login(mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512', password: string): SASLOptions {
  const user = { username: alice.username, password }
  if (mechanism === 'PLAIN') return { mechanism: 'plain', ...user }
  if (mechanism === 'SCRAM-SHA-256') return { mechanism: 'scram-sha-256', ...user }
  return { mechanism: 'scram-sha-512', ...user }
}

async function topicsOf(client: Kafka): Promise<readonly string[]> {
  const admin = client.admin()
  try {
    await admin.connect()
    return await admin.listTopics()
  } finally {
    await admin.disconnect()
  }
}

async function leaders(kafka: TestKafka, topic: string): Promise<readonly number[]> {
  const admin = plaintextClient(kafka.bootstrapServers).admin()
  try {
    await admin.connect()
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    return topics.flatMap(({ partitions }) => partitions.map(({ leader }) => leader))
  } finally {
    await admin.disconnect()
  }
}
