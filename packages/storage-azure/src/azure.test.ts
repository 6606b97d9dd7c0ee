import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { ContainerClient, newPipeline, StorageSharedKeyCredential } from '@azure/storage-blob'
import { type BlobStore, KbackupError } from '@kbackup/core'
import type { ScriptedRequest } from '@kbackup/core/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { azure } from './azure.ts'
import type { AzureOptions } from './azure-options.ts'
import { ScriptedAzure } from './testing/scripted-azure.ts'

const KEY = Buffer.from('the key of the account').toString('base64')
const PART = 5 * 1024 * 1024

let service: ScriptedAzure
const warnings: Error[] = []
const keepWarning = (warning: Error): void => void warnings.push(warning)
beforeAll(async () => {
  process.on('warning', keepWarning)
  service = await new ScriptedAzure().listen()
})
afterAll(async () => {
  process.off('warning', keepWarning)
  await service[Symbol.asyncDispose]()
})
beforeEach(() => service.script({ status: 201 }))
afterEach(() => vi.unstubAllEnvs())

function storeOf(options: Partial<AzureOptions> = {}): BlobStore {
  const { endpoint } = service
  const own = { account: 'account', container: 'container', endpoint, credentials: { accountKey: KEY } }
  return azure({ retry: { sleep: async () => undefined }, ...(options.client === undefined ? own : {}), ...options })
}

async function failureOf(call: Promise<unknown>): Promise<KbackupError> {
  const error: unknown = await call.catch((caught: unknown) => caught)
  if (KbackupError.is(error)) return error
  throw error
}

describe('azure', () => {
  it('names its place without the endpoint, and asks for blobs below the account', async () => {
    const store = storeOf({ prefix: 'prod' })
    expect(store.name).toBe('az://account/container/prod')
    await store.put('a/topic=b.c', Buffer.from('x'))
    expect(service.requests[0]).toMatchObject({ method: 'PUT', url: '/account/container/prod/a/topic%3Db.c' })
  })

  it('sends what is set for every blob, and the MD5 of every body', async () => {
    await storeOf().put('a', Buffer.from('x'))
    expect(Object.keys(service.requests[0]?.headers ?? {}).join()).not.toMatch(/tier|scope|none-match/)
    const options = { accessTier: 'Cool', encryptionScope: 'scope' } as const
    const whole = Buffer.from('..the body..')
    await storeOf(options).put('a', whole.subarray(2, 10), { ifAbsent: true })
    const [, sent] = service.requests
    expect(sent?.body.toString()).toBe('the body')
    expect(sent?.headers).toMatchObject({
      'if-none-match': '*',
      'x-ms-access-tier': 'Cool',
      'x-ms-encryption-scope': 'scope',
      'x-ms-blob-type': 'BlockBlob',
      'content-md5': createHash('md5').update('the body').digest('base64'),
    })
    await storeOf({ checksum: 'none' }).put('a', whole)
    expect(service.requests[2]?.headers).not.toHaveProperty('content-md5')
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
  const passing = [{ status: 503, code: 'ServerBusy' }, { status: 500, code: 'InternalError' }, { hangsUp: true }]

  it('is sent once', async () => {
    for (const answer of passing) {
      service.script(answer)
      const error = await failureOf(storeOf().put('a', Buffer.from('x'), { ifAbsent: true }))
      expect(error.retryable).toBe(true)
      expect(service.requests).toHaveLength(1)
    }
  })

  it('is sent once with a ready client too, to the first host, with what the client has of its own', async () => {
    const secondaryHost = 'secondary.example.com'
    const options = { retryOptions: { maxTries: 5, retryDelayInMs: 1, secondaryHost } }
    const pipeline = newPipeline(new StorageSharedKeyCredential('account', KEY), {
      ...options,
      userAgentOptions: { userAgentPrefix: 'the-application' },
    })
    const client = new ContainerClient(`${service.endpoint}/account/container`, pipeline)
    for (const answer of passing) {
      service.script(answer)
      expect(await failureOf(storeOf({ client }).get('a'))).toMatchObject({ retryable: true })
      expect(service.requests).toHaveLength(1)
    }
    expect(service.requests[0]?.headers['user-agent']).toMatch(/^the-application /)
    expect(service.requests[0]?.headers.authorization).toMatch(/^SharedKey account:/)
  })

  it('is not sent to another place by an answer', async () => {
    service.script({ status: 307, headers: { location: '/elsewhere' } })
    expect(await failureOf(storeOf().get('a'))).toMatchObject({ code: 'KB_STORE_FAILED', details: { status: 307 } })
    expect(service.requests).toHaveLength(1)
  })

  it('that was throttled says how long the service wants to be left alone', async () => {
    service.script({ status: 503, code: 'ServerBusy', headers: { 'retry-after': '3', 'x-ms-request-id': 'id-1' } })
    const details = { retryAfterMs: 3_000, status: 503, serviceCode: 'ServerBusy', requestId: 'id-1', operation: 'get' }
    expect(await failureOf(storeOf().get('a'))).toMatchObject({ code: 'KB_STORE_THROTTLED', details })
  })

  it.each([
    [409, 'BlobAlreadyExists', 'KB_BLOB_EXISTS'],
    [412, 'ConditionNotMet', 'KB_BLOB_EXISTS'],
    [409, 'BlobBeingRehydrated', 'KB_STORE_FAILED'],
    [409, 'ContainerBeingDeleted', 'KB_STORE_UNAVAILABLE'],
    [409, 'PendingCopyOperation', 'KB_STORE_UNAVAILABLE'],
    [409, 'SomethingNew', 'KB_STORE_UNAVAILABLE'],
    [412, 'SomethingNew', 'KB_STORE_UNAVAILABLE'],
    [412, 'LeaseIdMissing', 'KB_STORE_FAILED'],
    [409, 'BlobImmutableDueToPolicy', 'KB_STORE_FORBIDDEN'],
    [500, 'InternalError', 'KB_STORE_UNAVAILABLE'],
    [500, 'OperationTimedOut', 'KB_STORE_UNAVAILABLE'],
    [400, 'Md5Mismatch', 'KB_STORE_UNAVAILABLE'],
    [502, '<html>', 'KB_STORE_UNAVAILABLE'],
    [429, 'TooManyRequests', 'KB_STORE_THROTTLED'],
    [503, 'ServerBusy', 'KB_STORE_THROTTLED'],
    [403, 'AuthorizationPermissionMismatch', 'KB_STORE_FORBIDDEN'],
    [403, 'Whatever', 'KB_STORE_FORBIDDEN'],
    [403, 'AuthenticationFailed', 'KB_STORE_AUTHENTICATION'],
    [401, 'NoAuthenticationInformation', 'KB_STORE_AUTHENTICATION'],
    [409, 'PublicAccessNotPermitted', 'KB_STORE_AUTHENTICATION'],
    [404, 'ContainerNotFound', 'KB_STORE_FAILED'],
    [404, '<html>', 'KB_STORE_FAILED'],
    [400, 'InvalidResourceName', 'KB_BLOB_KEY_INVALID'],
    [413, 'RequestBodyTooLarge', 'KB_BLOB_TOO_LARGE'],
    [400, 'Whatever', 'KB_STORE_FAILED'],
    [501, 'NotImplemented', 'KB_STORE_FAILED'],
  ])('of a conditional write that is answered %i %s is %s', async (status, code, expected) => {
    service.script({ status, code })
    const error = await failureOf(storeOf().put('a', Buffer.from('x'), { ifAbsent: true }))
    expect(error).toMatchObject({ code: expected, details: { status } })
  })

  it('for a blob is answered with not found by the word of Azure only', async () => {
    service.script({ status: 404, code: 'BlobNotFound' })
    expect(await storeOf().head('a')).toBeUndefined()
    expect(await failureOf(storeOf().get('a'))).toMatchObject({ code: 'KB_BLOB_NOT_FOUND' })
    await storeOf().delete('a')
    service.script({ status: 404, body: 'not found' })
    expect(await failureOf(storeOf().head('a'))).toMatchObject({ code: 'KB_STORE_FAILED' })
    expect(await failureOf(storeOf().get('a'))).toMatchObject({ code: 'KB_STORE_FAILED' })
  })

  it.each(['LeaseIdMissing', 'BlobImmutableDueToPolicy'])(
    'that is refused with %s, before its condition is looked at, has lost to a blob that is there',
    async (code) => {
      service.script({ status: 412, code })
      service.scriptHead(() => ({}))
      expect((await failureOf(storeOf().put('a', Buffer.from('x'), { ifAbsent: true }))).code).toBe('KB_BLOB_EXISTS')
      expect((await failureOf(storeOf().put('a', Buffer.from('x')))).code).not.toBe('KB_BLOB_EXISTS')
    },
  )

  it('to a place where nobody listens may be sent again', async () => {
    const error = await failureOf(storeOf({ endpoint: 'http://127.0.0.1:1' }).get('a'))
    expect(error).toMatchObject({ code: 'KB_STORE_UNAVAILABLE', message: expect.stringContaining('ECONNREFUSED') })
  })

  it('that is never answered is given up', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const client = new SilentClient()
      const pipeline = newPipeline(new StorageSharedKeyCredential('account', KEY), { httpClient: client })
      const container = new ContainerClient(`${service.endpoint}/account/container`, pipeline)
      const failure = failureOf(storeOf({ client: container }).get('a'))
      await client.asked
      await vi.advanceTimersByTimeAsync(120_000)
      expect(await failure).toMatchObject({ code: 'KB_STORE_UNAVAILABLE', retryable: true })
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('an upload in parts', () => {
  const done = { status: 201 }
  const body = () => Readable.from([Buffer.alloc(PART), Buffer.alloc(1)])
  const upload = (options?: { ifAbsent: boolean }) => storeOf({ partBytes: PART }).put('a', body(), options)

  it('demands with its commit that the blob is absent', async () => {
    await upload({ ifAbsent: true })
    const [, , commit] = service.requests
    expect(commit).toMatchObject({ method: 'PUT', url: '/account/container/a?comp=blocklist' })
    expect(commit?.headers).toMatchObject({ 'if-none-match': '*', 'x-ms-meta-kbackup_upload': expect.any(String) })
  })

  it('gives its blocks ids of one length, that hold the nonce of the upload', async () => {
    await upload()
    await upload()
    const ids = service.requests.flatMap(({ url }) => new URLSearchParams(url.split('?')[1]).get('blockid') ?? [])
    const nonces = ids.map((id) => Buffer.from(id, 'base64').toString().split('-')[0])
    expect(ids).toHaveLength(4)
    expect(new Set(ids.map(({ length }) => length)).size).toBe(1)
    expect(new Set(nonces).size).toBe(2)
    expect(nonces[0]).toBe(nonces[1])
    expect(service.requests[2]?.headers['x-ms-meta-kbackup_upload']).toBe(nonces[0])
  })

  it('knows its own blob by the nonce when the answer to the commit was lost', async () => {
    service.script(done, done, { hangsUp: true }, { status: 409, code: 'BlobAlreadyExists' })
    service.scriptHead(() => ({ headers: nonceOf(service.requests[2]) }))
    await upload({ ifAbsent: true })
    expect(service.requests.slice(2).map(({ method }) => method)).toEqual(['PUT', 'PUT', 'HEAD'])
  })

  it('has lost to a blob with another nonce, and deletes nothing', async () => {
    service.script(done, done, { hangsUp: true }, { status: 409, code: 'BlobAlreadyExists' })
    service.scriptHead(() => ({ headers: { 'x-ms-meta-kbackup_upload': 'other' } }))
    expect((await failureOf(upload({ ifAbsent: true }))).code).toBe('KB_BLOB_EXISTS')
    expect(service.requests.at(-1)?.method).toBe('HEAD')
  })

  it('whose blocks were removed by the commit of another writer has lost to that one', async () => {
    service.script(done, done, { status: 400, code: 'InvalidBlockList' })
    service.scriptHead(() => ({ headers: { 'x-ms-meta-kbackup_upload': 'other' } }))
    expect((await failureOf(upload({ ifAbsent: true }))).code).toBe('KB_BLOB_EXISTS')
  })

  it('whose blocks are gone, and that has committed them itself, is done', async () => {
    service.script(done, done, { hangsUp: true }, { status: 400, code: 'InvalidBlockList' })
    service.scriptHead(() => ({ headers: nonceOf(service.requests[2]) }))
    await upload({ ifAbsent: true })
  })

  it('whose blocks are gone, with no blob there, has failed and not lost', async () => {
    service.script(done, done, { status: 400, code: 'InvalidBlockList' })
    service.scriptHead(() => ({ status: 404, code: 'BlobNotFound' }))
    expect(await failureOf(upload({ ifAbsent: true }))).toMatchObject({ code: 'KB_STORE_FAILED' })
  })
})

function nonceOf(request: ScriptedRequest | undefined): Record<string, string> {
  return { 'x-ms-meta-kbackup_upload': String(request?.headers['x-ms-meta-kbackup_upload']) }
}

it.each(['', '<EnumerationResults><Blobs>', '<html>no list</html>'])(
  'never takes the answer %j to a listing for an empty one',
  async (body) => {
    service.script({ body, headers: { 'content-type': 'application/xml' } })
    const listing = storeOf().list('a/')[Symbol.asyncIterator]()
    expect((await failureOf(listing.next())).code).toMatch(/^KB_STORE_/)
  },
)

describe('a body', () => {
  const bytes = Buffer.from('0123456789')
  const etag = { etag: '"v1"' }
  const md5 = (content: Uint8Array) => ({ 'content-md5': createHash('md5').update(content).digest('base64') })

  it('that breaks off is resumed by range in the same version', async () => {
    const rest = { status: 206, headers: { ...etag, 'content-range': 'bytes 4-9/10' }, body: bytes.subarray(4) }
    service.script({ headers: etag, body: bytes, breaksAfter: 4 }, rest)
    expect((await storeOf().get('a')).equals(bytes)).toBe(true)
    expect(service.requests[1]?.headers).toMatchObject({ 'x-ms-range': 'bytes=4-', 'if-match': '"v1"' })
  })

  it('of a blob that was replaced meanwhile is not mixed with that of the new one', async () => {
    service.script({ headers: etag, body: bytes, breaksAfter: 4 }, { status: 412, code: 'ConditionNotMet' })
    expect(await failureOf(storeOf().get('a'))).toMatchObject({ code: 'KB_STORE_UNAVAILABLE' })
  })

  it('that differs from the MD5 of the service is not passed on', async () => {
    service.script({ headers: { ...etag, ...md5(bytes) }, body: bytes })
    expect((await storeOf().get('a')).equals(bytes)).toBe(true)
    service.script({ headers: { ...etag, ...md5(bytes) }, body: '0123456780' })
    const error = await failureOf(storeOf().get('a'))
    expect(error).toMatchObject({ code: 'KB_STORE_UNAVAILABLE', message: expect.stringContaining('arrived damaged') })
  })

  it('of a short range is asked for with an MD5, and compared with it', async () => {
    const headers = { ...etag, ...md5(bytes.subarray(2, 4)), 'content-range': 'bytes 2-3/10' }
    service.script({ status: 206, headers, body: '32' })
    const error = await failureOf(storeOf().get('a', { range: { start: 2, end: 4 } }))
    expect(error).toMatchObject({ message: expect.stringContaining('arrived damaged') })
    expect(service.requests[0]?.headers).toMatchObject({ 'x-ms-range-get-content-md5': 'true' })
    await failureOf(storeOf().get('a', { range: { start: 2, end: 4_194_307 } }))
    expect(service.requests[1]?.headers['x-ms-range-get-content-md5']).not.toBe('true')
  })

  it('of a service that ignores ranges is refused', async () => {
    service.script({ headers: etag, body: bytes })
    const error = await failureOf(storeOf().get('a', { range: { start: 2, end: 4 } }))
    expect(error).toMatchObject({ code: 'KB_STORE_FAILED' })
  })
})

/** A client over HTTP that is asked, and does not answer until it is told to stop. */
class SilentClient {
  asked: Promise<void>
  #wasAsked: () => void = () => undefined

  constructor() {
    this.asked = new Promise((resolve) => {
      this.#wasAsked = resolve
    })
  }

  sendRequest({ abortSignal }: { readonly abortSignal?: Pick<AbortSignal, 'addEventListener'> }): Promise<never> {
    this.#wasAsked()
    return new Promise((_, reject) => {
      abortSignal?.addEventListener('abort', () => reject(Object.assign(new Error('aborted'), { name: 'AbortError' })))
    })
  }
}
