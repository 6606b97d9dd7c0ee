import { Readable } from 'node:stream'
import { inspect } from 'node:util'
import { crc32 } from 'node:zlib'
import { S3Client } from '@aws-sdk/client-s3'
import { type BlobStore, KbackupError } from '@kbackup/core'
import type { ScriptedRequest } from '@kbackup/core/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { s3 } from './s3.ts'
import type { S3Options } from './s3-options.ts'
import { ScriptedS3 } from './testing/scripted-s3.ts'

const CREDENTIALS = {
  accessKeyId: 'CANARYaccess1234567890',
  secretAccessKey: 'CANARYsecret/+1234567890',
  sessionToken: 'CANARYtoken==1234567890',
}
const PART = 5 * 1024 * 1024

let service: ScriptedS3
const warnings: Error[] = []
const keepWarning = (warning: Error): void => void warnings.push(warning)
beforeAll(async () => {
  process.on('warning', keepWarning)
  service = await new ScriptedS3().listen()
})
afterAll(async () => {
  process.off('warning', keepWarning)
  await service[Symbol.asyncDispose]()
})
beforeEach(() => service.script({}))

function storeOf(options: Partial<S3Options> = {}): BlobStore {
  const own = options.client === undefined ? { endpoint: service.endpoint, credentials: CREDENTIALS } : {}
  return s3({ bucket: 'bucket', retry: { sleep: async () => undefined }, ...own, ...options })
}

async function failureOf(call: Promise<unknown>): Promise<KbackupError> {
  const error: unknown = await call.catch((caught: unknown) => caught)
  if (KbackupError.is(error)) return error
  throw error
}

describe('s3', () => {
  it('leaves the environment as it is, and the process without a notice of the SDK', async () => {
    const before = { ...process.env }
    await storeOf().put('a', Buffer.from('x'))
    expect(process.env).toEqual(before)
    await new Promise((resolve) => setImmediate(resolve))
    expect(warnings).toEqual([])
  })

  it.each<[string, () => Partial<S3Options>]>([
    ['no bucket', () => ({ bucket: '' })],
    ['a URL as bucket', () => ({ bucket: 's3://CANARY/prod' })],
    ['a bucket with a prefix', () => ({ bucket: 'CANARY/prod' })],
    ['an endpoint that is no URL', () => ({ endpoint: 'localhost:9000' })],
    ['credentials in the endpoint', () => ({ endpoint: 'https://CANARY:CANARY@s3.example.com' })],
    ['half of the credentials', () => ({ credentials: { accessKeyId: 'CANARY', secretAccessKey: '' } })],
    ['short parts', () => ({ partBytes: 1024 })],
    ['a region beside a client', () => ({ client: new S3Client({ region: 'a' }), region: 'b' })],
    ['a limit of silence beside a client', () => ({ client: new S3Client({ region: 'a' }), silenceMs: 1_000 })],
    ['a client that caches its middleware', () => ({ client: new S3Client({ region: 'a', cacheMiddleware: true }) })],
  ])('refuses %s, and shows no secrets', (_what, optionsOf) => {
    const options = optionsOf()
    const invalid = expect.objectContaining({ code: 'KB_CONFIG_INVALID' })
    expect(() => s3({ bucket: 'bucket', ...options })).toThrow(invalid)
    expect(() => s3({ bucket: 'bucket', ...options })).not.toThrow(/CANARY/)
  })

  it('refuses options that it does not have, and says which was meant', () => {
    const mistyped = { bucket: 'bucket', storageclass: 'CANARY' }
    const invalid = expect.objectContaining({
      code: 'KB_CONFIG_INVALID',
      hint: expect.stringMatching(/storageClass\?/),
    })
    expect(() => s3(mistyped)).toThrow(invalid)
    expect(() => s3(mistyped)).not.toThrow(/CANARY/)
    const inside = { bucket: 'bucket', credentials: { ...CREDENTIALS, secretaccesskey: 'CANARY' } }
    expect(() => s3(inside)).toThrow(/credentials.secretaccesskey is not a known option/)
  })

  it('sends what is set for every object, and no checksum that other stores may not know', async () => {
    await storeOf().put('a', Buffer.from('x'))
    expect(Object.keys(service.requests[0]?.headers ?? {}).join()).not.toMatch(/checksum|tagging|encryption|class/)
    const options = {
      storageClass: 'STANDARD_IA',
      serverSideEncryption: 'aws:kms',
      kmsKeyId: 'key',
      tags: { team: 'a b&c' },
      checksum: 'CRC32',
    } as const
    await storeOf(options).put('a', Buffer.from('x'), { ifAbsent: true })
    expect(service.requests[1]).toMatchObject({
      method: 'PUT',
      url: '/bucket/a?x-id=PutObject',
      headers: {
        'if-none-match': '*',
        'x-amz-storage-class': 'STANDARD_IA',
        'x-amz-server-side-encryption': 'aws:kms',
        'x-amz-server-side-encryption-aws-kms-key-id': 'key',
        'x-amz-tagging': 'team=a+b%26c',
        'x-amz-checksum-crc32': expect.any(String),
        'x-amz-security-token': CREDENTIALS.sessionToken,
      },
    })
  })

  it('may be called with one signal a hundred times at once', async () => {
    const { signal } = new AbortController()
    const store = storeOf()
    await Promise.all(Array.from({ length: 100 }, (_, index) => store.put(`a/${index}`, Buffer.from('x'), { signal })))
    await new Promise((resolve) => setImmediate(resolve))
    expect(warnings).toEqual([])
  })
})

describe('a request', () => {
  it('is sent once, whatever the client is set to', async () => {
    const client = new S3Client({
      endpoint: service.endpoint,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials: CREDENTIALS,
      maxAttempts: 5,
    })
    for (const answer of [
      { status: 503, code: 'SlowDown' },
      { status: 500, code: 'InternalError' },
      { hangsUp: true },
    ]) {
      service.script(answer)
      const error = await failureOf(storeOf({ client }).put('a', Buffer.from('x'), { ifAbsent: true }))
      expect(error.retryable).toBe(true)
      expect(service.requests).toHaveLength(1)
    }
    client.destroy()
  })

  it('without the credentials of the profile that was named says which profile was meant', async () => {
    const none = { AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null' }
    const environment = { ...none, AWS_PROFILE: 'nope', AWS_EC2_METADATA_DISABLED: 'true' }
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value)
    const error = await failureOf(storeOf({ credentials: undefined }).get('a'))
    vi.unstubAllEnvs()
    expect(error).toMatchObject({ code: 'KB_STORE_AUTHENTICATION', hint: expect.stringContaining('~/.aws/config') })
    expect(error.message).toContain('the profile that AWS_PROFILE names')
  })

  it('that was throttled says how long the store wants to be left alone', async () => {
    service.script({ status: 503, code: 'SlowDown', headers: { 'retry-after': '3', 'x-amz-request-id': 'id-1' } })
    const details = { retryAfterMs: 3_000, status: 503, serviceCode: 'SlowDown', requestId: 'id-1', operation: 'get' }
    expect(await failureOf(storeOf().get('a'))).toMatchObject({ code: 'KB_STORE_THROTTLED', details })
  })

  it.each([
    [412, 'PreconditionFailed', 'KB_BLOB_EXISTS'],
    [409, 'ConditionalRequestConflict', 'KB_STORE_UNAVAILABLE'],
    [409, 'OperationAborted', 'KB_STORE_UNAVAILABLE'],
    [500, 'InternalError', 'KB_STORE_UNAVAILABLE'],
    [400, 'RequestTimeout', 'KB_STORE_UNAVAILABLE'],
    [400, 'BadDigest', 'KB_STORE_UNAVAILABLE'],
    [502, '<html>', 'KB_STORE_UNAVAILABLE'],
    [429, 'TooManyRequests', 'KB_STORE_THROTTLED'],
    [403, 'AccessDenied', 'KB_STORE_FORBIDDEN'],
    [403, 'InvalidAccessKeyId', 'KB_STORE_AUTHENTICATION'],
    [400, 'ExpiredToken', 'KB_STORE_AUTHENTICATION'],
    [404, 'NoSuchBucket', 'KB_STORE_FAILED'],
    [301, 'PermanentRedirect', 'KB_STORE_FAILED'],
    [400, 'KeyTooLongError', 'KB_BLOB_KEY_INVALID'],
    [400, 'EntityTooLarge', 'KB_BLOB_TOO_LARGE'],
    [400, 'Whatever', 'KB_STORE_FAILED'],
    [501, 'NotImplemented', 'KB_STORE_FAILED'],
  ])('of a conditional write that is answered %i %s is %s', async (status, code, expected) => {
    service.script({ status, code })
    const error = await failureOf(storeOf().put('a', Buffer.from('x'), { ifAbsent: true }))
    expect(error).toMatchObject({ code: expected, details: { status } })
  })

  it('to a place where nobody listens may be sent again', async () => {
    const error = await failureOf(storeOf({ endpoint: 'http://127.0.0.1:1' }).get('a'))
    expect(error).toMatchObject({ code: 'KB_STORE_UNAVAILABLE', message: expect.stringContaining('ECONNREFUSED') })
  })
})

describe('an upload in parts', () => {
  const begun = { body: '<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>' }
  const part = { headers: { etag: '"e"' } }
  const body = () => Readable.from([Buffer.alloc(PART), Buffer.alloc(1)])

  it('demands with its completion that the object is absent', async () => {
    service.script(begun, part, part, { body: '<CompleteMultipartUploadResult/>' })
    await storeOf({ partBytes: PART }).put('a', body(), { ifAbsent: true })
    const [begin, , , complete] = service.requests
    expect(begin?.headers).toMatchObject({ 'x-amz-meta-kbackup-upload': expect.stringMatching(/^[0-9a-f]{32}$/) })
    expect(complete).toMatchObject({ method: 'POST', headers: { 'if-none-match': '*' } })
  })

  it('knows its own object by the nonce when the answer to the completion was lost', async () => {
    service.script(begun, part, part, { hangsUp: true }, { status: 412, code: 'PreconditionFailed' })
    service.answerTo = ({ method }) => (method === 'HEAD' ? { headers: nonceOf(service.requests[0]) } : undefined)
    await storeOf({ partBytes: PART }).put('a', body(), { ifAbsent: true })
    expect(service.requests.slice(3).map(({ method }) => method)).toEqual(['POST', 'POST', 'HEAD'])
  })

  it('that was removed under its writer is given up at once, for whoever can store the same anew', async () => {
    for (const partsBefore of [1, 2]) {
      const parts = Array.from({ length: partsBefore }, () => part)
      service.script(begun, ...parts, { status: 404, code: 'NoSuchUpload' })
      service.answerTo = ({ method }) => (method === 'HEAD' ? { status: 404 } : undefined)
      const error = await failureOf(storeOf({ partBytes: PART }).put('a', body(), { ifAbsent: true }))
      expect(error).toMatchObject({ code: 'KB_STORE_UNAVAILABLE', retryable: false })
      expect(service.requests.filter(({ method }) => method === 'HEAD').length).toBe(partsBefore - 1)
    }
  })

  it('has lost to an object with another nonce', async () => {
    service.script(begun, part, part, { hangsUp: true }, { status: 412, code: 'PreconditionFailed' })
    const others = { headers: { 'x-amz-meta-kbackup-upload': 'other' } }
    service.answerTo = ({ method }) => (method === 'HEAD' ? others : undefined)
    const error = await failureOf(storeOf({ partBytes: PART }).put('a', body(), { ifAbsent: true }))
    expect(error.code).toBe('KB_BLOB_EXISTS')
    expect(service.requests.at(-1)?.method).toBe('DELETE')
  })
})

function nonceOf(request: ScriptedRequest | undefined): Record<string, string> {
  return { 'x-amz-meta-kbackup-upload': String(request?.headers['x-amz-meta-kbackup-upload']) }
}

it('never takes a listing that says it has more, but not where, for a whole one', async () => {
  service.script({ body: '<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>' })
  const listing = storeOf().list('a/')[Symbol.asyncIterator]()
  expect(await failureOf(listing.next())).toMatchObject({ code: 'KB_STORE_FAILED' })
  service.script({ body: '<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>' })
  expect(await storeOf().list('a/')[Symbol.asyncIterator]().next()).toMatchObject({ done: true })
})

it('never takes a listing of uploads that says it has more, but not where, for a whole one', async () => {
  service.script({ body: '<ListMultipartUploadsResult><IsTruncated>true</IsTruncated></ListMultipartUploadsResult>' })
  const listing = storeOf().unfinishedUploads?.list('a/')[Symbol.asyncIterator]()
  expect(await failureOf(listing?.next() ?? Promise.resolve())).toMatchObject({
    code: 'KB_STORE_FAILED',
    message: expect.stringContaining('a/ has more'),
  })
})

describe('a body', () => {
  const bytes = Buffer.from('0123456789')
  const etag = { etag: '"v1"' }

  it('that breaks off is resumed by range in the same version', async () => {
    const rest = { status: 206, headers: { ...etag, 'content-range': 'bytes 4-9/10' }, body: bytes.subarray(4) }
    service.script({ headers: etag, body: bytes, breaksAfter: 4 }, rest)
    expect((await storeOf().get('a')).equals(bytes)).toBe(true)
    expect(service.requests[1]?.headers).toMatchObject({ range: 'bytes=4-', 'if-match': '"v1"' })
  })

  it('that differs from the checksum of the store is not passed on', async () => {
    const checksum = Buffer.alloc(4)
    checksum.writeUInt32BE(crc32(bytes))
    const headers = { ...etag, 'x-amz-checksum-crc32': checksum.toString('base64') }
    service.script({ headers, body: bytes })
    expect((await storeOf().get('a')).equals(bytes)).toBe(true)
    service.script({ headers, body: Buffer.from('0123456780') })
    const error = await failureOf(storeOf().get('a'))
    expect(error).toMatchObject({ code: 'KB_STORE_UNAVAILABLE', message: expect.stringContaining('arrived damaged') })
  })

  it('that is not what was asked for, and so not read, gives its connection back', async () => {
    const long = Buffer.alloc(3_000_000)
    const range = { start: 0, end: 4_000_000 }
    const truncated = { status: 206, headers: { ...etag, 'content-range': 'bytes 0-2999999/3000000' }, body: long }
    for (const answer of [truncated, { headers: etag, body: long }]) {
      service.script(answer)
      const { endpoint } = service
      const requestHandler = { httpAgent: { keepAlive: true, maxSockets: 1 } }
      const shared = { credentials: CREDENTIALS, region: 'us-east-1', forcePathStyle: true }
      const store = storeOf({ client: new S3Client({ endpoint, requestHandler, ...shared }) })
      await failureOf(store.get('a', { range }))
      await failureOf(store.get('a', { range }))
    }
  })

  it('of a store that ignores ranges is refused', async () => {
    service.script({ headers: etag, body: bytes })
    const error = await failureOf(storeOf().get('a', { range: { start: 2, end: 4 } }))
    expect(error).toMatchObject({ code: 'KB_STORE_FAILED' })
  })
})

describe('no secret stands in an error', () => {
  const secrets = Object.values(CREDENTIALS).flatMap((secret) => [
    secret,
    Buffer.from(secret).toString('base64'),
    encodeURIComponent(secret),
  ])
  const echo = `${CREDENTIALS.secretAccessKey} ${CREDENTIALS.sessionToken} ${CREDENTIALS.accessKeyId}`
  const answers = [
    {
      status: 400,
      body: `<Error><Code>${echo}</Code><Message>${echo}</Message><RequestId>${echo}</RequestId></Error>`,
    },
    { status: 403, code: 'SignatureDoesNotMatch', headers: { 'x-amz-request-id': echo } },
    { status: 404, code: 'NoSuchBucket' },
    { status: 500, body: echo },
    { status: 200, body: echo },
    { status: 503, code: 'SlowDown', headers: { 'retry-after': echo } },
    { hangsUp: true },
  ]
  const calls: Readonly<Record<string, (store: BlobStore) => Promise<unknown>>> = {
    put: (store) => store.put('a', Buffer.from('x'), { ifAbsent: true }),
    stream: (store) => store.put('a', Readable.from([Buffer.alloc(PART), Buffer.alloc(PART)])),
    get: (store) => store.get('a', { range: { start: 0, end: 1 } }),
    head: (store) => store.head('a'),
    list: async (store) => {
      for await (const _ of store.list('')) void _
    },
    delete: (store) => store.delete('a'),
  }

  it.each(Object.keys(calls))('of %s, however it is shown', async (operation) => {
    let failures = 0
    for (const answer of answers) {
      service.script(answer)
      const error: unknown = await calls[operation]?.(storeOf({ partBytes: PART, retry: { maxAttempts: 1 } })).catch(
        (caught: unknown) => caught,
      )
      if (!(error instanceof Error)) continue
      failures += 1
      const shown = [
        String(error),
        error.stack,
        JSON.stringify(error),
        inspect(error, { depth: Infinity, showHidden: true }),
      ]
      for (const secret of secrets) expect(shown.join('\n')).not.toContain(secret)
    }
    expect(failures).toBeGreaterThanOrEqual(5)
  })
})
