import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { checksumOf, checksumText } from './checksum.ts'
import { failureOf, held, PART, scriptedGcs } from './testing/scripted-gcs.ts'

const service = scriptedGcs()

describe('an upload in parts', () => {
  const bytes = Buffer.alloc(2 * PART + 100, 'some bytes of a segment')
  const checksum = checksumText(checksumOf(bytes))
  const body = () => Readable.from([bytes.subarray(0, 1_000_000), bytes.subarray(1_000_000)])
  const done = { body: JSON.stringify({ size: String(bytes.length), crc32c: checksum }) }
  const first = `PUT session bytes 0-${PART - 1}/*`
  const second = `PUT session bytes ${PART}-${2 * PART - 1}/*`
  const last = `PUT session bytes ${2 * PART}-${bytes.length - 1}/${bytes.length}`
  const put = (): Promise<void> => service.store().put('a', body(), { ifAbsent: true })

  function sent(): Buffer {
    const parts = service.requests.filter(({ method }) => method === 'PUT').map((request) => request.body)
    return Buffer.concat(parts)
  }

  it('sends its parts in their order, with its condition, and the checksum of all with the last', async () => {
    service.script(service.begun, held(PART), held(2 * PART), done)
    await put()
    expect(service.steps()).toEqual(['POST resumable', first, second, last])
    expect(service.requests[0]?.url).toContain('ifGenerationMatch=0')
    expect(service.requests[3]?.headers['x-goog-hash']).toBe(`crc32c=${checksum}`)
    expect(sent().equals(bytes)).toBe(true)
  })

  it('shows its session no credentials', async () => {
    service.script(service.begun, held(PART), held(2 * PART), done)
    await service.store({ client: service.clientWithToken() }).put('a', body())
    expect(service.requests.map(({ headers }) => 'authorization' in headers)).toEqual([true, false, false, false])
  })

  it('goes on where the session says after an answer was lost', async () => {
    const kept = PART + 512 * 1024
    service.script(service.begun, held(PART), { hangsUp: true }, held(kept), held(2 * PART), done)
    await put()
    const rest = `PUT session bytes ${kept}-${2 * PART - 1}/*`
    expect(service.steps()).toEqual(['POST resumable', first, second, 'PUT session bytes */*', rest, last])
    expect(service.requests[4]?.body.equals(bytes.subarray(kept, 2 * PART))).toBe(true)
  })

  it('does not send again what the session holds', async () => {
    service.script(service.begun, { status: 503 }, held(PART), held(2 * PART), done)
    await put()
    expect(service.steps()).toEqual(['POST resumable', first, 'PUT session bytes */*', second, last])
  })

  it('sends the rest of a part of which the session kept some', async () => {
    const kept = 1024 * 1024
    service.script(service.begun, held(kept), held(PART), held(2 * PART), done)
    await put()
    expect(service.steps()).toEqual(['POST resumable', first, `PUT session bytes ${kept}-${PART - 1}/*`, second, last])
  })

  it.each([
    ['nothing', 0],
    ['more than was sent', 3 * PART],
  ])('gives up a session that says it holds %s', async (_what, bytesHeld) => {
    service.script(service.begun, held(PART), held(bytesHeld))
    expect((await failureOf(put())).code).toMatch(/^KB_STORE_(FAILED|UNAVAILABLE)$/)
    expect(service.steps().at(-1)).toBe('DELETE session')
  })

  it('is done where the session says so after the last answer was lost', async () => {
    service.script(service.begun, held(PART), held(2 * PART), { hangsUp: true }, done)
    await put()
    expect(service.steps().at(-1)).toBe(`PUT session bytes */${bytes.length}`)
  })

  it('asks again where the session holds everything and has not made the object yet', async () => {
    service.script(service.begun, held(PART), held(2 * PART), held(bytes.length), done)
    await put()
    expect(service.steps().at(-1)).toBe(`PUT session bytes */${bytes.length}`)
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
    expect(service.steps().at(-1)).toBe('DELETE session')
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
    expect(service.steps().at(-1)).toBe('DELETE session')
  })

  it.each([404, 410])(
    'whose session is gone (%d) is given up at once, for whoever can store the same anew',
    async (status) => {
      service.script(service.begun, held(PART), { status })
      expect(await failureOf(put())).toMatchObject({ code: 'KB_STORE_UNAVAILABLE', retryable: false })
      expect(service.steps()).toEqual(['POST resumable', first, second, 'DELETE session'])
    },
  )

  it('is cancelled when its source breaks, or its signal is aborted', async () => {
    const aborter = new AbortController()
    async function* source(then: () => void) {
      yield bytes.subarray(0, PART + 1)
      // The next part fills while the first one is on its way.
      while (!service.steps().includes(first)) await new Promise((resolve) => setImmediate(resolve))
      then()
      yield bytes.subarray(0, PART)
    }
    const broken = source(() => {
      throw new Error('the source broke')
    })
    service.script(service.begun, held(PART), { status: 499 })
    await expect(service.store().put('a', broken)).rejects.toThrow('the source broke')
    expect(service.steps()).toEqual(['POST resumable', first, 'DELETE session'])
    service.script(service.begun, held(PART), { status: 499 })
    const aborted = source(() => aborter.abort('enough'))
    await expect(service.store().put('a', aborted, { signal: aborter.signal })).rejects.toBe('enough')
    expect(service.steps()).toEqual(['POST resumable', first, 'DELETE session'])
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
