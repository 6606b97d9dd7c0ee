import { createServer, type IncomingMessage, type Server } from 'node:http'
import { inspect } from 'node:util'
import { KbackupError } from '@kbackup/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { clientCredentials } from './client-credentials.ts'

const SECRET = 'sécret/+&canary'

interface Asked {
  readonly authorization: string | undefined
  readonly body: string
}

let server: Server
let asked: Asked[]
let answer: { readonly status: number; readonly body: string; readonly headers?: Readonly<Record<string, string>> }

beforeEach(async () => {
  asked = []
  answer = { status: 200, body: JSON.stringify({ access_token: 'token-1', expires_in: 100 }) }
  server = createServer(async (request, response) => {
    asked.push({ authorization: request.headers.authorization, body: await bodyOf(request) })
    response.writeHead(answer.status, answer.headers).end(answer.body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})

afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString()
}

function url(): URL {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server does not listen')
  return new URL(`http://127.0.0.1:${address.port}/token`)
}

function source(more: Partial<Parameters<typeof clientCredentials>[0]> = {}) {
  const credentials = { clientId: 'my client', clientSecret: SECRET, scope: 'kafka', extensions: undefined }
  return clientCredentials({ url: url(), ...credentials, ...more })
}

async function refusal(tokens = source()): Promise<KbackupError> {
  const error: unknown = await tokens().catch((thrown: unknown) => thrown)
  if (!KbackupError.is(error, 'KB_KAFKA_AUTHENTICATION')) throw error
  expect(`${inspect(error)} ${error.hint} ${JSON.stringify(error)}`).not.toContain('canary')
  return error
}

describe('clientCredentials', () => {
  it('asks as RFC 6749 has it: id and secret form-encoded in the header, grant and scope in the body', async () => {
    expect(await source({ extensions: { logicalCluster: 'lkc-1' } })()).toEqual({
      value: 'token-1',
      extensions: { logicalCluster: 'lkc-1' },
    })
    const login = Buffer.from(asked[0]?.authorization?.replace('Basic ', '') ?? '', 'base64').toString()
    expect(login).toBe('my+client:s%C3%A9cret%2F%2B%26canary')
    expect(asked[0]?.body).toBe('grant_type=client_credentials&scope=kafka')
  })

  it('uses a token for three quarters of its life, and asks anew then', async () => {
    let nowMs = 0
    const tokens = source({ nowMs: () => nowMs })
    await tokens()
    nowMs = 74_999
    await tokens()
    expect(asked).toHaveLength(1)
    nowMs = 75_000
    await tokens()
    expect(asked).toHaveLength(2)
  })

  it('asks once for all that need a token at the same time, and again after a failure', async () => {
    const tokens = source()
    answer = { status: 503, body: '' }
    const outcomes = await Promise.allSettled([tokens(), tokens(), tokens()])
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    expect(asked).toHaveLength(1)
    answer = { status: 200, body: JSON.stringify({ access_token: 'token-2' }) }
    expect((await tokens()).value).toBe('token-2')
  })

  it('asks for every authentication where the server does not say how long a token lives', async () => {
    answer = { status: 200, body: JSON.stringify({ access_token: 'token-1' }) }
    const tokens = source()
    await tokens()
    await tokens()
    expect(asked).toHaveLength(2)
  })

  it('tells what the server refused by its name, and nothing of what it was asked', async () => {
    const body = { error: 'invalid_client', error_description: `no ${SECRET}` }
    answer = { status: 401, body: JSON.stringify(body) }
    const error = await refusal()
    expect(error.message).toContain('gave no token: status 401, invalid_client')
    expect(error.retryable).toBe(false)
  })

  it.each([
    ['text', 'canary'],
    ['an answer without a token', '{"token":"canary"}'],
    ['a token of two lines', JSON.stringify({ access_token: 'canary\n\u0001auth=' })],
  ])('takes no token out of %s', async (_what, body) => {
    answer = { status: 200, body }
    await refusal()
  })

  it('follows no redirection with the secret', async () => {
    answer = { status: 307, body: '', headers: { location: '/elsewhere' } }
    await refusal()
    expect(asked).toHaveLength(1)
  })

  it('tells that nobody answers, and that trying again may help', async () => {
    const tokens = source()
    server.on('connection', (socket) => socket.destroy())
    const error = await refusal(tokens)
    expect(error.message).toContain('cannot be reached')
    expect(error.retryable).toBe(true)
  })
})
