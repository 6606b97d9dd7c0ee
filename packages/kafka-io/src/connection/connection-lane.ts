import type { RequestCodec, Throttled } from '../protocol/request-codec.ts'
import { abortable } from './abortable.ts'
import type { BrokerConnection, SendOptions } from './broker-connection.ts'

/** Brokers and load balancers close what is idle for some minutes; a connection this old is not trusted with a request. */
const IDLE_LIMIT_MS = 180_000

/** Opens a connection; the signal ends an opening that is no longer wanted. */
export type OpenBrokerConnection = (signal: AbortSignal) => Promise<BrokerConnection>

interface Slot {
  readonly connection: Promise<BrokerConnection>
  /** Ends an opening that is under way. */
  readonly stop: AbortController
  opened: BrokerConnection | undefined
  /** Requests that wait for it or are in flight over it. */
  pending: number
  lastUsedMs: number
}

/**
 * A few connections to one broker for one kind of work, opened when needed.
 *
 * A broker answers the requests of one connection one after the other, so each request takes the least busy one, and a
 * further one is opened while all are busy and fewer than the limit are open. A lane of one keeps the order of requests.
 */
export class ConnectionLane {
  readonly #open: OpenBrokerConnection
  readonly #limit: number
  #slots: Slot[] = []

  constructor(open: OpenBrokerConnection, limit: number) {
    this.#open = open
    this.#limit = limit
  }

  /** As {@link BrokerConnection.send}, over a connection that is opened if need be; errors are also those of opening. */
  async send<Request, Response extends Throttled>(
    codec: RequestCodec<Request, Response>,
    request: Request,
    options: SendOptions = {},
  ): Promise<Response> {
    options.signal?.throwIfAborted()
    const slot = this.#leastBusy()
    slot.pending += 1
    try {
      const connection = await abortable(slot.connection, options.signal)
      return await connection.send(codec, request, options)
    } finally {
      slot.pending -= 1
      slot.lastUsedMs = Date.now()
    }
  }

  /** Whether nothing waits for it or is in flight over it. */
  get isIdle(): boolean {
    return this.#slots.every(({ pending }) => pending === 0)
  }

  close(): void {
    const slots = this.#slots
    this.#slots = []
    for (const slot of slots) closeSlot(slot)
  }

  #leastBusy(): Slot {
    this.#dropUnusable()
    const [first, ...others] = this.#slots
    if (first === undefined) return this.#newSlot()
    const best = others.reduce((least, slot) => (slot.pending < least.pending ? slot : least), first)
    return best.pending > 0 && this.#slots.length < this.#limit ? this.#newSlot() : best
  }

  #dropUnusable(): void {
    const usable = this.#slots.filter((slot) => slot.opened === undefined || isUsable(slot, slot.opened))
    for (const slot of this.#slots) if (!usable.includes(slot)) closeSlot(slot)
    this.#slots = usable
  }

  #newSlot(): Slot {
    const stop = new AbortController()
    const connection = this.#open(stop.signal)
    const slot: Slot = { connection, stop, opened: undefined, pending: 0, lastUsedMs: Date.now() }
    this.#slots.push(slot)
    slot.connection.then(
      (connection) => {
        slot.opened = connection
      },
      () => {
        this.#slots = this.#slots.filter((other) => other !== slot)
      },
    )
    return slot
  }
}

function isUsable(slot: Slot, connection: BrokerConnection): boolean {
  if (!connection.isOpen) return false
  return slot.pending > 0 || Date.now() - slot.lastUsedMs < IDLE_LIMIT_MS
}

function closeSlot(slot: Slot): void {
  slot.stop.abort()
  slot.connection.then(
    (connection) => connection.close(),
    () => {},
  )
}
