import type { BlobStore } from '@kbackup/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { s3 } from './s3.ts'
import { type S3Answer, ScriptedS3 } from './testing/scripted-s3.ts'

const PAGE = '<!DOCTYPE html><html><body>Welcome</body></html>'
const HTML = { 'content-type': 'text/html; charset=utf-8' }

let service: ScriptedS3
beforeAll(async () => {
  service = await new ScriptedS3().listen()
})
afterAll(() => service[Symbol.asyncDispose]())

function storeAt(endpoint: string): BlobStore {
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' }
  return s3({ bucket: 'bucket', endpoint, credentials, retry: { sleep: async () => undefined } })
}

async function* longStream(): AsyncGenerator<Uint8Array, void, void> {
  for (let piece = 0; piece < 9; piece += 1) yield Buffer.alloc(1024 * 1024)
}

async function drained(listing: AsyncIterable<unknown> | Iterable<unknown>): Promise<void> {
  for await (const _ of listing);
}

const CALLS: Readonly<Record<string, (store: BlobStore) => Promise<unknown>>> = {
  'a get': (store) => store.get('a'),
  'a get of a range': (store) => store.get('a', { range: { start: 0, end: 4 } }),
  'a head': (store) => store.head('a'),
  'a listing': (store) => drained(store.list('')),
  'a listing of uploads': (store) => drained(store.unfinishedUploads?.list('') ?? []),
  'a put': (store) => store.put('a', Buffer.from('x'), { ifAbsent: true }),
  'a put of a stream': (store) => store.put('a', longStream()),
  'a delete': (store) => store.delete('a'),
  'a look at the settings': async (store) => store.facts?.(),
}
const PAGES: Readonly<Record<string, S3Answer>> = {
  'a page': { headers: HTML, body: PAGE },
  'a page with an entity tag': { headers: { ...HTML, etag: '"5f3c"' }, body: PAGE },
  'a page that it is not there': { status: 404, headers: HTML, body: PAGE },
  'a page that the method is unknown': { status: 501, headers: HTML, body: PAGE },
  'a page instead of a redirect': { status: 302, headers: { ...HTML, location: '/login' }, body: PAGE },
  'a text that it is not there': { status: 404, headers: { 'content-type': 'text/plain' }, body: 'Not found' },
}
const EACH = Object.keys(CALLS).flatMap((call) => Object.keys(PAGES).map((page) => [call, page] as const))

describe('an endpoint where no S3 service answers', () => {
  it.each(EACH)('is named by %s that gets %s, and nothing is taken for data or success', async (call, page) => {
    service.script({ isForeign: true, ...PAGES[page] })
    await expect(CALLS[call]?.(storeAt(service.endpoint))).rejects.toMatchObject({
      code: 'KB_STORE_UNAVAILABLE',
      retryable: false,
      message: expect.stringContaining(`what answers at ${service.endpoint} is not an S3 service`),
      hint: expect.stringContaining('Check the endpoint'),
    })
    expect(service.requests.length).toBeLessThanOrEqual(2)
  })

  it.each(['a get', 'a head', 'a put'])('is known by %s that gets JSON without an entity tag of S3', async (call) => {
    for (const tag of [{}, { etag: 'W/"2-nO8"' }]) {
      service.script({ isForeign: true, headers: { 'content-type': 'application/json', ...tag }, body: '{}' })
      await expect(CALLS[call]?.(storeAt(service.endpoint))).rejects.toThrow('is not an S3 service')
    }
  })
})

describe('a proxy before a service', () => {
  it.each([502, 503, 504, 429, 403])('that answers %i with a page says nothing of the service', async (status) => {
    service.script({ isForeign: true, status, headers: HTML, body: PAGE })
    await expect(storeAt(service.endpoint).get('a')).rejects.not.toThrow('is not an S3 service')
  })
})

describe('a service without the headers of Amazon', () => {
  it('is one that speaks S3: by its entity tags, its XML, and its missing keys', async () => {
    service.script({ isForeign: true, headers: { etag: '"5f3c"' }, body: 'abcd' })
    expect(String(await storeAt(service.endpoint).get('a'))).toBe('abcd')
    await storeAt(service.endpoint).put('a', Buffer.from('abcd'))
    service.script({ isForeign: true, status: 404, headers: { 'content-type': 'application/xml' }, code: 'NoSuchKey' })
    await expect(storeAt(service.endpoint).get('a')).rejects.toMatchObject({ code: 'KB_BLOB_NOT_FOUND' })
    service.script({ isForeign: true, status: 404 })
    expect(await storeAt(service.endpoint).head('a')).toBeUndefined()
  })
})
