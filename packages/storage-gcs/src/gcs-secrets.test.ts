import { Readable } from 'node:stream'
import type { BlobStore } from '@kbackup/core'
import { describe, expect, it } from 'vitest'
import { type GcsAnswer, listed, PART, scriptedGcs, shown, TOKEN } from './testing/scripted-gcs.ts'

const service = scriptedGcs()

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
      const store = service.store({ client: service.clientWithToken(), retry: { maxAttempts: 1 } })
      const error: unknown = await calls[operation]?.(store).catch((caught: unknown) => caught)
      if (!(error instanceof Error)) continue
      failures += 1
      for (const secret of secrets) expect(shown(error)).not.toContain(secret)
    }
    expect(failures).toBeGreaterThanOrEqual(10)
  })
})
