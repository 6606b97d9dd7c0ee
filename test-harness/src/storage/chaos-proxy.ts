import { Agent, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { seededRandom } from '@kbackup/core/testing'
import type { ChaosAnswer, ChaosAnswers } from './chaos-answers.ts'
import { type ChaosDamage, type ChaosFault, damaged, drawChaosFault } from './chaos-fault.ts'
import { LocalService } from './local-service.ts'

/** Headers that belong to a connection, not to what is sent over it. */
const HOP_HEADERS = new Set(['connection', 'keep-alive', 'expect', 'transfer-encoding', 'content-length'])

type Headers = Readonly<Record<string, string | readonly string[]>>

interface Sent {
  readonly method: string
  readonly path: string
  readonly headers: Headers
  readonly body: Buffer
}

interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Buffer
  /** What the header says: of an answer to HEAD the body is empty. */
  readonly length: string | undefined
}

interface Exchange {
  readonly incoming: IncomingMessage
  readonly response: ServerResponse
  readonly sent: Sent
}

/**
 * A proxy in front of a store that makes its requests go wrong, as a seed has it.
 *
 * It holds each body in memory, and hides from nobody that it is there: signatures cover the host that was asked for, which
 * the store is told.
 */
export class ChaosProxy {
  /** How often what went wrong since the start. */
  readonly counts: Record<string, number> = {}
  readonly #target: URL
  readonly #answers: ChaosAnswers
  readonly #agent = new Agent({ keepAlive: true })
  readonly #late = new Set<Promise<unknown>>()
  readonly #service = new LocalService((incoming, response) => this.#serve(incoming, response))
  #random: (() => number) | undefined

  constructor(target: string, answers: ChaosAnswers) {
    this.#target = new URL(target)
    this.#answers = answers
  }

  async listen(): Promise<this> {
    await this.#service.listen()
    return this
  }

  async close(): Promise<void> {
    await this.#service.close()
    this.#agent.destroy()
  }

  get endpoint(): string {
    return this.#service.endpoint
  }

  /** Makes requests go wrong from now on, as this seed has it; without one nothing does. */
  reseed(seed: number | undefined): void {
    this.#random = seed === undefined ? undefined : seededRandom(seed)
  }

  /** Waits until the store has got what is to arrive late. */
  async landLate(): Promise<void> {
    while (this.#late.size > 0) await Promise.all(this.#late)
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const fault = this.#random && drawChaosFault(this.#random)
    const body = Buffer.concat(await incoming.toArray())
    const { method = 'GET', url: path = '/' } = incoming
    const sent: Sent = { method, path, headers: passedOn(incoming.headers), body }
    this.#count('requests')
    if (fault !== undefined) this.#count('when' in fault ? `${fault.kind}-${fault.when}` : fault.kind)
    await this.#answer({ incoming, response, sent }, fault)
  }

  async #answer(exchange: Exchange, fault: ChaosFault | undefined): Promise<void> {
    const { sent } = exchange
    if (fault === undefined) return this.#reply(exchange, await this.#pass(sent))
    switch (fault.kind) {
      case 'delay':
        await sleep(fault.delayMs)
        return this.#reply(exchange, await this.#pass(sent))
      case 'throttle':
        return this.#refuse(exchange, this.#answers.throttle, { 'retry-after': `${fault.retryAfterSeconds}` })
      case 'error':
        if (fault.when === 'after') await this.#pass(sent)
        return this.#refuse(exchange, this.#answers.error)
      case 'late':
        this.#passLate(sent, fault.delayMs)
        return breakOff(exchange)
      case 'reset':
        if (fault.when === 'within') await this.#passPart(sent)
        if (fault.when === 'after') await this.#pass(sent)
        return breakOff(exchange)
      case 'damage':
        return this.#damage(exchange, fault.damage)
    }
  }

  async #damage(exchange: Exchange, damage: ChaosDamage): Promise<void> {
    const { sent } = exchange
    if (damage.of === 'request' && sent.body.length > 0) {
      this.#count(`damage-${sent.method}-request`)
      if (damage.how !== 'cut') {
        return this.#reply(exchange, await this.#pass({ ...sent, body: damaged(sent.body, damage) }))
      }
      await this.#passPart(sent)
      return breakOff(exchange)
    }
    const answer = await this.#pass(sent)
    if (answer.body.length === 0) return this.#reply(exchange, answer)
    this.#count(`damage-${sent.method}-answer`)
    const body = damaged(answer.body, damage)
    if (damage.how !== 'cut') return this.#reply(exchange, { ...answer, body, length: `${body.length}` })
    const { response } = exchange
    response.writeHead(answer.status, { ...answer.headers, 'content-length': answer.body.length })
    response.write(body, () => breakOff(exchange))
  }

  #refuse(exchange: Exchange, { status, headers, body }: ChaosAnswer, more: Headers = {}): void {
    const bytes = Buffer.from(exchange.sent.method === 'HEAD' ? '' : body)
    this.#reply(exchange, { status, headers: { ...headers, ...more }, body: bytes, length: `${bytes.length}` })
  }

  #reply({ response }: Exchange, { status, headers, body, length }: Answer): void {
    response.writeHead(status, { ...headers, ...(length === undefined ? {} : { 'content-length': length }) })
    response.end(body)
  }

  #passLate(sent: Sent, delayMs: number): void {
    const landing = sleep(delayMs)
      .then(() => this.#pass(sent))
      .catch(() => undefined)
      .finally(() => this.#late.delete(landing))
    this.#late.add(landing)
  }

  async #pass({ method, path, headers, body }: Sent): Promise<Answer> {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const length =
        body.length === 0 && (method === 'GET' || method === 'HEAD') ? {} : { 'content-length': body.length }
      const outgoing = request({ ...this.#place(path), method, headers: { ...headers, ...length } }, resolve)
      outgoing.once('error', reject).end(body)
    })
    const bytes = Buffer.concat(await answer.toArray())
    const length = method === 'HEAD' ? answer.headers['content-length'] : `${bytes.length}`
    return { status: answer.statusCode ?? 502, headers: this.#rerouted(answer), body: bytes, length }
  }

  /** Half of a body, and then nothing more: the store must not take it for the whole. */
  async #passPart({ method, path, headers, body }: Sent): Promise<void> {
    const outgoing = request({
      ...this.#place(path),
      method,
      headers: { ...headers, 'content-length': body.length + 1 },
    })
    const ended = new Promise((resolve) => outgoing.once('error', resolve).once('close', resolve))
    outgoing.write(body.subarray(0, Math.ceil(body.length / 2)), () => outgoing.destroy())
    await ended
  }

  #place(path: string) {
    return { host: this.#target.hostname, port: this.#target.port, path, agent: this.#agent }
  }

  /** The store must not lead its clients past the proxy. */
  #rerouted({ headers }: IncomingMessage): Headers {
    const { location } = headers
    const passed = passedOn(headers)
    return location === undefined
      ? passed
      : { ...passed, location: location.replace(this.#target.origin, this.endpoint) }
  }

  #count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1
  }
}

function passedOn(headers: IncomingMessage['headers']): Headers {
  const passed: Record<string, string | readonly string[]> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !HOP_HEADERS.has(name)) passed[name] = value
  }
  return passed
}

function breakOff({ incoming }: Pick<Exchange, 'incoming'>): void {
  incoming.socket.resetAndDestroy()
}
