import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { inspect } from 'node:util'
import type { BlobStore } from '@kbackup/core'
import { MemoryKafkaCluster, type ScriptedRequest, ScriptedService } from '@kbackup/core/testing'
import { azure } from '@kbackup/storage-azure'
import { gcs } from '@kbackup/storage-gcs'
import { s3 } from '@kbackup/storage-s3'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { kbackup } from './cli/cli-run.ts'
import { ECHOING_FAILURES, type EchoingFailure, echoOf } from './security/echoing-store.ts'
import { secretsIn } from './security/secret-traces.ts'
import { SilentService } from './security/silent-service.ts'
import { federationFile, keyFile, SAS_TOKEN, STORE_CANARIES, STORE_CREDENTIALS } from './security/store-canaries.ts'

// Nobody waits between attempts; only a Retry-After would make them wait.
vi.hoisted(() => {
  Math.random = () => 0
})

const { accessKey, secretKey, sessionToken, accountKey, clientSecret, privateKey, accessToken } = STORE_CREDENTIALS
const PART = 5 * 1024 * 1024
const NOWHERE = 'http://127.0.0.1:1'

let folder: string
let service: ScriptedService

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kbackup-store-secrets-'))
  service = await new ScriptedService().listen()
  await writeFile(join(folder, 'key.json'), keyFile())
  await writeFile(join(folder, 'subject'), STORE_CREDENTIALS.subjectToken)
  await writeFile(join(folder, 'federation.json'), federationFile(`${service.endpoint}/token`, join(folder, 'subject')))
})

afterEach(() => {
  vi.unstubAllEnvs()
})

afterAll(async () => {
  await service?.[Symbol.asyncDispose]()
  if (folder !== undefined) await rm(folder, { recursive: true, force: true })
})

/** Lets the service fail so, but for the tokens that it gives. */
function fail(failure: EchoingFailure): void {
  service.script({})
  service.answerTo = (request: ScriptedRequest) => {
    if (request.url !== '/token') return failure(echoOf(request, Object.values(STORE_CANARIES)))
    const token = JSON.stringify({ access_token: accessToken, expires_in: 3_600, token_type: 'Bearer' })
    return { headers: { 'content-type': 'application/json' }, body: token }
  }
}

/** How credentials are given to the command line, and where the archives lie. */
interface GivenCredentials {
  readonly place: string
  readonly yaml: Readonly<Record<string, string>>
  /** What the SDKs read by themselves. */
  readonly environment?: Readonly<Record<string, string>>
}

const BUCKET = { bucket: 'backups' }
const CONTAINER = { account: 'account', container: 'backups' }
const COMMON = { s3: { ...BUCKET, region: 'us-east-1' }, gcs: BUCKET, azure: CONTAINER }

function given(): Readonly<Record<string, GivenCredentials>> {
  const key = join(folder, 'federation.json')
  const keys = { AWS_ACCESS_KEY_ID: accessKey, AWS_SECRET_ACCESS_KEY: secretKey, AWS_SESSION_TOKEN: sessionToken }
  const s3Keys = { access_key: accessKey, secret_key: secretKey, session_token: sessionToken }
  const identity = { tenant_id: 'tenant', client_id: 'client', client_secret: clientSecret }
  const [S3, GCS, AZURE] = ['s3://backups/prod?region=us-east-1&', 'gs://backups/prod?', 'az://account/backups/prod?']
  return {
    's3 with keys in the file': { place: S3, yaml: { backend: 's3', ...COMMON.s3, ...s3Keys } },
    's3 with keys in the environment': { place: S3, yaml: { backend: 's3', ...COMMON.s3 }, environment: keys },
    'azure with the key in the file': {
      place: AZURE,
      yaml: { backend: 'azure', ...CONTAINER, account_key: accountKey },
    },
    'azure with a signature in the file': {
      place: AZURE,
      yaml: { backend: 'azure', ...CONTAINER, sas_token: SAS_TOKEN },
    },
    'azure with the key in the environment': {
      place: AZURE,
      yaml: { backend: 'azure', ...CONTAINER },
      environment: { AZURE_STORAGE_KEY: accountKey },
    },
    'azure with a signature in the environment': {
      place: AZURE,
      yaml: { backend: 'azure', ...CONTAINER },
      environment: { AZURE_STORAGE_SAS_TOKEN: SAS_TOKEN },
    },
    'azure with an identity': { place: AZURE, yaml: { backend: 'azure', ...CONTAINER, ...identity } },
    'gcs with the file of an identity': { place: GCS, yaml: { backend: 'gcs', ...BUCKET, key_file: key } },
    'gcs with a file that the environment names': {
      place: GCS,
      yaml: { backend: 'gcs', ...BUCKET },
      environment: { GOOGLE_APPLICATION_CREDENTIALS: key },
    },
  }
}

/** Every level and every format of the logs, and every format of the results. */
const LOUD = [
  ['--format', 'text', '--log-level', 'debug'],
  ['--format', 'json', '--log-level', 'debug', '--log-format', 'json'],
  ['--format', 'yaml', '--log-level', 'info'],
  ['--format', 'text', '--log-level', 'warn', '--log-format', 'json'],
  ['--format', 'json', '--log-level', 'error'],
]

async function configFile(mode: string, yaml: Readonly<Record<string, string>>, endpoint: string): Promise<string> {
  const file = join(folder, `${mode}.yaml`)
  const settings = Object.entries({ ...yaml, endpoint }).map(([key, value]) => `  ${key}: ${JSON.stringify(value)}`)
  const cluster = mode === 'backup' ? 'source' : 'target'
  const servers = `${cluster}:\n  bootstrap_servers: ["127.0.0.1:1"]${mode === 'backup' ? '\n  topics:\n    include: [a]' : ''}`
  await writeFile(file, `mode: ${mode}\nbackup_id: secrets\n${servers}\nstorage:\n${settings.join('\n')}\n`)
  return file
}

/** The commands that end at the store, with an endpoint that fails. Those with `--path` have the credentials of the environment. */
async function commandsAt(
  endpoint: string,
  { place, yaml, environment }: GivenCredentials,
): Promise<readonly (readonly string[])[]> {
  const configured = [
    ['backup', '--config', await configFile('backup', yaml, endpoint)],
    ['restore', '--config', await configFile('restore', yaml, endpoint)],
  ]
  if (environment === undefined) return configured
  const path = `${place}endpoint=${endpoint}`
  return [
    ...configured,
    ['list', '--path', path],
    ['validate', '--path', path, '--backup-id', 'secrets', '--deep'],
    ['describe', '--path', path, '--backup-id', 'secrets'],
  ]
}

let turn = 0

async function runLoudly(command: readonly string[]): Promise<void> {
  turn += 1
  const flags = LOUD[turn % LOUD.length] ?? []
  const ports = { connect: () => new MemoryKafkaCluster() }
  const { status, stdout, stderr } = await kbackup([...command, ...flags], {}, ports)
  expect(secretsIn(stdout + stderr, STORE_CANARIES), `${command[0]}: ${stderr}`).toEqual([])
  // What is missing may be a fact; nothing else is.
  if (status === 0) expect(stderr + stdout).not.toContain('Error')
}

function stubEnvironment(environment: Readonly<Record<string, string>> = {}): void {
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_PROFILE']) vi.stubEnv(name, '')
  const nowhere = { AWS_EC2_METADATA_DISABLED: 'true', METADATA_SERVER_DETECTION: 'none', HOME: folder }
  const all = { ...nowhere, AZURE_AUTHORITY_HOST: 'https://127.0.0.1:1', ...environment }
  for (const [name, value] of Object.entries(all)) vi.stubEnv(name, value)
}

describe('kbackup shows no secret of a store, whatever command, level and format,', () => {
  it.each(Object.keys(ECHOING_FAILURES))('where it answers with %s', { timeout: 300_000 }, async (name) => {
    const failure = ECHOING_FAILURES[name]
    if (failure === undefined) throw new Error(`there is no failure ${name}`)
    for (const [which, credentials] of Object.entries(given())) {
      stubEnvironment(credentials.environment)
      fail(failure)
      for (const command of await commandsAt(service.endpoint, credentials)) await runLoudly(command)
      // Tokens are not sent over http.
      if (which !== 'azure with an identity') expect(service.requests, which).not.toEqual([])
      vi.unstubAllEnvs()
    }
  })

  it('where Google gives no token to a service account', { timeout: 120_000 }, async () => {
    stubEnvironment({ HTTPS_PROXY: NOWHERE, https_proxy: NOWHERE })
    const key = { client_email: 'backup@kbackup-tests.iam.gserviceaccount.com', private_key: privateKey }
    for (const credentials of [{ key_file: join(folder, 'key.json') }, key]) {
      const yaml: Readonly<Record<string, string>> = { backend: 'gcs', ...BUCKET, ...credentials }
      await runLoudly(['backup', '--config', await configFile('backup', yaml, service.endpoint)])
    }
  })

  it('where nothing listens, or an endpoint cannot be one', { timeout: 300_000 }, async () => {
    const bad = [NOWHERE, `http://user:${encodeURIComponent(secretKey)}@127.0.0.1:1`, `not a url ${secretKey}`]
    for (const credentials of Object.values(given())) {
      stubEnvironment(credentials.environment)
      for (const endpoint of bad) {
        for (const command of await commandsAt(endpoint, credentials)) await runLoudly(command)
      }
      vi.unstubAllEnvs()
    }
  })

  it.each([
    ['in the host', `s3://${accessKey}:${encodeURIComponent(secretKey)}@bucket/prefix`],
    ['in the host, as they are', `s3://${accessKey}:${secretKey}@bucket/prefix`],
    ['in the host, with signs of their own', `s3://${accessKey}:#${secretKey}?@bucket/prefix`],
    ['without a bucket', `s3://${accessKey}:${secretKey}`],
    ['in parameters', `s3://bucket?access_key=${accessKey}&secret_key=${secretKey}`],
    ['in parameters of Azure', `az://account/container?${SAS_TOKEN}`],
    ['in a parameter of Azure', `az://account/container?account_key=${encodeURIComponent(accountKey)}`],
    ['in the address of a container', `https://account.blob.core.windows.net/container?${SAS_TOKEN}`],
    ['in parameters of Google', `gs://bucket?private_key=${encodeURIComponent(privateKey)}`],
    ['behind a mark', `gs://bucket/prefix#${accessToken}`],
    ['in an endpoint', `s3://bucket?region=us-east-1&endpoint=http://${accessKey}:${secretKey}@127.0.0.1:1`],
  ])('where a place holds credentials %s', async (_where, place) => {
    stubEnvironment()
    for (const command of [['list'], ['validate', '--backup-id', 'a'], ['describe', '--backup-id', 'a']]) {
      await runLoudly([...command, '--path', place])
    }
    for (const command of ['check', 'clean']) {
      const flags = command === 'clean' ? ['--backup-id', 'a'] : []
      await runLoudly(['storage', command, place, ...flags])
    }
  })
})

/** A store with each kind of credentials. */
function storesAt(endpoint: string): Readonly<Record<string, () => BlobStore>> {
  const retry = { maxAttempts: 1 }
  const keys = { accessKeyId: accessKey, secretAccessKey: secretKey, sessionToken }
  const common = { endpoint, retry, partBytes: PART }
  const account = { ...CONTAINER, ...common }
  const serviceAccount = { clientEmail: 'backup@kbackup-tests.iam.gserviceaccount.com', privateKey }
  return {
    s3: () => s3({ ...BUCKET, region: 'us-east-1', credentials: keys, ...common }),
    'azure with the key': () => azure({ ...account, credentials: { accountKey } }),
    'azure with a signature': () => azure({ ...account, credentials: { sasToken: SAS_TOKEN } }),
    'gcs with a file': () => gcs({ ...BUCKET, keyFile: join(folder, 'federation.json'), ...common }),
    'gcs with a key': () => gcs({ ...BUCKET, credentials: serviceAccount, ...common }),
  }
}

type StoreCall = (store: BlobStore, signal?: AbortSignal) => Promise<unknown>

const CALLS: Readonly<Record<string, StoreCall>> = {
  put: (store, signal) => store.put('a', Buffer.from('x'), { ifAbsent: true, signal }),
  stream: (store, signal) => store.put('a', Readable.from([Buffer.alloc(PART), Buffer.alloc(PART)]), { signal }),
  get: (store, signal) => store.get('a', { range: { start: 0, end: 1 }, signal }),
  head: (store, signal) => store.head('a', { signal }),
  list: async (store, signal) => {
    for await (const info of store.list('', { signal })) void info
  },
  delete: (store, signal) => store.delete('a', { signal }),
}

function shown(...values: readonly unknown[]): string {
  return values
    .flatMap((value) => [
      String(value),
      value instanceof Error ? value.stack : '',
      JSON.stringify(value),
      inspect(value, { depth: 20, showHidden: true, maxArrayLength: null }),
    ])
    .join('\n')
}

describe('the SDK has no secret in an error of a store, nor in the store, however they are shown,', () => {
  it.each(Object.keys(ECHOING_FAILURES))('where it answers with %s', { timeout: 120_000 }, async (name) => {
    const failure = ECHOING_FAILURES[name]
    if (failure === undefined) throw new Error(`there is no failure ${name}`)
    for (const [which, makeStore] of Object.entries(storesAt(service.endpoint))) {
      // Its tokens come from Google alone.
      if (which === 'gcs with a key') continue
      for (const [operation, call] of Object.entries(CALLS)) {
        fail(failure)
        const store = makeStore()
        const outcome: unknown = await call(store).catch((error: unknown) => error)
        expect(secretsIn(shown(outcome, store), STORE_CANARIES), `${which}: ${operation}`).toEqual([])
      }
    }
  })

  it.each(['it does not answer in time', 'nothing listens'])('where %s', { timeout: 120_000 }, async (what) => {
    await using silent = await new SilentService().listen()
    const endpoint = what === 'nothing listens' ? NOWHERE : silent.endpoint
    for (const [which, makeStore] of Object.entries(storesAt(endpoint))) {
      for (const [operation, call] of Object.entries(CALLS)) {
        const store = makeStore()
        const outcome: unknown = await call(store, AbortSignal.timeout(300)).catch((error: unknown) => error)
        expect(outcome, `${which}: ${operation}`).toBeInstanceOf(Error)
        expect(secretsIn(shown(outcome, store), STORE_CANARIES), `${which}: ${operation}`).toEqual([])
      }
    }
  })
})
