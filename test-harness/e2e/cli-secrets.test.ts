import { createPrivateKey } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { createBackup } from '@kbackup/core'
import { connectionFromSecurity, kafka } from '@kbackup/kafka-io'
import { fs } from '@kbackup/storage-fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CliOutcome } from '../../packages/cli/src/testing/cli-outcome.ts'
import { CertificateAuthority, createTopic, type IssuedCertificate, type TestKafka } from '../src/index.ts'
import { kbackup } from './cli/cli-run.ts'
import { secretsIn } from './security/secret-traces.ts'
import { BACKUP, bearerToken, LIMITED, type Listener, startSecuredKafka } from './security/secured-kafka.ts'

const TOPIC = 'events'
/** One for each place that takes a secret; the wrong ones have signs that encodings change. */
const SECRETS = {
  password: BACKUP.password,
  limitedPassword: LIMITED.password,
  wrongPassword: 'wröng/+&"?canary',
  keyPassword: 'key-canary/+ä',
  wrongKeyPassword: 'wrong-key-canary',
  inlineKey: 'MIGHAgEAMBMGcanary',
  accessKey: 'AKIACANARYACCESS',
  secretKey: 'secret/key+canary',
  accountKey: 'account/key+canary',
  sasToken: 'sv=2024-11-04&sig=signature%2Fcanary',
  clientSecret: 'client~secret/canary',
  privateKey: 'no private key but a canary/+',
  token: bearerToken(BACKUP.username),
  expiredToken: bearerToken(BACKUP.username, { validForS: -3_600 }),
  oauthSecret: 'oauth secret/canary',
}
/** Also the keys themselves, once they are made. */
const secrets: Record<string, string> = { ...SECRETS }

let running: TestKafka
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kbackup-secrets-'))
  running = await startSecuredKafka()
  await createTopic(running, { topic: TOPIC })
  await writeFile(join(folder, 'ca.pem'), running.authority?.certificate ?? '')
  const stranger = await CertificateAuthority.create('strangers')
  await writeFile(join(folder, 'strangers.pem'), stranger.certificate)
  await keep('mine', await issued('now'))
  await keep('expired', await issued('expired'))
})

afterAll(async () => {
  await running?.stop()
  await rm(folder, { recursive: true, force: true })
})

async function issued(validity: 'now' | 'expired'): Promise<IssuedCertificate> {
  if (running.authority === undefined) throw new Error('the cluster has no authority')
  return running.authority.issue({ commonName: 'backup', validity })
}

/** Writes a certificate and its key, the key encrypted, and remembers a line of each as a secret. */
async function keep(name: string, { certificate, privateKey }: IssuedCertificate): Promise<void> {
  const options = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: SECRETS.keyPassword } as const
  const encrypted = createPrivateKey(privateKey).export(options).toString()
  await writeFile(join(folder, `${name}.pem`), certificate)
  await writeFile(join(folder, `${name}.key`), encrypted)
  secrets[`${name}Key`] = privateKey.split('\n')[1] ?? ''
  secrets[`${name}EncryptedKey`] = encrypted.split('\n')[1] ?? ''
}

interface Case {
  readonly listener: Listener
  readonly status: number
  /** What stderr says; the code of the error, or the setting that is wrong. */
  readonly says?: string
  readonly security: Readonly<Record<string, string>>
  readonly storage?: string
}

const password = (mechanism: string, secret: string = SECRETS.password) => ({
  sasl_mechanism: mechanism,
  sasl_username: BACKUP.username,
  sasl_password: secret,
})
const trusting = { ssl_ca_location: 'ca.pem' }
const mine = { ssl_certificate_location: 'mine.pem', ssl_key_location: 'mine.key' }
const wrong = SECRETS.wrongPassword

const CASES: Readonly<Record<string, Case>> = {
  ...spelled({ security_protocol: 'SASL_SSL', ...trusting, ...password('PLAIN') }, 'SECURED'),
  ...spelled({ security_protocol: 'sasl_ssl', ...trusting, ...password('SCRAM-SHA-512') }, 'SECURED'),
  ...spelled({ security_protocol: 'Sasl-Ssl', ...trusting, ...password('scram-sha-512') }, 'SECURED'),
  ...spelled({ security_protocol: 'SASL_PLAINTEXT', ...password('SCRAM_SHA_512') }, 'PASSWORDS'),
  ...spelled({ security_protocol: 'sasl-plaintext', ...password('SCRAM-SHA512') }, 'PASSWORDS'),
  ...spelled({ security_protocol: 'SASL_PLAINTEXT', ...password('scram_sha_256') }, 'PASSWORDS'),
  ...spelled({ security_protocol: 'ssl', ...trusting }, 'TLS'),
  ...spelled({ security_protocol: 'SSL', ...trusting, ...mine, ssl_key_password: SECRETS.keyPassword }, 'MUTUAL'),
  'a token': tokens({ sasl_oauthbearer_token: SECRETS.token }, 0),
  'a token that the broker refuses': tokens({ sasl_oauthbearer_token: SECRETS.expiredToken }, 1),
  'a client secret in place of a token': tokens({ sasl_oauthbearer_token: SECRETS.oauthSecret }, 2),
  'a client secret beside a token': tokens(
    { sasl_oauthbearer_token: SECRETS.token, sasl_oauthbearer_client_secret: SECRETS.oauthSecret },
    2,
  ),
  'a wrong password (PLAIN)': refusedLogin(password('PLAIN', wrong)),
  'a wrong password (SCRAM-SHA-256)': refusedLogin(password('SCRAM-SHA-256', wrong)),
  'a wrong password (SCRAM-SHA-512)': refusedLogin(password('SCRAM-SHA-512', wrong)),
  'no such user': refusedLogin({ ...password('SCRAM-SHA-512'), sasl_username: 'nobody' }),
  'a mechanism that is not known': {
    ...refusedLogin(password('GSSAPI')),
    status: 2,
    says: 'one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER is expected',
  },
  'a key password that is wrong': {
    listener: 'MUTUAL',
    status: 1,
    says: 'ssl_key_password',
    security: { security_protocol: 'SSL', ...trusting, ...mine, ssl_key_password: SECRETS.wrongKeyPassword },
  },
  'a client certificate that is missing': {
    listener: 'MUTUAL',
    status: 1,
    says: 'KB_KAFKA_TLS',
    security: { security_protocol: 'SSL', ...trusting },
  },
  'a client certificate that has expired': {
    listener: 'MUTUAL',
    status: 1,
    says: 'KB_KAFKA_TLS',
    security: {
      security_protocol: 'SSL',
      ...trusting,
      ssl_certificate_location: 'expired.pem',
      ssl_key_location: 'expired.key',
      ssl_key_password: SECRETS.keyPassword,
    },
  },
  'an authority that did not sign': {
    listener: 'SECURED',
    status: 1,
    says: 'ssl_ca_location',
    security: { security_protocol: 'SASL_SSL', ssl_ca_location: 'strangers.pem', ...password('PLAIN') },
  },
  'a certificate that has expired': {
    listener: 'EXPIRED',
    status: 1,
    says: 'has expired',
    security: { security_protocol: 'SSL', ...trusting },
  },
  'TLS that the client does not speak': {
    listener: 'SECURED',
    status: 1,
    says: 'KB_KAFKA_TLS',
    security: { security_protocol: 'SASL_PLAINTEXT', ...password('PLAIN') },
  },
  'a topic that may not be seen': {
    listener: 'PASSWORDS',
    status: 1,
    says: 'KB_TOPIC_NOT_FOUND',
    security: {
      security_protocol: 'SASL_PLAINTEXT',
      sasl_mechanism: 'PLAIN',
      sasl_username: LIMITED.username,
      sasl_password: LIMITED.password,
    },
  },
  'a password that the protocol does not use': {
    listener: 'TLS',
    status: 2,
    says: 'sasl_username',
    security: { security_protocol: 'SSL', ...trusting, sasl_username: 'backup', sasl_password: wrong },
  },
  'a key where its path is meant': {
    listener: 'MUTUAL',
    status: 2,
    says: 'holds PEM text',
    security: {
      security_protocol: 'SSL',
      ...trusting,
      ssl_certificate_location: 'mine.pem',
      ssl_key_location: `-----BEGIN PRIVATE KEY-----\n${SECRETS.inlineKey}\n-----END PRIVATE KEY-----\n`,
    },
  },
  'object storage with its keys': {
    listener: 'SECURED',
    status: 2,
    security: { security_protocol: 'SASL_SSL', ...trusting, ...password('PLAIN') },
    storage: `backend: s3\n  bucket: backups\n  access_key: ${SECRETS.accessKey}\n  secret_key: ${SECRETS.secretKey}`,
  },
  'Google Cloud Storage with a key of a service account': {
    listener: 'SECURED',
    status: 1,
    says: 'KB_STORE_AUTHENTICATION',
    security: { security_protocol: 'SASL_SSL', ...trusting, ...password('PLAIN') },
    storage: `backend: gcs\n  bucket: backups\n  client_email: a@b.example\n  private_key: ${SECRETS.privateKey}`,
  },
  'Azure with all kinds of its credentials': {
    listener: 'SECURED',
    status: 2,
    says: 'more than one kind of credentials',
    security: { security_protocol: 'SASL_SSL', ...trusting, ...password('PLAIN') },
    storage: [
      'backend: azure\n  account: backups\n  container: kafka',
      `account_key: ${SECRETS.accountKey}`,
      `sas_token: ${SECRETS.sasToken}`,
      `client_secret: ${SECRETS.clientSecret}`,
    ].join('\n  '),
  },
}

function spelled(security: Case['security'], listener: Listener): Readonly<Record<string, Case>> {
  const { security_protocol, sasl_mechanism = 'no SASL' } = security
  return { [`${security_protocol} with ${sasl_mechanism}`]: { listener, status: 0, security } }
}

function tokens(settings: Case['security'], status: number): Case {
  const security = { security_protocol: 'SASL_SSL', sasl_mechanism: 'OAUTHBEARER', ...trusting, ...settings }
  return { listener: 'TOKENS', status, says: status === 1 ? 'KB_KAFKA_AUTHENTICATION' : '', security }
}

function refusedLogin(credentials: Case['security']): Case {
  const security = { security_protocol: 'SASL_SSL', ...trusting, ...credentials }
  return { listener: 'SECURED', status: 1, says: 'KB_KAFKA_AUTHENTICATION', security }
}

const LOUD = [
  ['--format', 'text', '--log-level', 'debug'],
  ['--format', 'json', '--log-level', 'debug', '--log-format', 'json'],
  ['--format', 'yaml', '--log-level', 'info'],
]

describe('kbackup backup', () => {
  it.each(Object.entries(CASES))('shows no secret: %s', async (name, { status, says = '', ...given }) => {
    const file = await configFile(name, given)
    for (const flags of LOUD) {
      const run = await kbackup(['backup', '--config', file, ...flags], {
        SASL_PASSWORD: given.security.sasl_password ?? '',
      })
      expect(run.status, run.stderr).toBe(status)
      expect(run.stderr).toContain(says)
      expect(tracesIn(run)).toEqual([])
    }
  })

  it('leaves none in the archive, nor in what the other commands make of it', async () => {
    for (const command of [
      ['list'],
      ['describe', '--backup-id', 'secrets'],
      ['validate', '--backup-id', 'secrets', '--deep'],
    ]) {
      for (const format of ['text', 'json', 'yaml']) {
        const run = await kbackup([...command, '--path', join(folder, 'store'), '--format', format])
        expect(run.status, run.stderr).toBe(0)
        expect(tracesIn(run)).toEqual([])
      }
    }
    const files = await readdir(join(folder, 'store'), { recursive: true, withFileTypes: true })
    const contents = files
      .filter((file) => file.isFile())
      .map((file) => readFile(join(file.parentPath, file.name), 'latin1'))
    expect(contents.length).toBeGreaterThan(0)
    expect(secretsIn((await Promise.all(contents)).join('\n'), secrets)).toEqual([])
  })
})

describe('the SDK', () => {
  it('has no secret in events, logs, results, or anything of it that is printed', async () => {
    const seen: unknown[] = []
    const note = (...told: readonly unknown[]) => void seen.push(told)
    const security = connectionFromSecurity({
      security_protocol: 'SASL_PLAINTEXT',
      sasl_mechanism: 'SCRAM-SHA-256',
      ...{ sasl_username: BACKUP.username, sasl_password: BACKUP.password },
    })
    await using source = kafka({ brokers: [...(running.listeners.PASSWORDS ?? [])], ...security })
    const logger = { trace: note, debug: note, info: note, warn: note, error: note }
    const options = {
      source,
      storage: fs({ directory: join(folder, 'sdk') }),
      backupId: 'sdk',
      topics: [TOPIC],
      logger,
    }
    const backup = createBackup(options)
    seen.push(await backup.run({ onEvent: note }), backup, backup.status(), source)
    expect(seen.length).toBeGreaterThan(5)
    expect(secretsIn(inspect(seen, { depth: 20, showHidden: true, maxArrayLength: null }), secrets)).toEqual([])
  })
})

function tracesIn({ stdout, stderr }: CliOutcome): readonly string[] {
  return secretsIn(stdout + stderr, secrets)
}

/** Passwords come from the environment, as they should; the others stand in the file. */
async function configFile(name: string, { listener, security, storage }: Omit<Case, 'status'>): Promise<string> {
  const file = join(folder, `${name.replaceAll(/\W+/g, '-')}.yaml`)
  const settings = Object.entries(security).map(([key, value]) => `    ${key}: ${yamlValue(key, value)}\n`)
  const store = storage ?? `backend: filesystem\n  path: ${join(folder, 'store')}`
  await writeFile(
    file,
    `mode: backup
backup_id: secrets
source:
  bootstrap_servers: ["${running.listeners[listener]?.[0]}"]
  security:
${settings.join('')}  topics:
    include: [${TOPIC}]
storage:
  ${store}
`,
  )
  return file
}

function yamlValue(key: string, value: string): string {
  if (key === 'sasl_password') return `\${SASL_PASSWORD}`
  return JSON.stringify(/^\w+\.(pem|key)$/.test(value) ? join(folder, value) : value)
}
