import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'

/** What was asked of a scripted service. */
export interface ScriptedRequest {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** What it answers: an answer, whole or broken off, a broken connection, or silence. */
export interface ScriptedAnswer {
  readonly status?: number | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: string | Buffer | undefined
  /** The connection breaks before anything is answered. */
  readonly hangsUp?: boolean | undefined
  /** The connection breaks after so many bytes of the body. */
  readonly breaksAfter?: number | undefined
  /** Nothing is answered, and the connection stays. */
  readonly isSilent?: boolean | undefined
  /** After so many bytes of the body nothing more comes, and the connection stays. */
  readonly stopsAfter?: number | undefined
}

/** An HTTP service that is told what to answer, so that an adapter of a store can be shown every answer there is. */
export class ScriptedService implements AsyncDisposable {
  /** What was asked since the last `script`. */
  readonly requests: ScriptedRequest[] = []
  /** Answers some requests out of turn, where it is set. */
  answerTo: ((request: ScriptedRequest) => ScriptedAnswer | undefined) | undefined
  readonly #server = createServer((request, response) => void this.#answer(request, response))
  #answers: readonly ScriptedAnswer[] = [{}]
  #served = 0

  /** Listens on a free port of 127.0.0.1. */
  async listen(): Promise<this> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return this
  }

  get endpoint(): string {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('the service does not listen')
    return `http://127.0.0.1:${address.port}`
  }

  /** Gives these answers from now on; the last one answers all that come after it. */
  script(...answers: readonly ScriptedAnswer[]): void {
    this.#answers = answers
    this.requests.length = 0
    this.answerTo = undefined
    this.#served = 0
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #next(): ScriptedAnswer {
    const answer = this.#answers[Math.min(this.#served, this.#answers.length - 1)] ?? {}
    this.#served += 1
    return answer
  }

  async #answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = incoming
    const body = Buffer.concat(await incoming.toArray().catch(() => []))
    const request = { method, url, headers, body }
    this.requests.push(request)
    give(this.answerTo?.(request) ?? this.#next(), method, response)
  }
}

function give(answer: ScriptedAnswer, method: string, response: ServerResponse): void {
  if (answer.isSilent === true) return
  if (answer.hangsUp === true) return void response.destroy()
  const body = Buffer.from(answer.body ?? '')
  response.writeHead(answer.status ?? 200, { 'content-length': body.length, ...answer.headers })
  if (answer.stopsAfter !== undefined) return void response.write(body.subarray(0, answer.stopsAfter))
  if (answer.breaksAfter === undefined) return void response.end(method === 'HEAD' ? undefined : body)
  response.write(body.subarray(0, answer.breaksAfter), () => response.destroy())
}
