import { inspect } from 'node:util'
import { Storage } from '@google-cloud/storage'
import { type BlobInfo, type BlobStore, KbackupError } from '@kbackup/core'
import { type ScriptedAnswer, type ScriptedRequest, ScriptedService } from '@kbackup/core/testing'
import { OAuth2Client } from 'google-auth-library'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { gcs } from '../gcs.ts'
import type { GcsOptions } from '../gcs-options.ts'

export const TOKEN = 'CANARYtoken/+==1234567890'
export const PART = 5 * 1024 * 1024

/** What it answers; with a reason, an error of the JSON API. */
export interface GcsAnswer extends ScriptedAnswer {
  readonly reason?: string | undefined
}

/** A service that speaks just enough of the JSON API of Google Cloud Storage to be told what to answer. */
export class ScriptedGcs extends ScriptedService {
  override script(...answers: readonly GcsAnswer[]): void {
    super.script(...answers.map(documented))
  }

  /** The address of the session that `begun` gives. */
  get session(): string {
    return `${this.endpoint}/upload/storage/v1/b/bucket/o?uploadType=resumable&upload_id=CANARYsession1234567890`
  }

  /** A store that waits for nothing between its attempts. */
  store(options: Partial<GcsOptions> = {}): BlobStore {
    const own = options.client === undefined ? { endpoint: this.endpoint } : {}
    return gcs({ bucket: 'bucket', partBytes: PART, retry: { sleep: async () => undefined }, ...own, ...options })
  }

  /** A client that has a token, and would repeat whatever fails. */
  clientWithToken(): Storage {
    const authClient = new OAuth2Client()
    authClient.setCredentials({ access_token: TOKEN, expiry_date: Date.now() + 3_600_000 })
    return new Storage({
      apiEndpoint: this.endpoint,
      useAuthWithCustomEndpoint: true,
      authClient,
      retryOptions: { autoRetry: true, maxRetries: 5 },
    })
  }

  /** What was asked: method, kind, and the range that a session was sent. */
  steps(): readonly string[] {
    return this.requests.map(told)
  }

  /** The answer that begins a session. */
  get begun(): GcsAnswer {
    return { headers: { location: this.session } }
  }
}

/** A service for the tests of a file, which begins each with an empty answer. */
export function scriptedGcs(): ScriptedGcs {
  const service = new ScriptedGcs()
  beforeAll(() => service.listen())
  afterAll(() => service[Symbol.asyncDispose]())
  beforeEach(() => service.script({ body: '{}' }))
  return service
}

/** The answer of a session that holds so many bytes and wants more. */
export function held(bytes: number): GcsAnswer {
  return { status: 308, headers: bytes === 0 ? {} : { range: `bytes=0-${bytes - 1}` } }
}

function told({ method, url, headers }: ScriptedRequest): string {
  const kind = url.includes('upload_id=')
    ? 'session'
    : (new URL(url, 'http://host').searchParams.get('uploadType') ?? '')
  return [method, kind, headers['content-range']].filter(Boolean).join(' ')
}

function documented({ reason, ...answer }: GcsAnswer): ScriptedAnswer {
  if (reason === undefined) return answer
  const { status = 400 } = answer
  const message = 'said by the service'
  const error = { code: status, message, errors: [{ domain: 'global', reason, message }] }
  return {
    ...answer,
    headers: { ...answer.headers, 'content-type': 'application/json' },
    body: JSON.stringify({ error }),
  }
}

/** The error of kbackup with which a call fails. */
export async function failureOf(call: Promise<unknown>): Promise<KbackupError> {
  const error: unknown = await call.catch((caught: unknown) => caught)
  if (KbackupError.is(error)) return error
  throw error
}

/** A whole listing. */
export async function listed(store: BlobStore, prefix: string): Promise<readonly BlobInfo[]> {
  const found: BlobInfo[] = []
  for await (const info of store.list(prefix)) found.push(info)
  return found
}

/** An error in every way in which people show errors. */
export function shown(error: Error): string {
  const inspected = inspect(error, { depth: Infinity, showHidden: true })
  return [String(error), error.stack, JSON.stringify(error), inspected].join('\n')
}
