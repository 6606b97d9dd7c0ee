import { ForeignAnswer, isWebPage, tellsService } from '@kbackup/core'

/** What an answer is judged by. */
interface HttpAnswer {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
}

interface HttpRequest {
  readonly method: string
  readonly protocol: string
  readonly hostname: string
  readonly port?: number | undefined
  readonly query?: Readonly<Record<string, unknown>> | undefined
}

/** A middleware that refuses what is no answer of S3, which the SDK would take for an object, an empty listing, a success. */
export function ownAnswersOnly() {
  return <Args extends { readonly request: unknown }, Result extends { readonly response: unknown }>(
    next: (args: Args) => Promise<Result>,
  ) =>
    async (args: Args): Promise<Result> => {
      const result = await next(args)
      if (isRequest(args.request) && isAnswer(result.response)) assertOwn(args.request, result.response)
      return result
    }
}

function assertOwn(request: HttpRequest, answer: HttpAnswer): void {
  if (!isForeign(request, answer)) return
  // Nobody will read it, and it would keep its connection.
  const destroy: unknown = Reflect.get(Object(answer.body), 'destroy')
  if (typeof destroy === 'function') destroy.call(answer.body)
  const port = request.port === undefined ? '' : `:${request.port}`
  const url = `${request.protocol}//${request.hostname}${port}`
  throw new ForeignAnswer({ service: 'an S3 service', url, status: answer.statusCode })
}

function isForeign(request: HttpRequest, { statusCode, headers }: HttpAnswer): boolean {
  if (!tellsService(statusCode) || Object.keys(headers).some((name) => name.toLowerCase().startsWith('x-amz-'))) {
    return false
  }
  const type = headers['content-type'] ?? ''
  if (isWebPage(type)) return true
  if (statusCode >= 300) return statusCode === 404 && isText(type)
  // An object always has an entity tag, and S3 knows no weak ones; everything else is XML, or empty.
  return namesObject(request) ? /^(W\/.*)?$/.test(headers.etag ?? '') : isText(type)
}

function namesObject({ method, query = {} }: HttpRequest): boolean {
  return method === 'HEAD' || method === 'PUT' || query['x-id'] === 'GetObject'
}

function isText(type: string): boolean {
  return /^\s*(text\/plain|application\/json)/i.test(type)
}

function isRequest(value: unknown): value is HttpRequest {
  return typeof value === 'object' && value !== null && 'method' in value && 'hostname' in value
}

function isAnswer(value: unknown): value is HttpAnswer {
  return typeof value === 'object' && value !== null && 'statusCode' in value && 'headers' in value
}
