import type { BlobStore } from '@kbackup/core'
import { describe, expect, it } from 'vitest'
import { type GcsAnswer, listed, PART, scriptedGcs } from './testing/scripted-gcs.ts'

const PAGE = '<!DOCTYPE html><html><body>Welcome</body></html>'
const HTML = { 'content-type': 'text/html; charset=UTF-8' }

const service = scriptedGcs()

async function* longStream(): AsyncGenerator<Uint8Array, void, void> {
  yield Buffer.alloc(PART)
  yield Buffer.alloc(PART)
}

const CALLS: Readonly<Record<string, (store: BlobStore) => Promise<unknown>>> = {
  'a get': (store) => store.get('a'),
  'a get of a range': (store) => store.get('a', { range: { start: 0, end: 4 } }),
  'a head': (store) => store.head('a'),
  'a listing': (store) => listed(store, ''),
  'a put': (store) => store.put('a', Buffer.from('x'), { ifAbsent: true }),
  'a put of a stream': (store) => store.put('a', longStream()),
  'a delete': (store) => store.delete('a'),
}
const PAGES: Readonly<Record<string, GcsAnswer>> = {
  'a page': { headers: HTML, body: PAGE },
  'a page that it is not there': { status: 404, headers: HTML, body: PAGE },
}
const EACH = Object.keys(CALLS).flatMap((call) => Object.keys(PAGES).map((page) => [call, page] as const))

describe('an endpoint where Google Cloud Storage does not answer', () => {
  it.each(EACH)('is named by %s that gets %s, and nothing is taken for data or success', async (call, page) => {
    service.script(PAGES[page] ?? {})
    await expect(CALLS[call]?.(service.store())).rejects.toMatchObject({
      code: 'KB_STORE_UNAVAILABLE',
      retryable: false,
      message: expect.stringContaining(`what answers at ${service.endpoint} is not Google Cloud Storage`),
      hint: expect.stringContaining('Check the endpoint'),
    })
  })
})

describe('Google Cloud Storage', () => {
  it('is known though it calls its refusals pages', async () => {
    const headers = { ...HTML, 'x-guploader-uploadid': 'upload' }
    service.script({ status: 404, headers, body: 'No such object: bucket/a' }, { body: '{}' })
    await expect(service.store().get('a')).rejects.toMatchObject({ code: 'KB_BLOB_NOT_FOUND' })
  })
})

describe('a proxy before a service', () => {
  it.each([502, 503, 504, 403])('that answers %i with a page says nothing of the service', async (status) => {
    service.script({ status, headers: HTML, body: PAGE })
    await expect(service.store().get('a')).rejects.not.toThrow('is not Google Cloud Storage')
  })
})
