import type { BlobStore } from '@kbackup/core'
import { describe, expect, it } from 'vitest'
import { checksumOf, checksumText } from './checksum.ts'
import { failureOf, type GcsAnswer, listed, scriptedGcs } from './testing/scripted-gcs.ts'

const service = scriptedGcs()

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
      const error = await failureOf(
        calls[operation]?.(service.store({ client: service.clientWithToken() })) ?? Promise.resolve(),
      )
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
    expect(await failureOf(service.store().get('a'))).toMatchObject({ code: 'KB_STORE_THROTTLED', details })
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
    const error = await failureOf(service.store().put('a', Buffer.from('x')))
    expect(error).toMatchObject({ code: expected, details: { status, serviceCode: reason ?? null } })
    if (expected !== 'KB_BLOB_EXISTS') expect(error.hint).toBeDefined()
  })

  it('understands the errors in XML that are given about media', async () => {
    service.script({ status: 503, body: "<?xml version='1.0'?><Error><Code>SlowDown</Code></Error>" })
    expect(await failureOf(service.store().get('a'))).toMatchObject({ code: 'KB_STORE_THROTTLED' })
  })

  it('to a place where nobody listens may be sent again', async () => {
    const error = await failureOf(service.store({ endpoint: 'http://127.0.0.1:1' }).get('a'))
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
    await expect(service.store().get('a', { signal: aborter.signal })).rejects.toBe('enough')
    service.script({})
    await expect(service.store().put('a', Buffer.from('x'), { signal: aborter.signal })).rejects.toBe('enough')
    expect(service.requests).toEqual([])
  })
})

describe('a missing object', () => {
  const missing = { status: 404, reason: 'notFound' }

  it('is told from a missing bucket, which the first time is asked for', async () => {
    const store = service.store()
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
    expect(await failureOf(service.store()[call]('a'))).toMatchObject(refused)
  })

  it('is not concluded from a bucket that may not be looked at', async () => {
    service.script(missing, { status: 403, reason: 'forbidden' })
    expect(await failureOf(service.store().head('a'))).toMatchObject({ code: 'KB_STORE_FORBIDDEN' })
  })
})

describe('a writer that may not delete', () => {
  const forbidden = { status: 403, reason: 'forbidden' }

  it('has lost where an object is there, and is told so', async () => {
    service.script(forbidden, { body: '{"name":"a"}' })
    const error = await failureOf(service.store().put('a', Buffer.from('x'), { ifAbsent: true }))
    expect(error.code).toBe('KB_BLOB_EXISTS')
  })

  it('is forbidden to write where none is there, and to overwrite', async () => {
    service.script(forbidden, { status: 404, reason: 'notFound' })
    const absent = await failureOf(service.store().put('a', Buffer.from('x'), { ifAbsent: true }))
    expect(absent.code).toBe('KB_STORE_FORBIDDEN')
    service.script(forbidden, { body: '{"name":"a"}' })
    expect(await failureOf(service.store().put('a', Buffer.from('x')))).toMatchObject({ code: 'KB_STORE_FORBIDDEN' })
  })
})

describe('a body', () => {
  const bytes = Buffer.from('0123456789')
  const generation = { 'x-goog-generation': '17' }

  it('that breaks off is resumed by range in the same generation', async () => {
    const rest = { status: 206, headers: { ...generation, 'content-range': 'bytes 4-9/10' }, body: bytes.subarray(4) }
    service.script({ headers: generation, body: bytes, breaksAfter: 4 }, rest)
    expect((await service.store().get('a')).equals(bytes)).toBe(true)
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
    expect(await failureOf(service.store().get('a'))).toMatchObject({ code: 'KB_STORE_UNAVAILABLE', message })
  })

  it('that differs from the checksum of the service is not passed on', async () => {
    const headers = { ...generation, 'x-goog-hash': `crc32c=${checksumText(checksumOf(bytes))},md5=xyz` }
    service.script({ headers, body: bytes })
    expect((await service.store().get('a')).equals(bytes)).toBe(true)
    service.script({ headers, body: Buffer.from('0123456780') })
    const message = expect.stringContaining('arrived damaged')
    expect(await failureOf(service.store().get('a'))).toMatchObject({ code: 'KB_STORE_UNAVAILABLE', message })
  })

  it('of a service that ignores ranges is refused', async () => {
    service.script({ headers: generation, body: bytes })
    expect(await failureOf(service.store().get('a', { range: { start: 2, end: 4 } }))).toMatchObject({
      code: 'KB_STORE_FAILED',
    })
  })

  it('that is not what was asked for, and so not read, gives its connection back', async () => {
    const long = Buffer.alloc(3_000_000)
    const range = { start: 0, end: 4_000_000 }
    const store = service.store()
    const short = { status: 206, headers: { ...generation, 'content-range': 'bytes 0-2999999/3000000' }, body: long }
    for (const answer of [short, { headers: generation, body: long }]) {
      service.script(answer)
      // More than there are connections.
      for (let time = 0; time < 70; time += 1) await failureOf(store.get('a', { range }))
    }
  })

  it('of a range beyond the object is refused', async () => {
    service.script({ status: 416, headers: { 'content-range': 'bytes */10' } })
    expect(await failureOf(service.store().get('a', { range: { start: 20, end: 30 } }))).toMatchObject({
      code: 'KB_BLOB_RANGE',
    })
  })
})

it('follows a listing to its end', async () => {
  const page = (name: string, nextPageToken?: string) => ({
    body: JSON.stringify({ items: [{ name, size: '3', updated: '2026-01-02T03:04:05.678Z' }], nextPageToken }),
  })
  service.script(page('p/a/1', 'more'), page('p/a/2'))
  const found = await listed(service.store({ prefix: 'p' }), 'a/')
  expect(found.map(({ key, size }) => [key, size])).toEqual([
    ['a/1', 3],
    ['a/2', 3],
  ])
  expect(found[0]?.modifiedAtMs).toBe(Date.UTC(2026, 0, 2, 3, 4, 5, 678))
  expect(service.requests[1]?.url).toContain('pageToken=more')
})

it('never takes a listing that cannot be understood for an empty one', async () => {
  service.script({ body: '<html>' })
  expect(await failureOf(service.store().list('')[Symbol.asyncIterator]().next())).toMatchObject({
    code: 'KB_STORE_UNAVAILABLE',
  })
})
