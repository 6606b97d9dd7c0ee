import type { RequestPolicy, RequestPolicyFactory } from '@azure/storage-blob'
import { ForeignAnswer, tellsService } from '@kbackup/core'

/**
 * A policy that refuses what is no answer of Azure, which the SDK would take for a blob, a listing or a success. It hears of
 * statuses that the SDK did not expect as errors.
 */
export const ownAnswersOnly: RequestPolicyFactory = {
  create: (next): RequestPolicy => ({
    sendRequest: async (request) => {
      try {
        const answer = await next.sendRequest(request)
        const names = answer.headers.headersArray().map(({ name }) => name)
        if (isForeign(answer.status, names)) throw foreign(request.url, answer)
        return answer
      } catch (error) {
        const names = headerNames(Reflect.get(Object(error), 'response'))
        const status: unknown = Reflect.get(Object(error), 'statusCode')
        if (typeof status !== 'number' || names === undefined || !isForeign(status, names)) throw error
        throw foreign(request.url, { status })
      }
    },
  }),
}

function isForeign(status: number, headerNames: readonly string[]): boolean {
  return tellsService(status) && !headerNames.some((name) => name.toLowerCase().startsWith('x-ms-'))
}

interface Foreign {
  readonly status: number
  readonly readableStreamBody?: unknown
}

function foreign(url: string, { status, readableStreamBody }: Foreign): ForeignAnswer {
  // Nobody will read it, and it would keep its connection.
  const destroy: unknown = Reflect.get(Object(readableStreamBody), 'destroy')
  if (typeof destroy === 'function') destroy.call(readableStreamBody)
  return new ForeignAnswer({ service: 'Azure Blob storage', url, status })
}

/** The names of the headers of an answer, as an error of the SDK has it. */
function headerNames(response: unknown): readonly string[] | undefined {
  const headers: unknown = Reflect.get(Object(response), 'headers')
  if (typeof headers !== 'object' || headers === null || !(Symbol.iterator in headers)) return undefined
  const named = headers as Iterable<readonly [string, string]>
  return Array.from(named, ([name]) => name)
}
