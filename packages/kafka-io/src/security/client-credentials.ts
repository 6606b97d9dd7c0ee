import { checkedToken, noToken, type TokenSource } from './bearer-token-source.ts'
import type { BearerToken } from './oauth-bearer.ts'

/** An authorization server, and who asks it for tokens (RFC 6749, 4.4). */
export interface ClientCredentials {
  readonly url: URL
  readonly clientId: string
  readonly clientSecret: string
  readonly scope: string | undefined
  readonly extensions: BearerToken['extensions']
  readonly nowMs?: (() => number) | undefined
}

const ANSWER_TIMEOUT_MS = 10_000
const MAX_ANSWER_BYTES = 1024 * 1024
/** A session is renewed in the last fifth of a token's life: by then another one has to be asked for. */
const USED_PART = 0.75
const MS_IN_A_SECOND = 1_000
/** What RFC 6749 names its errors with. */
const ERROR_NAME = /^[a-z_]{1,64}$/

interface IssuedToken {
  readonly value: string
  readonly lifetimeMs: number
}

/**
 * Asks an authorization server for tokens. One is used by all connections for three quarters of its life, and several that
 * need one at once share a request. A server that does not say how long a token lives is asked for every authentication.
 */
export function clientCredentials(credentials: ClientCredentials): TokenSource {
  const { extensions, nowMs = Date.now } = credentials
  let current: { readonly value: string; readonly untilMs: number } | undefined
  let asked: Promise<string> | undefined
  const ask = async () => {
    const askedAtMs = nowMs()
    const { value, lifetimeMs } = await requestToken(credentials)
    current = { value, untilMs: askedAtMs + lifetimeMs * USED_PART }
    return value
  }
  const askOnce = () => {
    asked ??= ask().finally(() => {
      asked = undefined
    })
    return asked
  }
  return async () => {
    const value = current !== undefined && nowMs() < current.untilMs ? current.value : await askOnce()
    return { value, extensions }
  }
}

async function requestToken({ url, clientId, clientSecret, scope }: ClientCredentials): Promise<IssuedToken> {
  const body = new URLSearchParams({ grant_type: 'client_credentials', ...(scope === undefined ? {} : { scope }) })
  const authorization = `Basic ${Buffer.from(`${formEncoded(clientId)}:${formEncoded(clientSecret)}`).toString('base64')}`
  const answer = await fetch(url, {
    method: 'POST',
    headers: { authorization, accept: 'application/json' },
    body,
    // The secret is for this server alone.
    redirect: 'error',
    signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
  }).catch((error: unknown) => {
    throw unreachable(url, error)
  })
  return issuedToken(url, answer.status, await jsonOf(url, answer))
}

/** Ids and secrets are form-encoded before they become a user and a password (RFC 6749, 2.3.1). */
function formEncoded(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1)
}

async function jsonOf(url: URL, answer: Response): Promise<Readonly<Record<string, unknown>>> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of answer.body ?? []) {
      bytes += chunk.length
      if (bytes > MAX_ANSWER_BYTES) break
      chunks.push(Buffer.from(chunk))
    }
    const value: unknown = JSON.parse(Buffer.concat(chunks).toString())
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch (error) {
    if (error instanceof SyntaxError) return {}
    throw unreachable(url, error)
  }
}

function issuedToken(url: URL, status: number, json: Readonly<Record<string, unknown>>): IssuedToken {
  const { access_token, expires_in, error } = json
  if (status !== 200) throw refused(url, status, error)
  if (typeof access_token !== 'string') throw refused(url, status, 'no_access_token')
  const lifetimeMs = Number(expires_in) * MS_IN_A_SECOND
  const value = checkedToken(access_token, `the answer of ${placeOf(url)}`)
  return { value, lifetimeMs: Number.isFinite(lifetimeMs) ? lifetimeMs : 0 }
}

/** The error is shown by name only: what stands beside it may repeat what was asked. */
function refused(url: URL, status: number, error: unknown): Error {
  const name = typeof error === 'string' && ERROR_NAME.test(error) ? `, ${error}` : ''
  return noToken(
    `the token endpoint ${placeOf(url)} gave no token: status ${status}${name}`,
    'check sasl_oauthbearer_token_endpoint_url, the client id, its secret and the scope',
    { retryable: status >= 500 || status === 429 },
  )
}

function unreachable(url: URL, error: unknown): Error {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : errorName(cause)
  return noToken(
    `the token endpoint ${placeOf(url)} cannot be reached: ${code}`,
    'check sasl_oauthbearer_token_endpoint_url, and that its certificate is one that Node.js trusts (NODE_EXTRA_CA_CERTS)',
    { retryable: true },
  )
}

function errorName(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown'
}

/** Without what may be a secret in a URL. */
function placeOf({ protocol, host, pathname }: URL): string {
  return `${protocol}//${host}${pathname}`
}
