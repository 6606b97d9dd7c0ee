import { Readable } from 'node:stream'
import { inspect } from 'node:util'
import type { BlobStore } from '@kbackup/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { azure } from './azure.ts'
import { azureFailure } from './azure-failure.ts'
import { ScriptedAzure } from './testing/scripted-azure.ts'

const PART = 5 * 1024 * 1024
const ACCOUNT_KEY = Buffer.from('CANARYkey1234567890').toString('base64')
const SIGNATURE = 'CANARYsignature/+1234567890='
const CREDENTIALS = {
  'the key of the account': { accountKey: ACCOUNT_KEY },
  'a signature': { sasToken: `?sv=2024-11-04&sp=rl&sig=${encodeURIComponent(SIGNATURE)}` },
}
const SECRETS = [ACCOUNT_KEY, 'CANARYkey1234567890', SIGNATURE].flatMap((secret) => [
  secret,
  Buffer.from(secret).toString('base64'),
  encodeURIComponent(secret),
])

let service: ScriptedAzure
beforeAll(async () => {
  service = await new ScriptedAzure().listen()
})
afterAll(() => service[Symbol.asyncDispose]())

const echo = SECRETS.slice(0, 9).join(' ')
const answers = [
  { status: 400, body: `<Error><Code>${echo}</Code><Message>${echo}</Message></Error>` },
  { status: 403, code: 'AuthenticationFailed', headers: { 'x-ms-request-id': echo } },
  { status: 404, code: 'ContainerNotFound' },
  { status: 500, body: echo },
  { status: 200, body: echo },
  { status: 409, body: echo, headers: { 'x-ms-error-code': echo } },
  { status: 503, code: 'ServerBusy', headers: { 'retry-after': echo } },
  { status: 302, headers: { location: `http://127.0.0.1:1/?${echo.replaceAll(' ', '&')}` } },
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

function shownIn(value: unknown): string {
  const stack = value instanceof Error ? value.stack : ''
  return [String(value), stack, JSON.stringify(value), inspect(value, { depth: Infinity, showHidden: true })].join('\n')
}

describe.each(Object.entries(CREDENTIALS))('no secret of %s stands in an error', (_kind, credentials) => {
  const storeOf = () => {
    const { endpoint } = service
    return azure({
      account: 'account',
      container: 'container',
      endpoint,
      credentials,
      partBytes: PART,
      retry: { maxAttempts: 1 },
    })
  }

  it.each(Object.keys(calls))('of %s, however it is shown', async (operation) => {
    let failures = 0
    for (const answer of answers) {
      service.script(answer)
      const error: unknown = await calls[operation]?.(storeOf()).catch((caught: unknown) => caught)
      if (!(error instanceof Error)) continue
      failures += 1
      for (const secret of SECRETS) expect(shownIn(error)).not.toContain(secret)
    }
    expect(failures).toBeGreaterThanOrEqual(7)
  })

  it('nor in the store or its name', () => {
    const store = storeOf()
    for (const secret of SECRETS) expect(`${store.name} ${inspect(store)}`).not.toContain(secret)
  })
})

describe('an identity that gives no token', () => {
  it.each([
    ['CredentialUnavailableError', undefined, 'KB_STORE_AUTHENTICATION'],
    ['AggregateAuthenticationError', undefined, 'KB_STORE_AUTHENTICATION'],
    ['AuthenticationError', 401, 'KB_STORE_AUTHENTICATION'],
    ['AuthenticationError', 503, 'KB_STORE_UNAVAILABLE'],
    ['AuthenticationError', 429, 'KB_STORE_THROTTLED'],
  ])('with %s %s is %s, and nothing of what it says is shown', (name, statusCode, code) => {
    const error = Object.assign(new Error(`client_secret=${SIGNATURE}`), { name, statusCode })
    const failure = azureFailure(error, 'get')
    expect(failure).toMatchObject({ code })
    expect(shownIn(failure)).not.toContain('CANARY')
  })
})
