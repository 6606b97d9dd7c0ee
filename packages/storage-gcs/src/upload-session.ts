import { KbackupError } from '@kbackup/core'
import { OWN_REASONS } from './gcs-failure.ts'
import { isRefusal } from './gcs-place.ts'
import { GcsRefusal } from './gcs-refusal.ts'
import type { GcsRequests } from './gcs-requests.ts'
import type { HttpAnswer } from './http-exchange.ts'

const DONE = [200, 201]
const MORE = 308
const CANCELLED = [200, 204, 404, 410, 499]

/** Bytes and where in the object they lie. */
export interface SessionBytes {
  readonly start: number
  readonly bytes: Uint8Array
}

interface LastBytes extends SessionBytes {
  readonly headers: Readonly<Record<string, string>>
}

interface Sending extends SessionBytes {
  /** The length of the object, known with its last bytes. */
  readonly total: number | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/**
 * A resumable session: takes bytes in their order, tells how many it holds, and makes the object of them with the last.
 *
 *     object   0 ......... start ............. start + bytes.length
 *     session  0 ..................... held        what it may hold of a part whose answer was lost
 *                                      └─ goes on here
 *
 * Source: https://cloud.google.com/storage/docs/performing-resumable-uploads
 */
export class UploadSession {
  readonly #requests: GcsRequests
  // Whoever knows it can write the object: it must not get into an error.
  readonly #address: string
  /** How many bytes the session holds; unknown while, and after, a request has no answer. */
  #held: number | undefined = 0

  constructor(requests: GcsRequests, address: string) {
    this.#requests = requests
    this.#address = address
  }

  /** Sends bytes that others follow. */
  async send(part: SessionBytes, signal: AbortSignal | undefined): Promise<void> {
    const finished = await this.#carry({ ...part, total: undefined }, signal)
    if (finished === undefined) return
    finished.body.resume()
    throw new KbackupError('KB_STORE_FAILED', {
      message: 'the service ended an upload before its last part',
      hint: 'It does not keep to the protocol of resumable uploads; use another service.',
    })
  }

  /** Sends the last bytes, and gives the answer that describes the object. */
  async finish({ headers, ...part }: LastBytes, signal: AbortSignal | undefined): Promise<HttpAnswer> {
    const total = part.start + part.bytes.length
    const finished = await this.#carry({ ...part, headers, total }, signal)
    if (finished !== undefined) return finished
    // It holds everything, and does not say that the object is made: the next attempt asks it to.
    this.#held = undefined
    throw nothingMade()
  }

  /** Frees what the session holds; one that is gone is cancelled already. */
  async cancel(signal: AbortSignal | undefined): Promise<void> {
    const request = { method: 'DELETE', session: this.#address, accepts: CANCELLED, signal } as const
    const answer = await this.#requests.sendToSession(request)
    answer.body.resume()
  }

  /** Sends what the session does not hold yet; gives the answer that says that the object is made. */
  async #carry(sending: Sending, signal: AbortSignal | undefined): Promise<HttpAnswer | undefined> {
    const { start, bytes } = sending
    const end = start + bytes.length
    if (this.#held === undefined) {
      const finished = await this.#ask(sending, signal)
      if (finished !== undefined) return finished
    }
    for (let at = this.#held ?? start; at !== end; ) {
      if (at < start || at > end) throw outside(at, sending)
      const finished = await this.#put(sending, at, signal)
      if (finished !== undefined) return finished
      // It may keep less than it was sent; nothing at all is a failure in passing.
      if (this.#held === undefined || this.#held <= at) throw nothingKept()
      at = this.#held
    }
    return undefined
  }

  async #put(
    { start, bytes, total, headers }: Sending,
    at: number,
    signal: AbortSignal | undefined,
  ): Promise<HttpAnswer | undefined> {
    const range = `bytes ${at}-${start + bytes.length - 1}/${total ?? '*'}`
    return this.#exchange({ ...headers, 'content-range': range }, [bytes.subarray(at - start)], signal)
  }

  async #ask({ total }: Sending, signal: AbortSignal | undefined): Promise<HttpAnswer | undefined> {
    return this.#exchange({ 'content-range': `bytes */${total ?? '*'}` }, [], signal)
  }

  async #exchange(
    headers: Readonly<Record<string, string>>,
    body: readonly Uint8Array[],
    signal: AbortSignal | undefined,
  ): Promise<HttpAnswer | undefined> {
    this.#held = undefined
    const request = { method: 'PUT', session: this.#address, accepts: [...DONE, MORE], headers, body, signal } as const
    try {
      const answer = await this.#requests.sendToSession(request)
      if (answer.status !== MORE) return answer
      answer.body.resume()
      this.#held = heldBytes(answer)
      return undefined
    } catch (error) {
      throw isRefusal(error, 404, 410) ? new GcsRefusal({ ...error.facts, reason: OWN_REASONS.sessionGone }) : error
    }
  }
}

/** `Range: bytes=0-524287` says that 524,288 bytes are held; none says that there are none. */
function heldBytes({ headers }: HttpAnswer): number {
  const [, last] = /^bytes=0-(\d{1,15})$/.exec(headers.range ?? '') ?? []
  return last === undefined ? 0 : Number(last) + 1
}

function nothingKept(): GcsRefusal {
  return new GcsRefusal({ status: MORE, reason: OWN_REASONS.nothingKept })
}

function nothingMade(): GcsRefusal {
  return new GcsRefusal({ status: MORE, reason: OWN_REASONS.nothingMade })
}

function outside(held: number, { start, bytes }: SessionBytes): KbackupError {
  return new KbackupError('KB_STORE_FAILED', {
    message: `the service holds ${held} bytes of an upload whose bytes [${start}, ${start + bytes.length}) are on their way`,
    hint: 'It does not keep to the protocol of resumable uploads; use another service, or run it again.',
  })
}
