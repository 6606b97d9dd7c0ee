import { randomBytes } from 'node:crypto'
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { LocalService } from './local-service.ts'
import { passThrough } from './pass-through.ts'
import type { UnfinishedUpload } from './test-gcs.ts'

// Of bytes that others follow, a session keeps multiples of this only.
const UNIT = 256 * 1024

/** A begun upload: what it asks for at its end, and the bytes so far. */
interface Session {
  readonly path: string
  readonly query: URLSearchParams
  readonly resource: Readonly<Record<string, unknown>>
  held: Buffer
  /** How its end was answered, which it tells whoever asks again. */
  ended?: { readonly status: number; readonly body: string }
}

interface Reply {
  readonly status: number
  readonly headers?: OutgoingHttpHeaders
  readonly body?: string
}

interface UploadRequest {
  /** Of the session that it belongs to. */
  readonly id: string | null
  readonly pathname: string
  readonly searchParams: URLSearchParams
  readonly incoming: IncomingMessage
  readonly body: Buffer
}

/**
 * Resumable uploads as Google documents them, in front of fake-gcs-server, which does everything else.
 *
 * The emulator's own sessions keep a repeated part twice, take the question how much they hold for the end of the upload,
 * and outlive their cancellation. Here a session is held in memory, and goes to the emulator as one conditional write at
 * its end.
 *
 * Source: https://cloud.google.com/storage/docs/performing-resumable-uploads
 */
export class GcsSessions {
  /** Whether the answer to a request of a session, which has had its effect, is lost. */
  losesAnswer: () => boolean = () => false
  readonly #target: string
  readonly #sessions = new Map<string, Session>()
  readonly #service = new LocalService((incoming, response) => this.#serve(incoming, response))

  constructor(target: string) {
    this.#target = target
  }

  async listen(): Promise<this> {
    await this.#service.listen()
    return this
  }

  close(): Promise<void> {
    return this.#service.close()
  }

  get endpoint(): string {
    return this.#service.endpoint
  }

  /** The sessions that are open. */
  get unfinished(): readonly UnfinishedUpload[] {
    const open = [...this.#sessions.values()].filter(({ ended }) => ended === undefined)
    return open.map(({ query, held }) => ({ key: query.get('name') ?? '', bytes: held.length }))
  }

  /** Discards the sessions that are open, as Google does after a week. */
  discard(): void {
    this.#sessions.clear()
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(incoming.url ?? '/', this.#target)
    const id = searchParams.get('upload_id')
    const kind = incoming.method === 'POST' ? searchParams.get('uploadType') : null
    if (id === null && kind !== 'resumable' && kind !== 'multipart')
      return passThrough(this.#target, incoming, response)
    const body = Buffer.concat(await incoming.toArray())
    const { status, headers, body: text } = await this.#reply({ id, pathname, searchParams, incoming, body })
    if (id !== null && this.losesAnswer()) return void response.destroy()
    // The SDK's own uploads parse what says that it is JSON.
    const type = text?.startsWith('{') ? { 'content-type': 'application/json' } : {}
    response.writeHead(status, { ...type, ...headers }).end(text)
  }

  #reply({ id, pathname, searchParams, incoming, body }: UploadRequest): Promise<Reply> {
    if (id !== null) return this.#continue(id, incoming, body)
    if (searchParams.get('uploadType') === 'multipart') return this.#putMultipart(incoming, body)
    return this.#begin(pathname, searchParams, body)
  }

  /** The emulator takes what stands behind any boundary for a part; Google refuses a body that is not made as it should. */
  async #putMultipart({ url = '/', headers }: IncomingMessage, body: Buffer): Promise<Reply> {
    const type = headers['content-type'] ?? ''
    if (!isWholeMultipart(body, /boundary="?([^";]+)/.exec(type)?.[1] ?? '')) {
      return { status: 400, body: 'Malformed multipart body.' }
    }
    const answer = await fetch(`${this.#target}${url}`, { method: 'POST', headers: { 'content-type': type }, body })
    return { status: answer.status, headers: { 'content-type': 'application/json' }, body: await answer.text() }
  }

  async #begin(path: string, query: URLSearchParams, body: Buffer): Promise<Reply> {
    const bucket = path.replace(/^\/upload/, '').replace(/\/o$/, '')
    const found = await fetch(`${this.#target}${bucket}`)
    if (!found.ok) return { status: found.status, body: await found.text() }
    const id = randomBytes(16).toString('hex')
    this.#sessions.set(id, { path, query, resource: JSON.parse(String(body)), held: Buffer.alloc(0) })
    return { status: 200, headers: { location: `${this.endpoint}${path}?uploadType=resumable&upload_id=${id}` } }
  }

  async #continue(id: string, { method, headers }: IncomingMessage, body: Buffer): Promise<Reply> {
    const session = this.#sessions.get(id)
    if (session === undefined) return { status: 404 }
    if (session.ended !== undefined) return session.ended
    if (method === 'DELETE') {
      this.#sessions.delete(id)
      return { status: 499 }
    }
    const [, start, total] = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(headers['content-range'] ?? '') ?? []
    if (total === undefined) return { status: 400 }
    if (start !== undefined) keep(session, Number(start), body, total)
    if (session.held.length !== Number(total)) return { status: 308, headers: rangeOf(session) }
    session.ended = await this.#end(session, String(headers['x-goog-hash'] ?? ''))
    return session.ended
  }

  /** Writes the object in one request, which has the condition of the session. */
  async #end({ path, query, resource, held }: Session, hash: string): Promise<{ status: number; body: string }> {
    const crc32c = /crc32c=([^,]+)/.exec(hash)?.[1]
    const boundary = randomBytes(16).toString('hex')
    const description = JSON.stringify({ ...resource, ...(crc32c === undefined ? {} : { crc32c }) })
    const head = `--${boundary}\r\ncontent-type: application/json\r\n\r\n${description}\r\n--${boundary}\r\ncontent-type: application/octet-stream\r\n\r\n`
    const write = new URLSearchParams(query)
    write.set('uploadType', 'multipart')
    const response = await fetch(`${this.#target}${path}?${write}`, {
      method: 'POST',
      headers: { 'content-type': `multipart/related; boundary=${boundary}` },
      body: Buffer.concat([Buffer.from(head), held, Buffer.from(`\r\n--${boundary}--\r\n`)]),
    })
    return { status: response.status, body: await response.text() }
  }
}

/** Whether a body consists of a description and of bytes, as a boundary separates them. */
function isWholeMultipart(body: Buffer, boundary: string): boolean {
  const [before, description, bytes, after, ...more] = `\r\n${body.toString('latin1')}`.split(`\r\n--${boundary}`)
  const isPart = (part = '') => /^\r\ncontent-type: [^\r\n]+\r\n\r\n/i.test(part)
  return before === '' && isPart(description) && isPart(bytes) && after === '--\r\n' && more.length === 0
}

/** Takes what is new of the bytes that came. */
function keep(session: Session, start: number, bytes: Buffer, total: string): void {
  if (start > session.held.length) return
  const all = Buffer.concat([session.held, bytes.subarray(session.held.length - start)])
  const isWhole = all.length === Number(total)
  session.held = isWhole ? all : all.subarray(0, all.length - (all.length % UNIT))
}

function rangeOf({ held }: Session): OutgoingHttpHeaders {
  return held.length === 0 ? {} : { range: `bytes=0-${held.length - 1}` }
}
