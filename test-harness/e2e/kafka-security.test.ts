import net from 'node:net'
import tls from 'node:tls'
import { inspect } from 'node:util'
import { type ErrorCode, type KafkaCluster, KbackupError } from '@kbackup/core'
import { type ConnectionSecurity, connectionFromSecurity, type KafkaOptions, kafka } from '@kbackup/kafka-io'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startKafka, type TestKafka } from '../src/index.ts'

const USER = { username: 'backup', password: 'correct-horse' }
const MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const
const ONE_ATTEMPT = { retries: 0 }

describe('kafka() over SASL_SSL', () => {
  let running: TestKafka
  beforeAll(async () => {
    const config = { 'connections.max.reauth.ms': '4000' }
    running = await startKafka({ security: { protocol: 'SASL_SSL', users: [USER] }, config })
  })
  afterAll(() => running?.stop())

  function options(): Required<Pick<KafkaOptions, 'ssl' | 'brokers'>> {
    return { brokers: [...running.bootstrapServers], ssl: { ca: [running.authority?.certificate ?? ''] } }
  }

  async function useOnce(given: KafkaOptions): Promise<void> {
    await using cluster = kafka(given)
    await roundTrip(cluster)
  }

  it.each(MECHANISMS)('works with %s', async (mechanism) => {
    await useOnce({ ...options(), ...saslWith(mechanism, USER.password) })
  })

  it('takes an authenticator of its own', async () => {
    const authenticationProvider = plainAuthenticator(USER)
    await useOnce({ ...options(), sasl: { mechanism: 'plain', authenticationProvider } })
  })

  it.each(MECHANISMS)('tells refused credentials of %s, and never shows them', async (mechanism) => {
    const given = { ...options(), ...saslWith(mechanism, 'wrong-battery') }
    const error = await failureOf(given, 'KB_KAFKA_AUTHENTICATION')
    expect(error.message).toContain(mechanism.toUpperCase())
    expect(inspect(error, { depth: 10 })).not.toMatch(/wrong-battery/)
    expect(error.hint).toBeTruthy()
  })

  it('tells a mechanism that the listener does not offer', async () => {
    const oauthBearerProvider = async () => ({ value: 'a-secret-token' })
    const sasl = { mechanism: 'oauthbearer', oauthBearerProvider } as const
    const error = await failureOf({ ...options(), sasl }, 'KB_KAFKA_AUTHENTICATION')
    expect(inspect(error, { depth: 10 })).not.toMatch(/a-secret-token/)
  })

  it('tells a certificate that nothing vouches for', async () => {
    const error = await failureOf({ ...options(), ssl: true, sasl: { mechanism: 'plain', ...USER } }, 'KB_KAFKA_TLS')
    expect(error.hint).toContain('ssl_ca_location')
  })

  it('tells a certificate for another host', async () => {
    const { brokers, ssl } = options()
    const elsewhere = { ...(typeof ssl === 'object' ? ssl : {}), servername: 'elsewhere.example' }
    await failureOf({ brokers, ssl: elsewhere, sasl: { mechanism: 'plain', ...USER } }, 'KB_KAFKA_TLS')
  })

  it('tells a listener that speaks TLS when the client does not', async () => {
    const { brokers } = options()
    await failureOf({ brokers, sasl: { mechanism: 'plain', ...USER } }, 'KB_KAFKA_TLS')
  })

  it('tells a listener that wants credentials when there are none', async () => {
    const error = await failureOf(options(), 'KB_KAFKA_UNAVAILABLE')
    expect(error.hint).toContain('SASL')
  })

  it('tells a listener that does not speak TLS when the client does', async () => {
    const error = await failureOf({ ...options(), brokers: [...running.plaintextServers] }, 'KB_KAFKA_UNAVAILABLE')
    expect(error.hint).toContain('TLS')
  })

  it('authenticates anew over the connections it has, before its sessions end', async () => {
    let connections = 0
    const socketFactory: KafkaOptions['socketFactory'] = ({ host, port, ssl, onConnect }) => {
      connections += 1
      return ssl ? tls.connect({ host, port, ...ssl }, onConnect) : net.connect({ host, port }, onConnect)
    }
    const sasl = { mechanism: 'scram-sha-256', ...USER } as const
    await using cluster = kafka({ ...options(), sasl, socketFactory })
    const outlives = Date.now() + 10_000
    while (Date.now() < outlives) {
      await cluster.describeCluster()
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    expect(connections).toBe(1)
  })
})

describe('kafka() and brokers that are not there', () => {
  it.each(['127.0.0.1:1', 'no-such-host.invalid:9092'])('tells that %s does not answer', async (broker) => {
    const error = await failureOf({ brokers: [broker] }, 'KB_KAFKA_UNAVAILABLE')
    expect(error.message).toContain(broker)
  })

  it('refuses a security section that lacks what it needs before anything is sent', () => {
    expect(() => connectionFromSecurity({ security_protocol: 'SASL_SSL' })).toThrow(KbackupError)
  })
})

function saslWith(mechanism: string, password: string): ConnectionSecurity {
  return connectionFromSecurity({
    security_protocol: 'SASL_PLAINTEXT',
    sasl_mechanism: mechanism,
    sasl_username: USER.username,
    sasl_password: password,
  })
}

async function roundTrip(cluster: KafkaCluster): Promise<void> {
  const topic = 'secured'
  await cluster.createTopics([{ topic, partitionCount: 1, replicationFactor: 1, configs: {} }])
  const [answer] = await cluster.listOffsets([{ topic, partition: 0, at: 'latest' }])
  expect(answer).toMatchObject({ topic, offset: 0n })
}

async function failureOf(options: KafkaOptions, code: ErrorCode): Promise<KbackupError> {
  await using cluster = kafka({ ...options, retry: ONE_ATTEMPT })
  const failure: unknown = await cluster.describeCluster().then(
    () => new Error('it worked'),
    (error: unknown) => error,
  )
  if (KbackupError.is(failure, code)) return failure
  throw failure
}

/** SASL PLAIN, as a user's own authenticator would do it. */
function plainAuthenticator({ username, password }: typeof USER) {
  return ({ saslAuthenticate }: { saslAuthenticate(args: SaslRequest): Promise<unknown> }) => ({
    authenticate: async () => {
      const credentials = Buffer.from(`\0${username}\0${password}`)
      const length = Buffer.alloc(4)
      length.writeInt32BE(credentials.length)
      await saslAuthenticate({ request: { encode: () => Buffer.concat([length, credentials]) } })
    },
  })
}

interface SaslRequest {
  readonly request: { encode(): Buffer }
}
