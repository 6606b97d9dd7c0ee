import { type BlobStore, retryingBlobStore } from '@kbackup/core'
import { type ScriptedAnswer, type ScriptedRequest, ScriptedService } from '@kbackup/core/testing'
import { azure } from '@kbackup/storage-azure'
import { gcs } from '@kbackup/storage-gcs'
import { s3 } from '@kbackup/storage-s3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const SILENCE_MS = 200
const BODY = Buffer.from('what the object holds')
const SEEN = 8
/** Every service marks its answers and names the content. */
const OWN_HEADERS = { 'x-amz-request-id': '1', 'x-ms-request-id': '1', 'x-goog-generation': '1', etag: '"1"' }

let service: ScriptedService

beforeAll(async () => {
  service = await new ScriptedService().listen()
})

afterAll(() => service[Symbol.asyncDispose]())

const retry = { maxAttempts: 2, sleep: async () => undefined }
const common = { silenceMs: SILENCE_MS, retry }

const STORES: Readonly<Record<string, (endpoint: string) => BlobStore>> = {
  s3: (endpoint) =>
    s3({ ...common, bucket: 'bucket', endpoint, credentials: { accessKeyId: 'id', secretAccessKey: 'secret' } }),
  gcs: (endpoint) => gcs({ ...common, bucket: 'bucket', endpoint }),
  azure: (endpoint) =>
    azure({ ...common, account: 'account', container: 'container', endpoint, credentials: { accountKey: 'a2V5' } }),
}

const CALLS: Readonly<Record<string, (store: BlobStore) => Promise<unknown>>> = {
  put: (store) => store.put('a', Buffer.from('x'), { ifAbsent: true }),
  'put of a stream': (store) => store.put('a', longStream(), { ifAbsent: true }),
  get: (store) => store.get('a'),
  'get of a range': (store) => store.get('a', { range: { start: 0, end: 1 } }),
  head: (store) => store.head('a'),
  list: (store) => store.list('')[Symbol.asyncIterator]().next(),
  delete: (store) => store.delete('a'),
}

/** More than a part. */
async function* longStream(): AsyncGenerator<Uint8Array, void, void> {
  for (let chunk = 0; chunk < 9; chunk++) yield Buffer.alloc(1024 * 1024)
}

describe.each(Object.entries(STORES))('%s', (_name, storeAt) => {
  it.each(Object.entries(CALLS))('gives up a service that takes connections and never answers: %s', async (_, call) => {
    service.script({ isSilent: true })
    const unavailable = { code: 'KB_STORE_UNAVAILABLE', retryable: true }
    await expect(call(storeAt(service.endpoint))).rejects.toMatchObject(unavailable)
  })

  it('goes on behind what came of a body that stopped in the middle, without an end', async () => {
    service.script({ headers: OWN_HEADERS, body: BODY, stopsAfter: SEEN })
    service.answerTo = ({ headers }) => restOf(rangeOf(headers))
    // A machine that is slow may miss an answer in so short a time, but not each time.
    const store = retryingBlobStore(storeAt(service.endpoint), { ...retry, maxAttempts: 50 })
    expect(await store.get('a')).toEqual(BODY)
    expect(service.requests.some(({ headers }) => restOf(rangeOf(headers)) !== undefined)).toBe(true)
  })

  it('gives up a body that stops in the middle each time', async () => {
    service.script({ headers: OWN_HEADERS, body: BODY, stopsAfter: SEEN })
    service.answerTo = ({ headers }) => {
      const rest = restOf(rangeOf(headers))
      return rest && { ...rest, stopsAfter: 0 }
    }
    await expect(storeAt(service.endpoint).get('a')).rejects.toMatchObject({ code: 'KB_STORE_UNAVAILABLE' })
  })
})

/** Azure has a header of its own. */
function rangeOf(headers: ScriptedRequest['headers']): string {
  return String(headers.range ?? headers['x-ms-range'])
}

function restOf(range: string): ScriptedAnswer | undefined {
  const [, start] = /^bytes=(\d+)-/.exec(range) ?? []
  if (start === undefined) return undefined
  const contentRange = `bytes ${start}-${BODY.length - 1}/${BODY.length}`
  return {
    status: 206,
    headers: { ...OWN_HEADERS, 'content-range': contentRange },
    body: BODY.subarray(Number(start)),
  }
}
