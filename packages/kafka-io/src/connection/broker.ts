import { KbackupError } from '@kbackup/core'
import type { RequestCodec, Throttled } from '../protocol/request-codec.ts'
import { addressName, type BrokerAddress } from './broker-address.ts'
import type { BrokerConnection, SendOptions } from './broker-connection.ts'
import { ConnectionLane } from './connection-lane.ts'

/** Long polls of two fetch loops do not wait for each other. */
const FETCH_CONNECTIONS = 2
/**
 * A broker takes the requests of a connection one after the other; over four it has more of them at once. Each is a lane
 * of its own, so that a partition keeps to one of them and its batches keep their order.
 */
export const PRODUCE_LANES = 4
/** 500 commits of groups take 3 s over one connection, 0.2 s over sixteen. */
const COORDINATOR_CONNECTIONS = 16
const OTHER_CONNECTIONS = 1

/** Which connections of a broker a request goes over. */
export type BrokerWork = 'fetch' | 'coordinator' | 'other' | { readonly produceLane: number }

/** One broker, with connections of its own for each kind of work. */
export class Broker {
  readonly name: string
  readonly #fetch: ConnectionLane
  readonly #produce: readonly ConnectionLane[]
  readonly #coordinator: ConnectionLane
  readonly #other: ConnectionLane
  #isSilent = false

  constructor(
    address: BrokerAddress,
    open: (address: BrokerAddress, signal: AbortSignal) => Promise<BrokerConnection>,
  ) {
    const lane = (limit: number) => new ConnectionLane((signal) => open(address, signal), limit)
    this.name = addressName(address)
    this.#fetch = lane(FETCH_CONNECTIONS)
    this.#produce = Array.from({ length: PRODUCE_LANES }, () => lane(1))
    this.#coordinator = lane(COORDINATOR_CONNECTIONS)
    this.#other = lane(OTHER_CONNECTIONS)
  }

  async send<Request, Response extends Throttled>(
    work: BrokerWork,
    codec: RequestCodec<Request, Response>,
    request: Request,
    options?: SendOptions,
  ): Promise<Response> {
    try {
      const response = await this.#lane(work).send(codec, request, options)
      this.#isSilent = false
      return response
    } catch (error) {
      if (KbackupError.is(error, 'KB_KAFKA_UNAVAILABLE')) this.#isSilent = true
      throw error
    }
  }

  /** Whether it could not be reached, or did not answer, when last asked. */
  get isSilent(): boolean {
    return this.#isSilent
  }

  get isIdle(): boolean {
    return this.#lanes().every((lane) => lane.isIdle)
  }

  close(): void {
    for (const lane of this.#lanes()) lane.close()
  }

  #lanes(): readonly ConnectionLane[] {
    return [this.#fetch, ...this.#produce, this.#coordinator, this.#other]
  }

  #lane(work: BrokerWork): ConnectionLane {
    if (typeof work === 'object') return this.#produce[work.produceLane % this.#produce.length] ?? this.#other
    return { fetch: this.#fetch, coordinator: this.#coordinator, other: this.#other }[work]
  }
}
