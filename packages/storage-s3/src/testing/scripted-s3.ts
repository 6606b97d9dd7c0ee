import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'

/** What was asked of a scripted service. */
export interface ScriptedRequest {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
}

/** What it answers: an answer, a broken connection, or an error of S3 by its code. */
export interface ScriptedAnswer {
  readonly status?: number | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: string | Buffer | undefined
  /** The connection breaks before anything is answered. */
  readonly hangsUp?: boolean | undefined
  /** The connection breaks after so many bytes of the body. */
  readonly breaksAfter?: number | undefined
  /** Gives an error document with this code. */
  readonly code?: string | undefined
}

/** A service that speaks just enough of S3 to be told what to answer. */
export class ScriptedS3 implements AsyncDisposable {
  readonly requests: ScriptedRequest[] = []
  /** The answers to the next requests; the last one answers all that come after it. */
  answers: readonly ScriptedAnswer[] = [{}]
  /** Answers HEAD requests, where it is set, out of turn. */
  answerHead: (() => ScriptedAnswer) | undefined
  readonly #server = createServer((request, response) => void this.#answer(request, response))
  #served = 0

  static async start(): Promise<ScriptedS3> {
    const service = new ScriptedS3()
    service.#server.listen(0, '127.0.0.1')
    await once(service.#server, 'listening')
    return service
  }

  get endpoint(): string {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('the service does not listen')
    return `http://127.0.0.1:${address.port}`
  }

  /** Answers so from now on. */
  script(...answers: readonly ScriptedAnswer[]): void {
    this.answers = answers
    this.requests.length = 0
    this.answerHead = undefined
    this.#served = 0
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #next(): ScriptedAnswer {
    const answer = this.answers[Math.min(this.#served, this.answers.length - 1)] ?? {}
    this.#served += 1
    return answer
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request
    this.requests.push({ method, url, headers })
    const answer = (method === 'HEAD' ? this.answerHead?.() : undefined) ?? this.#next()
    request.resume()
    await once(request, 'end')
    if (answer.hangsUp === true) return void response.destroy()
    const body = Buffer.from(answer.code === undefined ? (answer.body ?? '') : errorDocument(answer.code))
    response.writeHead(answer.status ?? 200, { 'content-length': body.length, ...answer.headers })
    if (answer.breaksAfter === undefined) return void response.end(method === 'HEAD' ? undefined : body)
    response.write(body.subarray(0, answer.breaksAfter), () => response.destroy())
  }
}

function errorDocument(code: string): string {
  return `<?xml version="1.0"?><Error><Code>${code}</Code><Message>said by the service</Message></Error>`
}
