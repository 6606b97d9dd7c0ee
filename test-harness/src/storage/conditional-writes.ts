import type { IncomingMessage, ServerResponse } from 'node:http'
import { LocalService } from './local-service.ts'
import { passThrough } from './pass-through.ts'

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

  /** The paths of the writes that were refused. */
  get refused(): readonly string[] {
    return this.#refused
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { headers, url = '/' } = incoming
    if (createsObject(incoming) && headers['if-none-match'] === undefined) {
      this.#refused.push(new URL(url, this.#target).pathname)
      await incoming.toArray()
      return void response.writeHead(403).end('<Error><Code>AccessDenied</Code></Error>')
    }
    await passThrough(this.#target, incoming, response)
  }
}

/** What the condition key `s3:ObjectCreationOperation` is true for. */
function createsObject({ method, url = '/' }: IncomingMessage): boolean {
  const { pathname, searchParams } = new URL(url, 'http://service')
  const isObject = /^\/[^/]+\/./.test(pathname)
  if (method === 'POST') return isObject && searchParams.has('uploadId')
  return method === 'PUT' && isObject && !searchParams.has('partNumber')
}
