import { createPrivateKey } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import {
  createBackup,
  createOffsetReset,
  createRestore,
  type ErrorCode,
  type KafkaCluster,
  KbackupError,
} from '@kbackup/core'
import {
  type ConnectionSecurity,
  connectionFromSecurity,
  type KafkaOptions,
  kafka,
  type SecuritySettings,
} from '@kbackup/kafka-io'
import { fs } from '@kbackup/storage-fs'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { CertificateAuthority, type IssuedCertificate, type TestKafka } from '../src/index.ts'
import { placeGroups, positionsIn, produceNumbers } from '../src/kafka/positioned-groups.ts'
import { countedSockets } from './security/counted-sockets.ts'
import { BACKUP, bearerToken, type Listener, leadingTo, startSecuredKafka, trust } from './security/secured-kafka.ts'
import { startTokenEndpoint } from './security/token-endpoint.ts'

const MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const
const ONE_ATTEMPT = { retries: 0 }

let running: TestKafka
beforeAll(async () => {
  running = await startSecuredKafka()
})
afterAll(() => running?.stop())

const to = (listener: Listener) => leadingTo(running, listener)

describe('kafka() with SASL', () => {
  it.each(MECHANISMS)('works with %s, over TLS and without', async (mechanism) => {
    const sasl = saslWith(mechanism, BACKUP.password)
    await useOnce({ ...to('SECURED'), ...sasl })
    await useOnce({ ...to('PASSWORDS'), ...sasl })
  })

  it('works with tokens that a function gives', async () => {
    await useOnce({ ...to('TOKENS'), ...tokens(bearerToken(BACKUP.username)) })
  })

  it('takes an authenticator of its own', async () => {
    const authenticationProvider = plainAuthenticator(BACKUP)
    await useOnce({ ...to('SECURED'), sasl: { mechanism: 'plain', authenticationProvider } })
  })

  it.each(MECHANISMS)('tells refused credentials of %s, and never shows them', async (mechanism) => {
    const error = await failureOf({ ...to('SECURED'), ...saslWith(mechanism, 'canary') }, 'KB_KAFKA_AUTHENTICATION')
    expect(error.message).toContain(mechanism.toUpperCase())
    expect(error.hint).toContain('password')
  })

  it.each([
    ['an expired token', () => bearerToken('canary', { validForS: -3_600 })],
    ['what is no token', () => 'canary'],
  ])('tells that %s was refused, and never shows it', async (_what, token) => {
    const error = await failureOf({ ...to('TOKENS'), ...tokens(token()) }, 'KB_KAFKA_AUTHENTICATION')
    expect(error.message).toContain('refused the SASL OAUTHBEARER credentials')
  })

  it('tells a source of tokens that fails from a broker that refuses', async () => {
    const oauthBearerProvider = async () => {
      throw new Error('no token for canary')
    }
    const sasl = { mechanism: 'oauthbearer', oauthBearerProvider } as const
    const error = await failureOf({ ...to('TOKENS'), sasl }, 'KB_KAFKA_AUTHENTICATION')
    expect(error.hint).toContain('oauthBearerProvider')
  })

  it('tells a mechanism that the listener does not offer', async () => {
    const error = await failureOf({ ...to('SECURED'), ...tokens('canary') }, 'KB_KAFKA_AUTHENTICATION')
    expect(error.hint).toContain('mechanism')
  })

  it('tells a listener that wants credentials when there are none', async () => {
    const error = await failureOf(to('SECURED'), 'KB_KAFKA_UNAVAILABLE')
    expect(error.hint).toContain('SASL')
  })

  it('never takes an authentication that was left unfinished for an empty cluster', async () => {
    const authenticationProvider = plainAuthenticator(
      { ...BACKUP, password: '' },
      { gives: 'n,,\u0001auth=Bearer canary\u0001\u0001' },
    )
    const sasl = { mechanism: 'oauthbearer', authenticationProvider }
    await failureOf({ ...to('TOKENS'), sasl }, 'KB_KAFKA_UNAVAILABLE')
  })
})

describe('OAUTHBEARER in the words of a configuration', () => {
  const client = { clientId: 'kbackup', clientSecret: 'canary' }
  const oauth = (settings: Partial<SecuritySettings>) => {
    const security = { security_protocol: 'SASL_PLAINTEXT', sasl_mechanism: 'OAUTHBEARER', ...settings }
    return { ...to('TOKENS'), ...connectionFromSecurity(security) }
  }
  const ofEndpoint = (url: string, secret = client.clientSecret) =>
    oauth({
      sasl_oauthbearer_token_endpoint_url: url,
      sasl_oauthbearer_client_id: client.clientId,
      sasl_oauthbearer_client_secret: secret,
    })

  it('works with a token, and with one in a file', async () => {
    const token = bearerToken(BACKUP.username)
    await useOnce(oauth({ sasl_oauthbearer_token: token }))
    const folder = await mkdtemp(join(tmpdir(), 'kbackup-token-'))
    await writeFile(join(folder, 'token'), `${token}\n`)
    await useOnce(oauth({ sasl_oauthbearer_token_file: join(folder, 'token') }))
    await rm(folder, { recursive: true })
  })

  it('works with tokens of an authorization server, which all connections share', async () => {
    const makeToken = () => ({ access_token: bearerToken(BACKUP.username), expires_in: 3_600 })
    await using endpoint = await startTokenEndpoint(client, makeToken)
    const options = ofEndpoint(endpoint.url)
    await useOnce(options)
    await useOnce(options)
    expect(endpoint.asked()).toBe(1)
  })

  it('tells what that server refused, and never shows the secret', async () => {
    await using endpoint = await startTokenEndpoint({ ...client, clientSecret: 'other' }, () => {
      return { access_token: '', expires_in: 0 }
    })
    const error = await failureOf(ofEndpoint(endpoint.url), 'KB_KAFKA_AUTHENTICATION')
    expect(error.message).toContain('gave no token: status 401, invalid_client')
  })

  it('tells that a token file is not there', async () => {
    const error = await failureOf(oauth({ sasl_oauthbearer_token_file: '/no/such/token' }), 'KB_KAFKA_AUTHENTICATION')
    expect(error.message).toContain('/no/such/token cannot be read: ENOENT')
  })
})

describe('kafka() with TLS', () => {
  let mine: IssuedCertificate
  beforeAll(async () => {
    mine = await issued({ commonName: 'backup' })
  })

  it('works without a client certificate where none is demanded', async () => {
    await useOnce(to('TLS'))
  })

  it('works with a client certificate, whose key may be encrypted', async () => {
    await useOnce({ ...to('MUTUAL'), ssl: { ...trust(running), cert: mine.certificate, key: mine.privateKey } })
    const ssl = { ...trust(running), cert: mine.certificate, key: encrypted(mine.privateKey), passphrase: 'canary' }
    await useOnce({ ...to('MUTUAL'), ssl })
  })

  it('tells a client certificate that is missing', async () => {
    const error = await failureOf(to('MUTUAL'), 'KB_KAFKA_TLS')
    expect(error.hint).toContain('ssl_certificate_location')
  })

  it('tells a client certificate that has expired, or that another authority has signed', async () => {
    const stranger = await (await CertificateAuthority.create('strangers')).issue({ commonName: 'backup' })
    const expired = await issued({ commonName: 'backup', validity: 'expired' })
    for (const { certificate, privateKey } of [stranger, expired]) {
      const ssl = { ...trust(running), cert: certificate, key: privateKey }
      const error = await failureOf({ ...to('MUTUAL'), ssl }, 'KB_KAFKA_TLS')
      expect(error.hint).toContain('refuses the certificate of this client')
    }
  })

  it('tells a key whose password is wrong', async () => {
    const ssl = { ...trust(running), cert: mine.certificate, key: encrypted(mine.privateKey), passphrase: 'not-canary' }
    const error = await failureOf({ ...to('MUTUAL'), ssl }, 'KB_KAFKA_TLS')
    expect(error.hint).toContain('ssl_key_password')
  })

  it('tells a broker certificate that nothing vouches for', async () => {
    const error = await failureOf({ ...to('TLS'), ssl: true }, 'KB_KAFKA_TLS')
    expect(error.hint).toContain('ssl_ca_location')
  })

  it('tells a broker certificate that has expired', async () => {
    const error = await failureOf(to('EXPIRED'), 'KB_KAFKA_TLS')
    expect(error.hint).toContain('has expired: renew it')
  })

  it('tells a certificate for another host', async () => {
    const error = await failureOf(
      { ...to('TLS'), ssl: { ...trust(running), servername: 'elsewhere.example' } },
      'KB_KAFKA_TLS',
    )
    expect(error.hint).toContain('host name')
  })

  it('tells a listener that speaks TLS when the client does not', async () => {
    const { brokers } = to('SECURED')
    await failureOf({ brokers, ...saslWith('plain', BACKUP.password) }, 'KB_KAFKA_TLS')
  })

  it('tells a listener that does not speak TLS when the client does', async () => {
    const error = await failureOf({ ...to('TLS'), brokers: [...running.plaintextServers] }, 'KB_KAFKA_UNAVAILABLE')
    expect(error.hint).toContain('TLS')
  })
})

it('a reset of groups works with every security setting', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'kbackup-security-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  const { certificate: cert, privateKey: key } = await issued({ commonName: 'backup' })
  const settings: readonly KafkaOptions[] = [
    ...MECHANISMS.map((mechanism) => ({ ...to('SECURED'), ...saslWith(mechanism, BACKUP.password) })),
    { ...to('PASSWORDS'), ...saslWith('plain', BACKUP.password) },
    { ...to('TOKENS'), ...tokens(bearerToken(BACKUP.username)) },
    { ...to('TLS') },
    { ...to('MUTUAL'), ssl: { ...trust(running), cert, key } },
  ]
  const groupOf = (index: number) => `group-${index}`
  const positionOf = (index: number) => BigInt(index + 1)
  const parts = { storage: fs({ directory }), backupId: 'numbers' }
  await produceNumbers(running, { topic: 'numbers', partitions: 1, records: 20 })
  await using plain = kafka({ brokers: [...running.plaintextServers] })
  const groupIds = settings.map((_options, index) => groupOf(index))
  await placeGroups(plain, groupIds, (index) => positionsIn('numbers', 1, () => positionOf(index)))
  await createBackup({ ...parts, source: plain, topics: ['numbers'] }).run()
  await createRestore({ ...parts, target: plain, rename: { numbers: 'restored.numbers' } }).run()
  for (const [index, options] of settings.entries()) {
    await using reset = createOffsetReset({ ...parts, target: kafka(options), groups: [groupOf(index)] })
    await reset.run()
    const [group] = await plain.fetchGroupOffsets([groupOf(index)])
    expect(group?.offsets).toContainEqual(
      expect.objectContaining({ topic: 'restored.numbers', offset: positionOf(index) }),
    )
  }
})

describe('kafka() and brokers that are not there', () => {
  it.each(['127.0.0.1:1', 'no-such-host.invalid:9092'])('tells that %s does not answer', async (broker) => {
    const error = await failureOf({ brokers: [broker] }, 'KB_KAFKA_UNAVAILABLE')
    expect(error.message).toContain(broker)
  })
})

async function useOnce(given: KafkaOptions): Promise<void> {
  await using cluster = kafka(given)
  await roundTrip(cluster)
}

async function roundTrip(cluster: KafkaCluster): Promise<void> {
  const topic = 'secured'
  await cluster.createTopics([{ topic, partitionCount: 1, replicationFactor: 1, configs: {} }])
  const [answer] = await cluster.listOffsets([{ topic, partition: 0, at: 'latest' }])
  expect(answer).toMatchObject({ topic, offset: 0n })
}

/**
 * What a connection fails with. Whatever will not pass by itself is tried once, patient as the client may be; and nothing
 * shows the secret, which is `canary` in every test.
 */
async function failureOf(options: KafkaOptions, code: ErrorCode): Promise<KbackupError> {
  const { made, socketFactory } = countedSockets()
  const passes = code === 'KB_KAFKA_UNAVAILABLE'
  await using cluster = kafka({ ...options, ...(passes ? { retry: ONE_ATTEMPT } : { socketFactory }) })
  const failure: unknown = await cluster.describeCluster().then(
    () => new Error('it worked'),
    (error: unknown) => error,
  )
  if (!KbackupError.is(failure, code)) throw failure
  expect(made()).toBeLessThanOrEqual(1)
  expect(inspect([failure, cluster], { depth: 10, showHidden: true })).not.toMatch(/canary/)
  return failure
}

function saslWith(mechanism: string, password: string): ConnectionSecurity {
  return connectionFromSecurity({
    security_protocol: 'SASL_PLAINTEXT',
    sasl_mechanism: mechanism,
    sasl_username: BACKUP.username,
    sasl_password: password,
  })
}

function tokens(value: string): Pick<KafkaOptions, 'sasl'> {
  return { sasl: { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value }) } }
}

async function issued(request: Parameters<CertificateAuthority['issue']>[0]): Promise<IssuedCertificate> {
  if (running.authority === undefined) throw new Error('the cluster has no authority')
  return running.authority.issue(request)
}

function encrypted(privateKey: string): string {
  const options = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'canary' } as const
  return createPrivateKey(privateKey).export(options).toString()
}

/** SASL PLAIN, as a user's own authenticator would do it; or another first message, after which it takes all for done. */
function plainAuthenticator({ username, password }: typeof BACKUP, { gives = `\0${username}\0${password}` } = {}) {
  return ({ saslAuthenticate }: { saslAuthenticate(args: SaslRequest): Promise<unknown> }) => ({
    authenticate: async () => {
      const credentials = Buffer.from(gives)
      const length = Buffer.alloc(4)
      length.writeInt32BE(credentials.length)
      await saslAuthenticate({ request: { encode: () => Buffer.concat([length, credentials]) } })
    },
  })
}

interface SaslRequest {
  readonly request: { encode(): Buffer }
}
