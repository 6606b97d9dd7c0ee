import { setImmediate as nextTurn } from 'node:timers/promises'
import { KbackupError } from '../../errors/kbackup-error.ts'
import type { KafkaCluster } from '../../kafka/kafka-cluster.ts'
import type { ProtocolError } from '../../kafka/protocol-error.ts'
import { untilAborted } from '../../storage/blob-body.ts'
import { type BrokerErrorName, brokerError } from './broker-error.ts'

/** The calls of a cluster that a fault can strike. */
export type BrokerApi = Exclude<keyof KafkaCluster, 'close' | symbol>

/**
 * What goes wrong with one call.
 *
 * - `error`: every item of the answer bears this error, and nothing was done.
 * - `drop`: the connection breaks before or after the brokers did what was asked: `KB_KAFKA_UNAVAILABLE`.
 * - `hang`: there is no answer until the signal aborts; with `after`, the brokers did what was asked.
 * - `late`: `KB_KAFKA_UNAVAILABLE` now, and the brokers do it when {@link BrokerFaults.landLate} is called: the request
 *   of a killed process that was still on its way.
 */
export type BrokerFault =
  | { readonly kind: 'error'; readonly name: BrokerErrorName }
  | { readonly kind: 'drop'; readonly when: 'before' | 'after' }
  | { readonly kind: 'hang'; readonly when: 'before' | 'after' }
  | { readonly kind: 'late' }

interface Scheduled {
  readonly api: BrokerApi
  readonly fault: BrokerFault
  skip: number
  left: number
}

export interface ScheduledBrokerFault {
  readonly api: BrokerApi
  readonly fault: BrokerFault
  /** How many calls are struck; 1 by default. */
  readonly times?: number | undefined
  /** How many calls of the api are let through before; 0 by default. */
  readonly after?: number | undefined
}

/** A call as {@link BrokerFaults.run} does it. */
export interface FaultableCall<Value> {
  readonly api: BrokerApi
  readonly signal: AbortSignal | undefined
  /** Does the call, or with an error gives an answer in which every item bears it. */
  readonly perform: (error?: ProtocolError) => Promise<Value>
}

/** The faults that are to strike a cluster, in the order in which they were scheduled. */
export class BrokerFaults {
  readonly #scheduled: Scheduled[] = []
  readonly #calls = new Map<BrokerApi, number>()
  #late: (() => Promise<unknown>)[] = []

  schedule({ api, fault, times = 1, after = 0 }: ScheduledBrokerFault): void {
    this.#scheduled.push({ api, fault, skip: after, left: times })
  }

  /** How often an api was called. */
  callCount(api: BrokerApi): number {
    return this.#calls.get(api) ?? 0
  }

  /** How many requests are still on their way. */
  get lateCount(): number {
    return this.#late.length
  }

  /** Lets what is still on its way reach the brokers, in the order in which it was sent. */
  async landLate(): Promise<void> {
    const late = this.#late
    this.#late = []
    for (const perform of late) await perform()
  }

  async run<Value>({ api, signal, perform }: FaultableCall<Value>): Promise<Value> {
    signal?.throwIfAborted()
    this.#calls.set(api, this.callCount(api) + 1)
    const fault = this.#take(api)
    if (fault?.kind === 'error') return perform(brokerError(fault.name))
    if (fault?.kind === 'late') this.#late.push(() => perform())
    if (fault?.kind === 'late' || (fault?.kind === 'drop' && fault.when === 'before')) throw unavailable(api)
    if (fault?.kind === 'hang' && fault.when === 'before') return untilAborted(silence(), signal)
    const value = await untilAborted(answered(perform()), signal)
    if (fault?.kind === 'drop') throw unavailable(api)
    return fault?.kind === 'hang' ? untilAborted(silence(), signal) : value
  }

  #take(api: BrokerApi): BrokerFault | undefined {
    const next = this.#scheduled.find((scheduled) => scheduled.api === api && scheduled.left > 0)
    if (next === undefined) return undefined
    if (next.skip > 0) {
      next.skip -= 1
      return undefined
    }
    next.left -= 1
    return next.fault
  }
}

/** An answer takes a turn of the event loop, as one over a network does, so that callers see aborts and one another. */
async function answered<Value>(performed: Promise<Value>): Promise<Value> {
  const value = await performed
  await nextTurn()
  return value
}

function silence(): Promise<never> {
  return new Promise<never>(() => undefined)
}

function unavailable(api: BrokerApi): KbackupError {
  return new KbackupError('KB_KAFKA_UNAVAILABLE', {
    message: `the connection broke during ${api}, as a test has scheduled`,
    details: { api },
  })
}
