import { type ScriptedAnswer, type ScriptedRequest, ScriptedService } from '@kbackup/core/testing'

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

  /** The answer that begins a session. */
  get begun(): GcsAnswer {
    return { headers: { location: this.session } }
  }
}

/** The answer of a session that holds so many bytes and wants more. */
export function held(bytes: number): GcsAnswer {
  return { status: 308, headers: bytes === 0 ? {} : { range: `bytes=0-${bytes - 1}` } }
}

/** What requests did: method, kind, and the range that a session was sent. */
export function told({ method, url, headers }: ScriptedRequest): string {
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
