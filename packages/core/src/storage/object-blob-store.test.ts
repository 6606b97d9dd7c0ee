import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { blobStoreContract } from '../testing/blob-store-contract.ts'
import type { BlobStore } from './blob-store.ts'
import { type ObjectBlobStoreOptions, objectBlobStore } from './object-blob-store.ts'
import type { ReadRequest } from './object-service.ts'
import { MemoryObjectService, type ServiceFault } from './testing/memory-object-service.ts'

const PART = 5 * 1024 * 1024
const NO_WAIT: ObjectBlobStoreOptions = { partBytes: PART, retry: { sleep: async () => undefined } }
const SMALL = { longListing: 20, largeObjectBytes: PART + 1 }

function setUp(faults: readonly ServiceFault[] = [], options: ObjectBlobStoreOptions = {}) {
  const service = new MemoryObjectService({ faults })
  return { service, store: objectBlobStore(service, { ...NO_WAIT, ...options }) }
}

function lost(request: ServiceFault['request'], times = 1): readonly ServiceFault[] {
  return Array.from({ length: times }, () => ({ request, took: true }))
}

function failed(request: ServiceFault['request'], times = 1): readonly ServiceFault[] {
  return Array.from({ length: times }, () => ({ request, took: false }))
}

async function* parts(count: number, after?: () => void): AsyncGenerator<Uint8Array, void, void> {
  for (let index = 0; index < count; index += 1) yield Buffer.alloc(PART, index + 1)
  after?.()
}

async function bytesOf(count: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of parts(count)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

describe('a store made of single requests keeps the contract:', () => {
  const makers: readonly (() => BlobStore)[] = [() => setUp().store, () => setUp([], { prefix: '/prod/eu/' }).store]
  for (const [index, makeStore] of makers.entries()) {
    for (const { name, run } of blobStoreContract(makeStore, SMALL)) it(`${name} (${index})`, run)
  }
})

describe('a store made of single requests', () => {
  it('puts its keys below the prefix and hides it, and other people’s objects', async () => {
    const { service, store } = setUp([], { prefix: 'prod' })
    await store.put('a', Buffer.from('x'))
    await service.put({ key: 'prod/not a key', bytes: Buffer.from('x'), ifAbsent: false })
    await service.put({ key: 'production', bytes: Buffer.from('x'), ifAbsent: false })
    const listed: string[] = []
    for await (const { key } of store.list('')) listed.push(key)
    expect(listed).toEqual(['a'])
    expect(await service.head('prod/a')).toMatchObject({ size: 1 })
    expect(store.name).toBe('memory://bucket/prod')
    await expect(store.get('b')).rejects.toMatchObject({ details: { key: 'prod/b', store: 'memory://bucket' } })
  })

  it.each([
    { partBytes: 1 },
    { maxPartsInFlight: 0 },
    { maxSpareParts: 0 },
    { maxSpareParts: 1.5 },
    { silenceMs: 0 },
    { silenceMs: 2 ** 31 },
  ])('refuses parts that no stream could be sent in: %o', (options) => {
    const [name = ''] = Object.keys(options)
    const refused = { code: 'KB_CONFIG_INVALID', message: expect.stringContaining(name) }
    expect(() => objectBlobStore(new MemoryObjectService(), options)).toThrow(expect.objectContaining(refused))
  })

  it('refuses prefixes and keys that the services cannot hold', async () => {
    expect(() => setUp([], { prefix: '../up' })).toThrow(expect.objectContaining({ code: 'KB_CONFIG_INVALID' }))
    const { store } = setUp([], { prefix: 'p'.repeat(200) })
    const long = Array.from({ length: 5 }, () => 'k'.repeat(199)).join('/')
    await expect(store.head(long)).rejects.toMatchObject({ code: 'KB_BLOB_KEY_INVALID' })
  })

  it('sends each request of a whole call once', async () => {
    const { service, store } = setUp([...failed('put'), ...failed('read'), ...failed('head')])
    await expect(store.put('a', Buffer.from('x'))).rejects.toMatchObject({ code: 'KB_STORE_UNAVAILABLE' })
    await expect(store.get('a')).rejects.toMatchObject({ code: 'KB_STORE_UNAVAILABLE' })
    await expect(store.head('a')).rejects.toMatchObject({ code: 'KB_STORE_UNAVAILABLE' })
    expect(service.log).toEqual(['put', 'read', 'head'])
  })

  it('makes errors of store, operation, key, status and code, and keeps nothing of the error of the service', async () => {
    const { store } = setUp([{ request: 'put', took: false, code: 'KB_STORE_FORBIDDEN' }])
    const error: unknown = await store.put('a', Buffer.from('x')).catch((caught: unknown) => caught)
    expect(error).toMatchObject({
      message: 'memory://bucket: put of a failed: Simulated, HTTP 500',
      hint: expect.stringContaining('rights'),
      details: { operation: 'put', key: 'a', status: 500, serviceCode: 'Simulated' },
    })
    expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain('secret')
  })

  it('refuses a listing that is not sorted', async () => {
    const { service, store } = setUp()
    service.listPage = async () => ({ objects: ['b', 'a'].map((key) => ({ key, size: 1, modifiedAtMs: 0 })) })
    const listing = async (): Promise<void> => {
      for await (const _ of store.list('')) void _
    }
    await expect(listing()).rejects.toMatchObject({ code: 'KB_STORE_FAILED' })
  })
})

describe('a stream', () => {
  it('that fits into one part goes up in one request, repeated without losing to itself', async () => {
    const { service, store } = setUp(lost('put'))
    await store.put('small', parts(1), { ifAbsent: true })
    expect(service.log.filter((request) => request !== 'head' && request !== 'read')).toEqual(['put', 'put'])
    expect(await store.get('small')).toHaveLength(PART)
  })

  it('of several parts is whole although beginning, parts and completion fail in passing', async () => {
    const { service, store } = setUp([
      ...failed('begin'),
      ...failed('part', 2),
      ...lost('part'),
      ...failed('complete', 2),
    ])
    await store.put('large', parts(3), { ifAbsent: true })
    expect((await store.get('large')).equals(await bytesOf(3))).toBe(true)
    expect(service.uploads.size).toBe(0)
  })

  it.each([true, false])('whose completion took effect unheard is a success (ifAbsent %s)', async (ifAbsent) => {
    const { service, store } = setUp(lost('complete'))
    await store.put('large', parts(2), { ifAbsent })
    expect(service.log.slice(-3)).toEqual(['complete', 'complete', 'landed'])
    expect(await store.get('large')).toHaveLength(2 * PART)
  })

  it('that finds another writer’s object after a lost answer has lost, and leaves no parts', async () => {
    const { service, store } = setUp(failed('complete'))
    const other = () => void service.put({ key: 'large', bytes: Buffer.from('theirs'), ifAbsent: true })
    await expect(store.put('large', parts(2, other), { ifAbsent: true })).rejects.toMatchObject({
      code: 'KB_BLOB_EXISTS',
    })
    expect((await store.get('large')).toString()).toBe('theirs')
    expect(service.uploads.size).toBe(0)
  })

  it('whose outcome cannot be learned stays unknown', async () => {
    const { store } = setUp([...failed('complete', 6), { request: 'landed', took: false, code: 'KB_STORE_FORBIDDEN' }])
    await expect(store.put('large', parts(2), { ifAbsent: true })).rejects.toMatchObject({
      code: 'KB_STORE_UNAVAILABLE',
    })
  })

  it('whose part fails for good leaves nothing, and ends a source that is silent', async () => {
    const { service, store } = setUp([
      { request: 'part', took: false, code: 'KB_STORE_FORBIDDEN' },
      ...failed('discard'),
    ])
    async function* silent() {
      yield* parts(2)
      await new Promise(() => undefined)
    }
    await expect(store.put('large', silent())).rejects.toMatchObject({ code: 'KB_STORE_FORBIDDEN' })
    expect(service.uploads.size).toBe(0)
  })

  it('of more parts than the service takes is too large', async () => {
    const service = new MemoryObjectService({ maxParts: 2 })
    const store = objectBlobStore(service, NO_WAIT)
    await expect(store.put('large', parts(4))).rejects.toMatchObject({ code: 'KB_BLOB_TOO_LARGE' })
    expect(service.uploads.size).toBe(0)
  })

  it('shares with all others how many parts may be held beside the first of each', async () => {
    const { service, store } = setUp([], { maxPartsInFlight: 4, maxSpareParts: 2 })
    await Promise.all([1, 2, 3].map((index) => store.put(`large/${index}`, parts(6))))
    expect(service.highestPartsInFlight).toBeGreaterThan(1)
    expect(service.highestPartsInFlight).toBeLessThanOrEqual(3 + 2)
  })

  it('gives back its share of those when its source fails', async () => {
    const { service, store } = setUp([], { maxPartsInFlight: 2, maxSpareParts: 1 })
    async function* failing() {
      yield* parts(2)
      throw new Error('the source broke')
    }
    await expect(store.put('large', failing())).rejects.toThrow('the source broke')
    await new Promise((resolve) => setImmediate(resolve))
    service.highestPartsInFlight = 0
    await store.put('large', parts(6))
    expect(service.highestPartsInFlight).toBe(2)
  })

  it('fills a part while the one before is on its way, also where a service takes them one by one', async () => {
    const service = Object.assign(new MemoryObjectService(), { maxPartsInFlight: 1 })
    const log: string[] = []
    const begin = service.beginUpload.bind(service)
    service.beginUpload = async (request) => {
      const upload = await begin(request)
      const sendPart: typeof upload.sendPart = async (part, options) => {
        const receipt = await upload.sendPart(part, options)
        log.push(`part ${part.number} was sent`)
        return receipt
      }
      return { ...upload, sendPart }
    }
    async function* told() {
      for await (const chunk of parts(3)) {
        log.push('filled')
        yield chunk
      }
    }
    const store = objectBlobStore(service, NO_WAIT)
    await store.put('large', told())
    expect(service.highestPartsInFlight).toBe(1)
    expect(log.indexOf('part 1 was sent')).toBeGreaterThan(log.lastIndexOf('filled'))
    expect((await store.get('large')).equals(await bytesOf(3))).toBe(true)
  })

  it('arrives byte for byte while the memory of its parts is used again and again', async () => {
    const { store } = setUp(failed('part', 2), { maxPartsInFlight: 2 })
    await Promise.all([1, 2].map((index) => store.put(`large/${index}`, parts(8))))
    for (const index of [1, 2]) expect((await store.get(`large/${index}`)).equals(await bytesOf(8))).toBe(true)
  })
})

describe('a body', () => {
  const bytes = Buffer.from(Array.from({ length: 1_000 }, (_, index) => index % 251))

  it.each([undefined, { start: 17, end: 940 }])(
    'that breaks off is resumed from its last byte (range %j)',
    async (range) => {
      const { service, store } = setUp()
      await store.put('a', bytes)
      service.breaksAfter = [100, 300, 1]
      expect((await store.get('a', { range })).equals(bytes.subarray(range?.start ?? 0, range?.end ?? 1_000))).toBe(
        true,
      )
      expect(service.log.filter((request) => request === 'read')).toHaveLength(4)
    },
  )

  it.each([
    ['another content', (request: ReadRequest) => request],
    [
      'the content of a service that ignores which one was asked for',
      ({ key, start }: ReadRequest) => ({ key, start }),
    ],
  ])('that breaks off is not resumed in %s', async (_what, heard) => {
    const { service, store } = setUp()
    await store.put('a', bytes)
    service.breaksAfter = [100]
    const replaced = service.read.bind(service)
    service.read = async (request) => {
      if (request.start > 0) await service.put({ key: 'a', bytes: Buffer.alloc(1_000), ifAbsent: false })
      return replaced(heard(request))
    }
    await expect(store.get('a')).rejects.toMatchObject({ code: 'KB_STORE_UNAVAILABLE', retryable: true })
  })

  it.each([
    ['gives nothing', 0, /only 0 of 1000 bytes/],
    ['is damaged at its end', 1_000, /arrived damaged/],
  ])('that %s is given up, for whoever asked to ask again', async (_what, afterBytes, message) => {
    const { service, store } = setUp()
    await store.put('a', bytes)
    service.breaksAfter = [afterBytes]
    const refused = { code: 'KB_STORE_UNAVAILABLE', retryable: true, message: expect.stringMatching(message) }
    await expect(store.get('a')).rejects.toMatchObject(refused)
  })

  it('that fails by a checksum on its way is not resumed, since what came may be wrong', async () => {
    const { service, store } = setUp()
    await store.put('a', bytes)
    async function* damaged() {
      yield bytes.subarray(0, 10)
      throw new Error('checksum mismatch')
    }
    service.read = async () => {
      service.log.push('read')
      return { body: damaged(), size: 1_000, version: 'v' }
    }
    await expect(store.get('a')).rejects.toMatchObject({ code: 'KB_STORE_UNAVAILABLE', retryable: true })
    expect(service.log.filter((request) => request === 'read')).toHaveLength(1)
  })

  it('that gives more than was asked for is not passed on', async () => {
    const { service, store } = setUp()
    await store.put('a', bytes)
    service.read = async () => ({ body: parts(1), size: 1_000, version: 'v' })
    await expect(store.get('a')).rejects.toMatchObject({ code: 'KB_STORE_UNAVAILABLE' })
  })
})
