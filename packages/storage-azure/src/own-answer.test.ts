import { ContainerClient, StorageSharedKeyCredential } from '@azure/storage-blob'
import type { BlobStore } from '@kbackup/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { azure } from './azure.ts'
import { type AzureAnswer, ScriptedAzure } from './testing/scripted-azure.ts'

const KEY = Buffer.from('the key of the account').toString('base64')
const PAGE = '<!DOCTYPE html><html><body>Welcome</body></html>'
const HTML = { 'content-type': 'text/html; charset=utf-8' }
const RETRY = { sleep: async () => undefined }

let service: ScriptedAzure
beforeAll(async () => {
  service = await new ScriptedAzure().listen()
})
afterAll(() => service[Symbol.asyncDispose]())

function storeAt(endpoint: string): BlobStore {
  return azure({ account: 'account', container: 'container', endpoint, credentials: { accountKey: KEY }, retry: RETRY })
}

async function drained(listing: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of listing);
}

async function* longStream(): AsyncGenerator<Uint8Array, void, void> {
  for (let piece = 0; piece < 9; piece += 1) yield Buffer.alloc(1024 * 1024)
}

const CALLS: Readonly<Record<string, (store: BlobStore) => Promise<unknown>>> = {
  'a get': (store) => store.get('a'),
  'a get of a range': (store) => store.get('a', { range: { start: 0, end: 4 } }),
  'a head': (store) => store.head('a'),
  'a listing': (store) => drained(store.list('')),
  'a put': (store) => store.put('a', Buffer.from('x'), { ifAbsent: true }),
  'a put of a stream': (store) => store.put('a', longStream()),
  'a delete': (store) => store.delete('a'),
}
const PAGES: Readonly<Record<string, AzureAnswer>> = {
  'a page': { headers: HTML, body: PAGE },
  'a text': { headers: { 'content-type': 'text/plain', etag: '"5f3c"' }, body: 'Welcome' },
  'a page that it is not there': { status: 404, headers: HTML, body: PAGE },
}
const EACH = Object.keys(CALLS).flatMap((call) => Object.keys(PAGES).map((page) => [call, page] as const))
const NAMED = { code: 'KB_STORE_UNAVAILABLE', retryable: false, hint: expect.stringContaining('Check the endpoint') }

describe('an endpoint where Azure Blob storage does not answer', () => {
  it.each(EACH)('is named by %s that gets %s, and nothing is taken for data or success', async (call, page) => {
    service.script({ isForeign: true, ...PAGES[page] })
    const message = expect.stringContaining(`what answers at ${service.endpoint} is not Azure Blob storage`)
    await expect(CALLS[call]?.(storeAt(service.endpoint))).rejects.toMatchObject({ ...NAMED, message })
  })

  it('is known with a client of the application, too', async () => {
    service.script({ isForeign: true, headers: HTML, body: PAGE })
    const credential = new StorageSharedKeyCredential('account', KEY)
    const client = new ContainerClient(`${service.endpoint}/account/container`, credential)
    await expect(azure({ client, retry: RETRY }).get('a')).rejects.toMatchObject(NAMED)
  })
})

describe('a proxy before a service', () => {
  it.each([502, 503, 504, 403])('that answers %i with a page says nothing of the service', async (status) => {
    service.script({ isForeign: true, status, headers: HTML, body: PAGE })
    await expect(storeAt(service.endpoint).get('a')).rejects.not.toThrow('is not Azure Blob storage')
  })
})
