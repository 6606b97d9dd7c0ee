import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'

/**
 * Stands in front of a service that speaks S3, and refuses what a bucket policy of Amazon refuses that demands conditional
 * writes: `PutObject`, `CopyObject` and `CompleteMultipartUpload` without `If-None-Match`. Beginnings and parts of uploads, which
 * cannot bear the header, pass.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
 */
export class ConditionalWrites {
  readonly #target: string
  readonly #refused: string[] = []
  readonly #server = createServer((incoming, response) => {
    this.#serve(incoming, response).catch(() => response.destroy())
  })

  constructor(target: string) {
    this.#target = target
  }

  async listen(): Promise<this> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return this
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  get endpoint(): string {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('it is not served')
    return `http://127.0.0.1:${address.port}`
  }

  /** The paths of the writes that were refused. */
  get refused(): readonly string[] {
    return this.#refused
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, headers, url = '/' } = incoming
    if (createsObject(incoming) && headers['if-none-match'] === undefined) {
      this.#refused.push(new URL(url, this.#target).pathname)
      await incoming.toArray()
      return void response.writeHead(403).end('<Error><Code>AccessDenied</Code></Error>')
    }
    // With the host that the caller has signed.
    const outgoing = request(`${this.#target}${url}`, { method, headers })
    const answered = once(outgoing, 'response')
    await pipeline(incoming, outgoing)
    const [answer] = (await answered) as [IncomingMessage]
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    await pipeline(answer, response)
  }
}

/** What the condition key `s3:ObjectCreationOperation` is true for. */
function createsObject({ method, url = '/' }: IncomingMessage): boolean {
  const { pathname, searchParams } = new URL(url, 'http://service')
  const isObject = /^\/[^/]+\/./.test(pathname)
  if (method === 'POST') return isObject && searchParams.has('uploadId')
  return method === 'PUT' && isObject && !searchParams.has('partNumber')
}
