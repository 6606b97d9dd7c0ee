import type { Storage } from '@google-cloud/storage'
import type { SilenceLimits } from '@kbackup/core'
import { GcsRefusal, refusalOf } from './gcs-refusal.ts'
import { type HttpAnswer, HttpExchange } from './http-exchange.ts'
import { assertOwnAnswer } from './own-answer.ts'
import { type OwnHeaders, ownHeaders, renewedHeaders } from './own-headers.ts'
import { readBounded } from './read-bounded.ts'

// A page of 1,000 names of 1,024 bytes each, and then some.
const MAX_JSON_BYTES = 8 * 1024 * 1024
const UNAUTHORIZED = 401

/** A request below the endpoint of a client. */
export interface GcsRequest {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly query?: Readonly<Record<string, string | undefined>> | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: readonly Uint8Array[] | undefined
  readonly signal?: AbortSignal | undefined
}

/** A request to the address of a session, which is a secret by itself and needs no credentials. */
export interface SessionRequest extends Pick<GcsRequest, 'headers' | 'body' | 'signal'> {
  readonly method: 'PUT' | 'DELETE'
  readonly session: string
  /** The statuses that are no failure. */
  readonly accepts: readonly number[]
}

/**
 * The requests of one store, with the endpoint and the credentials of a client of the SDK, each sent once, or twice where its token
 * was no longer good.
 *
 * The calls of the SDK repeat by themselves, take no signal, and give the errors of its HTTP client, which hold headers.
 */
export class GcsRequests {
  readonly #createClient: () => Promise<Storage>
  readonly #silence: SilenceLimits
  #client: Promise<Storage> | undefined
  readonly #http = new HttpExchange()
  #hasSucceeded = false

  /** The client is asked for with the first request. */
  constructor(createClient: () => Promise<Storage>, silence: SilenceLimits) {
    this.#createClient = createClient
    this.#silence = silence
  }

  /** Whether the service has fulfilled a request to the bucket, so that there is one. */
  get hasSucceeded(): boolean {
    return this.#hasSucceeded
  }

  /**
   * Sends a request; any answer but success is a `GcsRefusal`. One that was refused for its token is sent again, once, with a
   * new one.
   */
  async send({ path, query = {}, headers = {}, ...request }: GcsRequest): Promise<HttpAnswer> {
    this.#client ??= this.#createClient()
    const client = await this.#client
    const url = `${client.apiEndpoint}${path}${queryText(query)}`
    const sendAs = async (own: OwnHeaders): Promise<HttpAnswer> => {
      request.signal?.throwIfAborted()
      const silenceMs = this.#silence.answerMs
      const answer = await this.#http.send({ ...request, url, headers: { ...headers, ...own }, silenceMs })
      assertOwnAnswer(url, answer)
      return answer
    }
    const own = await ownHeaders(client, url)
    const answer = await sendAs(own)
    if (answer.status !== UNAUTHORIZED) return this.#succeeded(answer)
    const refusal = await refusalOf(answer)
    const renewed = await renewedHeaders(client, url, own)
    if (renewed === undefined) throw refusal
    return this.#succeeded(await sendAs(renewed))
  }

  async #succeeded(answer: HttpAnswer): Promise<HttpAnswer> {
    if (answer.status < 200 || answer.status > 299) throw await refusalOf(answer)
    this.#hasSucceeded = true
    return answer
  }

  /** Sends a request and reads the JSON of its answer. */
  async sendForJson(request: GcsRequest): Promise<unknown> {
    return jsonOf(await this.send(request))
  }

  /** Sends a request to a session. Its answers name no id: that would be the one of the session. */
  async sendToSession({ session, accepts, headers = {}, ...request }: SessionRequest): Promise<HttpAnswer> {
    // Any request to a session may be the one that completes it.
    const silenceMs = this.#silence.completionMs
    const answer = await this.#http.send({ ...request, url: session, headers, silenceMs })
    assertOwnAnswer(session, answer)
    if (accepts.includes(answer.status)) return answer
    const { facts } = await refusalOf(answer)
    throw new GcsRefusal({ ...facts, requestId: undefined })
  }
}

/** The JSON of an answer; a `GcsRefusal` where it is none. */
export async function jsonOf({ status, body }: HttpAnswer): Promise<unknown> {
  const text = await readBounded(body, MAX_JSON_BYTES)
  try {
    return JSON.parse(text)
  } catch {
    throw new GcsRefusal({ status })
  }
}

function queryText(query: Readonly<Record<string, string | undefined>>): string {
  const given = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== undefined) given.set(name, value)
  return given.size === 0 ? '' : `?${given}`
}
