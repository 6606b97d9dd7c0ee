import { Agent as HttpAgent, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'

const MAX_SOCKETS = 64

export interface HttpRequest {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** Sent piece by piece, so that no copy is made. */
  readonly body?: readonly Uint8Array[] | undefined
  readonly signal?: AbortSignal | undefined
  /** How long the connection may be silent. */
  readonly silenceMs: number
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** Must be read, drained or destroyed; else it keeps its connection. */
  readonly body: IncomingMessage
}

/**
 * Sends single HTTP requests over kept connections, and never one twice.
 *
 * The SDK's own way, node-fetch, hangs for ever when a body of a known length breaks off: its stream neither ends nor fails.
 */
export class HttpExchange {
  readonly #plain = new HttpAgent({ keepAlive: true, maxSockets: MAX_SOCKETS })
  readonly #secure = new HttpsAgent({ keepAlive: true, maxSockets: MAX_SOCKETS })

  /** Resolves when the answer begins; rejects with an error of the system when none comes. */
  send({ method, url, headers, body = [], signal, silenceMs }: HttpRequest): Promise<HttpAnswer> {
    const isSecure = url.startsWith('https:')
    const hasBody = method === 'POST' || method === 'PUT' || method === 'DELETE'
    const length = body.reduce((sum, piece) => sum + piece.length, 0)
    return new Promise((resolve, reject) => {
      const request = (isSecure ? httpsRequest : httpRequest)(url, {
        method,
        headers: hasBody ? { ...headers, 'content-length': String(length) } : headers,
        agent: isSecure ? this.#secure : this.#plain,
        timeout: silenceMs,
        ...(signal === undefined ? {} : { signal }),
      })
      request.on('error', reject)
      request.on('timeout', () => request.destroy(new SilentService()))
      request.on('response', (answer) => resolve(answerOf(answer)))
      for (const piece of body) request.write(piece)
      request.end()
    })
  }
}

function answerOf(answer: IncomingMessage): HttpAnswer {
  // One that nobody reads yet may break off; whoever reads it sees that.
  answer.on('error', () => undefined)
  return { status: answer.statusCode ?? 0, headers: answer.headers, body: answer }
}

class SilentService extends Error {
  readonly code = 'ETIMEDOUT'

  constructor() {
    super('the service was silent')
  }
}
