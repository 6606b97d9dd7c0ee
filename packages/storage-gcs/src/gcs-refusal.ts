import { retryAfterMs, valueAt } from '@kbackup/core'
import type { HttpAnswer } from './http-exchange.ts'
import { readBounded } from './read-bounded.ts'

const MAX_ERROR_BYTES = 64 * 1024

/** What an answer that is no success says, as far as it may be shown. */
export interface RefusalFacts {
  readonly status: number
  /** What the service calls it: `rateLimitExceeded`; or what we do. */
  readonly reason?: string | undefined
  readonly requestId?: string | undefined
  readonly retryAfterMs?: number | undefined
}

/** An answer that is no success, reduced to what may be shown. */
export class GcsRefusal extends Error {
  readonly facts: RefusalFacts

  constructor(facts: RefusalFacts) {
    super(`the service answered ${facts.status}`)
    this.name = 'GcsRefusal'
    this.facts = facts
  }
}

/** Reads what an answer says of the failure. Its message is left out: it may repeat what was sent. */
export async function refusalOf(answer: HttpAnswer): Promise<GcsRefusal> {
  const { status, headers } = answer
  const text = await readBounded(answer.body, MAX_ERROR_BYTES).catch(() => '')
  return new GcsRefusal({
    status,
    reason: reasonOf(text),
    requestId: plainWord(headers['x-guploader-uploadid']),
    retryAfterMs: retryAfterMs(headers['retry-after']),
  })
}

/** The reason of a JSON error, or the code of an XML one, which some answers about media are. */
function reasonOf(text: string): string | undefined {
  const [, code] = /<Code>([A-Za-z]{1,64})<\/Code>/.exec(text) ?? []
  if (code !== undefined) return code
  try {
    const errors = valueAt(valueAt(JSON.parse(text), 'error'), 'errors')
    return plainWord(Array.isArray(errors) ? valueAt(errors[0], 'reason') : undefined)
  } catch {
    return undefined
  }
}

/** Reasons and ids are short words; anything else is none of them. */
function plainWord(value: unknown): string | undefined {
  return typeof value === 'string' && /^[\w-]{1,160}$/.test(value) ? value : undefined
}
