import { generateKeyPairSync } from 'node:crypto'
import { Readable } from 'node:stream'
import { inspect } from 'node:util'
import { Storage } from '@google-cloud/storage'
import { type BlobInfo, type BlobStore, KbackupError } from '@kbackup/core'
import { OAuth2Client } from 'google-auth-library'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { checksumOf, checksumText } from './checksum.ts'
import { gcs } from './gcs.ts'
import type { GcsOptions } from './gcs-options.ts'
import { type GcsAnswer, held, ScriptedGcs, told } from './testing/scripted-gcs.ts'

const TOKEN = 'CANARYtoken/+==1234567890'
const PART = 5 * 1024 * 1024

let service: ScriptedGcs
beforeAll(async () => {
  service = await new ScriptedGcs().listen()
})
afterAll(() => service[Symbol.asyncDispose]())
beforeEach(() => service.script({ body: '{}' }))
afterEach(() => vi.unstubAllEnvs())

/** A client that has a token, and would repeat whatever fails. */
function clientWithToken(): Storage {
  const authClient = new OAuth2Client()
  authClient.setCredentials({ access_token: TOKEN, expiry_date: Date.now() + 3_600_000 })
  return new Storage({
    apiEndpoint: service.endpoint,
    useAuthWithCustomEndpoint: true,
    authClient,
    retryOptions: { autoRetry: true, maxRetries: 5 },
  })
}

function storeOf(options: Partial<GcsOptions> = {}): BlobStore {
  const own = options.client === undefined ? { endpoint: service.endpoint } : {}
  return gcs({ bucket: 'bucket', partBytes: PART, retry: { sleep: async () => undefined }, ...own, ...options })
}

async function failureOf(call: Promise<unknown>): Promise<KbackupError> {
  const error: unknown = await call.catch((caught: unknown) => caught)
  if (KbackupError.is(error)) return error
  throw error
}

async function listed(store: BlobStore, prefix: string): Promise<readonly BlobInfo[]> {
  const found: BlobInfo[] = []
  for await (const info of store.list(prefix)) found.push(info)
  return found
}

function steps(): readonly string[] {
  return service.requests.map(told)
}

describe('gcs', () => {
  it.each<[string, () => Partial<GcsOptions>]>([
    ['no bucket', () => ({ bucket: '' })],
    ['a name that no bucket has', () => ({ bucket: 'CANARY/x' })],
    ['an endpoint that is no URL', () => ({ endpoint: 'localhost:4443' })],
    ['credentials in the endpoint', () => ({ endpoint: 'https://CANARY:CANARY@host.example' })],
    ['half of the credentials', () => ({ credentials: { clientEmail: 'CANARY', privateKey: '' } })],
    ['two kinds of credentials', () => ({ credentials: { clientEmail: 'CANARY', privateKey: 'k' }, keyFile: 'a' })],
    ['short parts', () => ({ partBytes: 1024 })],
    ['parts that no session takes', () => ({ partBytes: 6_000_000 })],
    ['a key file beside a client', () => ({ client: new Storage(), keyFile: 'CANARY' })],
    ['names that Google keeps', () => ({ prefix: '/.well-known/acme-challenge/CANARY' })],
  ])('refuses %s, and shows no secrets', (_what, optionsOf) => {
    const options = { bucket: 'bucket', ...optionsOf() }
    expect(() => gcs(options)).toThrow(expect.objectContaining({ code: 'KB_CONFIG_INVALID' }))
    expect(() => gcs(options)).not.toThrow(/CANARY/)
  })

  it('refuses options that it does not have, and says which was meant', () => {
    const mistyped = { bucket: 'bucket', keyfile: 'CANARY' }
    const invalid = expect.objectContaining({ code: 'KB_CONFIG_INVALID', hint: expect.stringMatching(/keyFile\?/) })
    expect(() => gcs(mistyped)).toThrow(invalid)
    expect(() => gcs(mistyped)).not.toThrow(/CANARY/)
  })

  it('sends what is set for every object, and with a condition its condition', async () => {
    const options = { storageClass: 'NEARLINE', kmsKeyName: 'projects/p/keys/k' }
    await storeOf(options).put('a/b=1', Buffer.from('bytes'), { ifAbsent: true })
    const [request] = service.requests
    const { pathname, searchParams } = new URL(request?.url ?? '', service.endpoint)
    expect(pathname).toBe('/upload/storage/v1/b/bucket/o')
    expect(Object.fromEntries(searchParams)).toMatchObject({
      uploadType: 'multipart',
      name: 'a/b=1',
      ifGenerationMatch: '0',
      kmsKeyName: 'projects/p/keys/k',
    })
    const body = String(request?.body)
    expect(body).toContain(`"storageClass":"NEARLINE","crc32c":"${checksumText(checksumOf(Buffer.from('bytes')))}"`)
    expect(body).toMatch(/\r\n\r\nbytes\r\n--[0-9a-f]{32}--\r\n$/)
    await storeOf().put('a', Buffer.from('x'))
    expect(service.requests[1]?.url).not.toContain('ifGenerationMatch')
  })

  it('sends no credentials in the clear to a service that was given none', async () => {
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', '/no/such/file')
    await storeOf().get('a')
    expect(service.requests[0]?.headers).not.toHaveProperty('authorization')
    await storeOf({ client: clientWithToken() }).get('a')
    expect(service.requests[1]?.headers).toHaveProperty('authorization', `Bearer ${TOKEN}`)
  })

  it('may be called with one signal a hundred times at once', async () => {
    const warnings: Error[] = []
    const keepWarning = (warning: Error): void => void warnings.push(warning)
    process.on('warning', keepWarning)
    const { signal } = new AbortController()
    const store = storeOf()
    await Promise.all(Array.from({ length: 100 }, (_, index) => store.put(`a/${index}`, Buffer.from('x'), { signal })))
    await new Promise((resolve) => setImmediate(resolve))
    process.off('warning', keepWarning)
    expect(warnings).toEqual([])
  })
})

describe('a request', () => {
  const calls: Readonly<Record<string, (store: BlobStore) => Promise<unknown>>> = {
    put: (store) => store.put('a', Buffer.from('x'), { ifAbsent: true }),
    get: (store) => store.get('a', { range: { start: 0, end: 1 } }),
    head: (store) => store.head('a'),
    list: (store) => store.list('')[Symbol.asyncIterator]().next(),
    delete: (store) => store.delete('a'),
  }

  it.each(Object.keys(calls))('of %s is sent once, whatever the client is set to', async (operation) => {
    for (const answer of [{ status: 503 }, { status: 429 }, { status: 500 }, { status: 408 }, { hangsUp: true }]) {
      service.script(answer)
      const error = await failureOf(calls[operation]?.(storeOf({ client: clientWithToken() })) ?? Promise.resolve())
      expect(error.retryable).toBe(true)
      expect(service.requests).toHaveLength(1)
    }
  })

  it('that was throttled says how long the service wants to be left alone', async () => {
    service.script({
      status: 429,
      reason: 'rateLimitExceeded',
      headers: { 'retry-after': '3', 'x-guploader-uploadid': 'id-1' },
    })
    const details = { retryAfterMs: 3_000, status: 429, serviceCode: 'rateLimitExceeded', requestId: 'id-1' }
    expect(await failureOf(storeOf().get('a'))).toMatchObject({ code: 'KB_STORE_THROTTLED', details })
  })

  it.each([
    [412, 'conditionNotMet', 'KB_BLOB_EXISTS'],
    [409, 'conflict', 'KB_STORE_UNAVAILABLE'],
    [408, 'requestTimeout', 'KB_STORE_UNAVAILABLE'],
    [500, 'internalError', 'KB_STORE_UNAVAILABLE'],
    [502, undefined, 'KB_STORE_UNAVAILABLE'],
    [503, 'backendError', 'KB_STORE_UNAVAILABLE'],
    [504, 'gatewayTimeout', 'KB_STORE_UNAVAILABLE'],
    [503, 'slowDown', 'KB_STORE_THROTTLED'],
    [429, 'rateLimitExceeded', 'KB_STORE_THROTTLED'],
    [429, undefined, 'KB_STORE_THROTTLED'],
    [403, 'userRateLimitExceeded', 'KB_STORE_THROTTLED'],
    [403, 'forbidden', 'KB_STORE_FORBIDDEN'],
    [403, 'retentionPolicyNotMet', 'KB_STORE_FORBIDDEN'],
    [403, 'UserProjectAccountProblem', 'KB_STORE_FORBIDDEN'],
    [401, 'authError', 'KB_STORE_AUTHENTICATION'],
    [404, 'notFound', 'KB_STORE_FAILED'],
    [413, 'uploadTooLarge', 'KB_BLOB_TOO_LARGE'],
    [301, undefined, 'KB_STORE_FAILED'],
    [400, 'userProjectMissing', 'KB_STORE_FAILED'],
    [400, 'invalid', 'KB_STORE_FAILED'],
    [501, 'notImplemented', 'KB_STORE_FAILED'],
  ])('of a write that is answered %i %s is %s', async (status, reason, expected) => {
    service.script({ status, reason })
    const error = await failureOf(storeOf().put('a', Buffer.from('x')))
    expect(error).toMatchObject({ code: expected, details: { status, serviceCode: reason ?? null } })
    if (expected !== 'KB_BLOB_EXISTS') expect(error.hint).toBeDefined()
  })

  it('understands the errors in XML that are given about media', async () => {
    service.script({ status: 503, body: "<?xml version='1.0'?><Error><Code>SlowDown</Code></Error>" })
    expect(await failureOf(storeOf().get('a'))).toMatchObject({ code: 'KB_STORE_THROTTLED' })
  })

  it('to a place where nobody listens may be sent again', async () => {
    const error = await failureOf(storeOf({ endpoint: 'http://127.0.0.1:1' }).get('a'))
    expect(error).toMatchObject({ code: 'KB_STORE_UNAVAILABLE', message: expect.stringContaining('ECONNREFUSED') })
  })

  it('is ended by its signal, and begins nothing with one that was aborted', async () => {
    const aborter = new AbortController()
    service.answerTo = () => void aborter.abort('enough')
    const slow = { headers: { 'content-length': '100' }, body: 'x'.repeat(10) }
    service.script(slow)
    service.answerTo = () => {
      setImmediate(() => aborter.abort('enough'))
      return { headers: { 'content-length': '100' }, body: '' }
    }
    await expect(storeOf().get('a', { signal: aborter.signal })).rejects.toBe('enough')
    service.script({})
    await expect(storeOf().put('a', Buffer.from('x'), { signal: aborter.signal })).rejects.toBe('enough')
    expect(service.requests).toEqual([])
  })
})

describe('a missing object', () => {
  const missing = { status: 404, reason: 'notFound' }

  it('is told from a missing bucket, which the first time is asked for', async () => {
    const store = storeOf()
    service.script(missing, { body: '{}' }, missing)
    expect(await failureOf(store.get('a'))).toMatchObject({ code: 'KB_BLOB_NOT_FOUND' })
    expect(await store.head('a')).toBeUndefined()
    expect(service.requests.map(({ url }) => url.split('?')[0])).toEqual([
      '/storage/v1/b/bucket/o/a',
      '/storage/v1/b/bucket/o',
      '/storage/v1/b/bucket/o/a',
    ])
  })

  it.each(['get', 'head', 'delete'] as const)('of a missing bucket is no missing object for %s', async (call) => {
    service.script(missing)
    const refused = { code: 'KB_STORE_FAILED', message: expect.stringContaining('the bucket does not exist') }
    expect(await failureOf(storeOf()[call]('a'))).toMatchObject(refused)
  })

  it('is not concluded from a bucket that may not be looked at', async () => {
    service.script(missing, { status: 403, reason: 'forbidden' })
    expect(await failureOf(storeOf().head('a'))).toMatchObject({ code: 'KB_STORE_FORBIDDEN' })
  })
})

describe('a writer that may not delete', () => {
  const forbidden = { status: 403, reason: 'forbidden' }

  it('has lost where an object is there, and is told so', async () => {
    service.script(forbidden, { body: '{"name":"a"}' })
    const error = await failureOf(storeOf().put('a', Buffer.from('x'), { ifAbsent: true }))
    expect(error.code).toBe('KB_BLOB_EXISTS')
  })

  it('is forbidden to write where none is there, and to overwrite', async () => {
    service.script(forbidden, { status: 404, reason: 'notFound' })
    const absent = await failureOf(storeOf().put('a', Buffer.from('x'), { ifAbsent: true }))
    expect(absent.code).toBe('KB_STORE_FORBIDDEN')
    service.script(forbidden, { body: '{"name":"a"}' })
    expect(await failureOf(storeOf().put('a', Buffer.from('x')))).toMatchObject({ code: 'KB_STORE_FORBIDDEN' })
  })
})

describe('an upload in parts', () => {
  const bytes = Buffer.alloc(2 * PART + 100, 'some bytes of a segment')
  const checksum = checksumText(checksumOf(bytes))
  const body = () => Readable.from([bytes.subarray(0, 1_000_000), bytes.subarray(1_000_000)])
  const done = { body: JSON.stringify({ size: String(bytes.length), crc32c: checksum }) }
  const first = `PUT session bytes 0-${PART - 1}/*`
  const second = `PUT session bytes ${PART}-${2 * PART - 1}/*`
  const last = `PUT session bytes ${2 * PART}-${bytes.length - 1}/${bytes.length}`
  const put = (): Promise<void> => storeOf().put('a', body(), { ifAbsent: true })

  function sent(): Buffer {
    const parts = service.requests.filter(({ method }) => method === 'PUT').map((request) => request.body)
    return Buffer.concat(parts)
  }

  it('sends its parts in their order, with its condition, and the checksum of all with the last', async () => {
    service.script(service.begun, held(PART), held(2 * PART), done)
    await put()
    expect(steps()).toEqual(['POST resumable', first, second, last])
    expect(service.requests[0]?.url).toContain('ifGenerationMatch=0')
    expect(service.requests[3]?.headers['x-goog-hash']).toBe(`crc32c=${checksum}`)
    expect(sent().equals(bytes)).toBe(true)
  })

  it('shows its session no credentials', async () => {
    service.script(service.begun, held(PART), held(2 * PART), done)
    await storeOf({ client: clientWithToken() }).put('a', body())
    expect(service.requests.map(({ headers }) => 'authorization' in headers)).toEqual([true, false, false, false])
  })

  it('goes on where the session says after an answer was lost', async () => {
    const kept = PART + 512 * 1024
    service.script(service.begun, held(PART), { hangsUp: true }, held(kept), held(2 * PART), done)
    await put()
    const rest = `PUT session bytes ${kept}-${2 * PART - 1}/*`
    expect(steps()).toEqual(['POST resumable', first, second, 'PUT session bytes */*', rest, last])
    expect(service.requests[4]?.body.equals(bytes.subarray(kept, 2 * PART))).toBe(true)
  })

  it('does not send again what the session holds', async () => {
    service.script(service.begun, { status: 503 }, held(PART), held(2 * PART), done)
    await put()
    expect(steps()).toEqual(['POST resumable', first, 'PUT session bytes */*', second, last])
  })

  it('sends the rest of a part of which the session kept some', async () => {
    const kept = 1024 * 1024
    service.script(service.begun, held(kept), held(PART), held(2 * PART), done)
    await put()
    expect(steps()).toEqual(['POST resumable', first, `PUT session bytes ${kept}-${PART - 1}/*`, second, last])
  })

  it.each([
    ['nothing', 0],
    ['more than was sent', 3 * PART],
  ])('gives up a session that says it holds %s', async (_what, bytesHeld) => {
    service.script(service.begun, held(PART), held(bytesHeld))
    expect((await failureOf(put())).code).toMatch(/^KB_STORE_(FAILED|UNAVAILABLE)$/)
    expect(steps().at(-1)).toBe('DELETE session')
  })

  it('is done where the session says so after the last answer was lost', async () => {
    service.script(service.begun, held(PART), held(2 * PART), { hangsUp: true }, done)
    await put()
    expect(steps().at(-1)).toBe(`PUT session bytes */${bytes.length}`)
  })

  it('knows its own object by the nonce when its session is gone', async () => {
    service.script(service.begun, held(PART), held(2 * PART), { hangsUp: true }, { status: 404 })
    service.answerTo = ({ method }) => (method === 'GET' ? { body: JSON.stringify({ metadata: nonce() }) } : undefined)
    await put()
  })

  it('has lost to an object with another nonce', async () => {
    service.script(
      service.begun,
      held(PART),
      held(2 * PART),
      { hangsUp: true },
      { status: 412, reason: 'conditionNotMet' },
    )
    const others = { body: JSON.stringify({ metadata: { 'kbackup-upload': 'other' } }) }
    service.answerTo = ({ method }) => (method === 'GET' ? others : undefined)
    expect((await failureOf(put())).code).toBe('KB_BLOB_EXISTS')
    expect(steps().at(-1)).toBe('DELETE session')
  })

  it('never takes a missing object for a lost race when the last answer was lost', async () => {
    service.script(service.begun, held(PART), held(2 * PART), { hangsUp: true }, { status: 410 })
    service.answerTo = ({ method }) => (method === 'GET' ? { status: 404, reason: 'notFound' } : undefined)
    expect((await failureOf(put())).code).toBe('KB_STORE_UNAVAILABLE')
  })

  it('has lost where the condition fails at its end', async () => {
    service.script(
      service.begun,
      held(PART),
      held(2 * PART),
      { status: 412, reason: 'conditionNotMet' },
      { status: 499 },
    )
    expect((await failureOf(put())).code).toBe('KB_BLOB_EXISTS')
    expect(steps().at(-1)).toBe('DELETE session')
  })

  it('is cancelled when its source breaks, or its signal is aborted', async () => {
    const aborter = new AbortController()
    async function* source(then: () => void) {
      yield bytes.subarray(0, PART + 1)
      then()
      yield bytes.subarray(0, PART)
    }
    const broken = source(() => {
      throw new Error('the source broke')
    })
    service.script(service.begun, held(PART), { status: 499 })
    await expect(storeOf().put('a', broken)).rejects.toThrow('the source broke')
    expect(steps()).toEqual(['POST resumable', first, 'DELETE session'])
    service.script(service.begun, held(PART), { status: 499 })
    const aborted = source(() => aborter.abort('enough'))
    await expect(storeOf().put('a', aborted, { signal: aborter.signal })).rejects.toBe('enough')
    expect(steps()).toEqual(['POST resumable', first, 'DELETE session'])
  })

  it('fails where the service says that it holds other bytes', async () => {
    service.script(service.begun, held(PART), held(2 * PART), { body: '{"crc32c":"AAAAAA=="}' })
    const message = expect.stringContaining('other bytes than were sent')
    expect(await failureOf(put())).toMatchObject({ code: 'KB_STORE_FAILED', message })
  })

  it('fails where the service ends it before its last part', async () => {
    service.script(service.begun, done)
    expect(await failureOf(put())).toMatchObject({ code: 'KB_STORE_FAILED' })
  })

  function nonce(): unknown {
    return JSON.parse(String(service.requests[0]?.body)).metadata
  }
})

describe('a body', () => {
  const bytes = Buffer.from('0123456789')
  const generation = { 'x-goog-generation': '17' }

  it('that breaks off is resumed by range in the same generation', async () => {
    const rest = { status: 206, headers: { ...generation, 'content-range': 'bytes 4-9/10' }, body: bytes.subarray(4) }
    service.script({ headers: generation, body: bytes, breaksAfter: 4 }, rest)
    expect((await storeOf().get('a')).equals(bytes)).toBe(true)
    expect(service.requests[1]?.headers).toMatchObject({ range: 'bytes=4-' })
    expect(service.requests[1]?.url).toContain('ifGenerationMatch=17')
  })

  it.each<[string, GcsAnswer]>([
    ['says so', { status: 412, reason: 'conditionNotMet' }],
    [
      'ignores conditions',
      { status: 206, headers: { 'x-goog-generation': '18', 'content-range': 'bytes 4-9/10' }, body: '......' },
    ],
  ])('of an object that was replaced meanwhile is not put together, where the service %s', async (_how, answer) => {
    service.script({ headers: generation, body: bytes, breaksAfter: 4 }, answer)
    const message = expect.stringContaining('replaced while it was read')
    expect(await failureOf(storeOf().get('a'))).toMatchObject({ code: 'KB_STORE_UNAVAILABLE', message })
  })

  it('that differs from the checksum of the service is not passed on', async () => {
    const headers = { ...generation, 'x-goog-hash': `crc32c=${checksumText(checksumOf(bytes))},md5=xyz` }
    service.script({ headers, body: bytes })
    expect((await storeOf().get('a')).equals(bytes)).toBe(true)
    service.script({ headers, body: Buffer.from('0123456780') })
    const message = expect.stringContaining('arrived damaged')
    expect(await failureOf(storeOf().get('a'))).toMatchObject({ code: 'KB_STORE_UNAVAILABLE', message })
  })

  it('of a service that ignores ranges is refused', async () => {
    service.script({ headers: generation, body: bytes })
    expect(await failureOf(storeOf().get('a', { range: { start: 2, end: 4 } }))).toMatchObject({
      code: 'KB_STORE_FAILED',
    })
  })

  it('that is not what was asked for, and so not read, gives its connection back', async () => {
    const long = Buffer.alloc(3_000_000)
    const range = { start: 0, end: 4_000_000 }
    const store = storeOf()
    const short = { status: 206, headers: { ...generation, 'content-range': 'bytes 0-2999999/3000000' }, body: long }
    for (const answer of [short, { headers: generation, body: long }]) {
      service.script(answer)
      // More than there are connections.
      for (let time = 0; time < 70; time += 1) await failureOf(store.get('a', { range }))
    }
  })

  it('of a range beyond the object is refused', async () => {
    service.script({ status: 416, headers: { 'content-range': 'bytes */10' } })
    expect(await failureOf(storeOf().get('a', { range: { start: 20, end: 30 } }))).toMatchObject({
      code: 'KB_BLOB_RANGE',
    })
  })
})

it('follows a listing to its end', async () => {
  const page = (name: string, nextPageToken?: string) => ({
    body: JSON.stringify({ items: [{ name, size: '3', updated: '2026-01-02T03:04:05.678Z' }], nextPageToken }),
  })
  service.script(page('p/a/1', 'more'), page('p/a/2'))
  const found = await listed(storeOf({ prefix: 'p' }), 'a/')
  expect(found.map(({ key, size }) => [key, size])).toEqual([
    ['a/1', 3],
    ['a/2', 3],
  ])
  expect(found[0]?.modifiedAtMs).toBe(Date.UTC(2026, 0, 2, 3, 4, 5, 678))
  expect(service.requests[1]?.url).toContain('pageToken=more')
})

it('never takes a listing that cannot be understood for an empty one', async () => {
  service.script({ body: '<html>' })
  expect(await failureOf(storeOf().list('')[Symbol.asyncIterator]().next())).toMatchObject({
    code: 'KB_STORE_UNAVAILABLE',
  })
})

describe('credentials', () => {
  beforeEach(() => {
    vi.stubEnv('METADATA_SERVER_DETECTION', 'none')
    vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', undefined)
    vi.stubEnv('HOME', '/no/such/home')
    vi.stubEnv('CLOUDSDK_CONFIG', undefined)
  })

  it('that are nowhere to be found are asked for', async () => {
    const error = await failureOf(gcs({ bucket: 'bucket' }).get('a'))
    expect(error).toMatchObject({
      code: 'KB_STORE_AUTHENTICATION',
      hint: expect.stringContaining('GOOGLE_APPLICATION_CREDENTIALS'),
    })
  })

  it('whose file does not exist say so', async () => {
    const error = await failureOf(storeOf({ keyFile: '/no/such/CANARY.json' }).get('a'))
    expect(error).toMatchObject({ code: 'KB_STORE_AUTHENTICATION', message: expect.stringContaining('key file') })
    expect(shown(error)).not.toContain('CANARY')
  })

  it('for which no token can be fetched may be tried again, and are not shown', async () => {
    vi.stubEnv('HTTPS_PROXY', 'http://127.0.0.1:1')
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const pem = String(privateKey.export({ type: 'pkcs8', format: 'pem' }))
    const credentials = { clientEmail: 'CANARY@example.iam', privateKey: pem }
    const error = await failureOf(storeOf({ credentials }).get('a'))
    expect(error).toMatchObject({ code: 'KB_STORE_UNAVAILABLE', retryable: true })
    expect(shown(error)).not.toContain('CANARY')
    for (const line of pem.split('\n').slice(1, -2)) expect(shown(error)).not.toContain(line)
  })

  it('that are no key are not shown', async () => {
    const credentials = { clientEmail: 'CANARY@example.iam', privateKey: 'CANARY no key' }
    const error = await failureOf(storeOf({ credentials }).get('a'))
    expect(error.code).toBe('KB_STORE_AUTHENTICATION')
    expect(shown(error)).not.toContain('CANARY')
  })
})

describe('no secret stands in an error', () => {
  const SESSION = 'CANARYsession1234567890'
  const secrets = [TOKEN, SESSION].flatMap((secret) => [
    secret,
    Buffer.from(secret).toString('base64'),
    encodeURIComponent(secret),
  ])
  const echo = `${TOKEN} ${SESSION}`
  const answers: readonly GcsAnswer[] = [
    { status: 400, reason: echo },
    { status: 400, body: `<Error><Code>${echo}</Code><Message>${echo}</Message></Error>` },
    { status: 403, reason: 'forbidden', headers: { 'x-guploader-uploadid': echo } },
    { status: 401, reason: 'authError', body: echo },
    { status: 404, reason: 'notFound' },
    { status: 410 },
    { status: 412, reason: 'conditionNotMet', headers: { 'x-guploader-uploadid': echo } },
    { status: 416, body: echo },
    { status: 500, body: echo },
    { status: 200, body: echo },
    { status: 307, headers: { location: `http://host/${echo}` } },
    { status: 503, reason: 'slowDown', headers: { 'retry-after': echo } },
    { hangsUp: true },
    { body: echo, breaksAfter: 3 },
  ]
  const stream = (store: BlobStore) => store.put('a', Readable.from([Buffer.alloc(PART), Buffer.alloc(PART)]))
  const calls: Readonly<Record<string, (store: BlobStore) => Promise<unknown>>> = {
    put: (store) => store.put('a', Buffer.from('x'), { ifAbsent: true }),
    stream,
    'a session': (store) => {
      service.answerTo = ({ method }) => (method === 'POST' ? { headers: { location: service.session } } : undefined)
      return stream(store)
    },
    'the end of a session': (store) => {
      service.answerTo = ({ method, headers }) => {
        if (method === 'POST') return { headers: { location: service.session } }
        return headers['content-range']?.endsWith('*')
          ? { status: 308, headers: { range: `bytes=0-${PART - 1}` } }
          : undefined
      }
      return stream(store)
    },
    get: (store) => store.get('a', { range: { start: 0, end: 1 } }),
    head: (store) => store.head('a'),
    list: (store) => listed(store, ''),
    delete: (store) => store.delete('a'),
  }

  it.each(Object.keys(calls))('of %s, however it is shown', async (operation) => {
    let failures = 0
    for (const answer of answers) {
      // The id of a request to a session is the session's own.
      const id = operation.includes('session') ? { 'x-guploader-uploadid': SESSION } : {}
      service.script({ ...answer, headers: { ...id, ...answer.headers } })
      const store = storeOf({ client: clientWithToken(), retry: { maxAttempts: 1 } })
      const error: unknown = await calls[operation]?.(store).catch((caught: unknown) => caught)
      if (!(error instanceof Error)) continue
      failures += 1
      for (const secret of secrets) expect(shown(error)).not.toContain(secret)
    }
    expect(failures).toBeGreaterThanOrEqual(10)
  })
})

function shown(error: Error): string {
  const parts = [
    String(error),
    error.stack,
    JSON.stringify(error),
    inspect(error, { depth: Infinity, showHidden: true }),
  ]
  return parts.join('\n')
}
