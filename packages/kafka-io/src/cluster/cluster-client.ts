import { type CallOptions, KbackupError, type TopicPartition } from '@kbackup/core'
import type { KafkaConfig } from 'kafkajs'
import type { Broker, BrokerWork } from '../connection/broker.ts'
import { addressName, type BrokerAddress } from '../connection/broker-address.ts'
import type { SendOptions } from '../connection/broker-connection.ts'
import type { FrameMemory } from '../connection/frame-memory.ts'
import type { RequestCodec, Throttled } from '../protocol/request-codec.ts'
import { type MetadataResponse, metadataCodec } from '../requests/metadata.ts'
import { BrokerPool } from './broker-pool.ts'
import type { Call } from './call.ts'
import { ClusterMetadata, type Leader } from './cluster-metadata.ts'
import { RetryBudget, type RetryPolicy, retryPolicy } from './retry-policy.ts'

/** A cluster that never answered is given up soon: an address is more likely wrong than passing. */
const FIRST_CONTACT_MS = 5_000

/** Finds the broker that a request belongs to, and knows when to ask another one. */
export class ClusterClient {
  readonly metadata = new ClusterMetadata()
  readonly coordinators = new Map<string, number>()
  /** Whether coordinators may be asked about groups that do not exist: each refusal is a line in the broker's log. */
  mayProbeCoordinators = true
  readonly #pool: BrokerPool
  readonly #policy: RetryPolicy
  readonly requestTimeoutMs: number
  /** The broker that is asked first where any will do, so that it shows what it was told before. */
  #preferred: string | undefined
  #contacted = false

  constructor(config: KafkaConfig) {
    this.#pool = new BrokerPool(config)
    this.#policy = retryPolicy(config.retry)
    this.requestTimeoutMs = config.requestTimeout ?? 30_000
  }

  /** Begins a call: an already aborted signal ends it here, before any I/O. */
  begin(options: CallOptions | undefined): Call {
    const signal = options?.signal
    signal?.throwIfAborted()
    return { signal, budget: new RetryBudget(this.#policy, signal) }
  }

  /** The memory that large answers lie in. */
  get frames(): FrameMemory {
    return this.#pool.frames
  }

  close(): void {
    this.#pool.close()
  }

  /** The broker of an id, `undefined` where metadata does not name it. */
  broker(brokerId: number): Broker | undefined {
    const address = this.metadata.brokers.get(brokerId)
    return address && this.#pool.at(address)
  }

  /** Where requests for these partitions go, asking the cluster where that is not known. */
  async leaders(partitions: readonly TopicPartition[], call: Call): Promise<readonly Leader[]> {
    const topics = new Set(partitions.map(({ topic }) => topic).filter((topic) => !this.metadata.isFresh(topic)))
    if (topics.size > 0) await this.refresh([...topics], call)
    return partitions.map((partition) => this.metadata.leaderOf(partition))
  }

  async refresh(topics: readonly string[] | 'all', call: Call): Promise<MetadataResponse> {
    for (;;) {
      const answer = await this.sendToAny(metadataCodec, { topics }, call)
      if (answer.brokers.length > 0) {
        this.metadata.learn(answer)
        this.#pool.retain(answer.brokers)
        return answer
      }
      if (!(await call.budget.wait(FIRST_CONTACT_MS))) throw noBrokers()
    }
  }

  /** Sends to the controller, as metadata names it; under KRaft that is any broker, which passes requests on. */
  async sendToController<Request, Response extends Throttled>(
    codec: RequestCodec<Request, Response>,
    request: Request,
    call: Call,
  ): Promise<Response> {
    for (;;) {
      const { controllerId } = await this.refresh([], call)
      const broker = this.broker(controllerId)
      if (!broker) return this.sendToAny(codec, request, call)
      try {
        return await broker.send('other', codec, request, { signal: call.signal })
      } catch (error) {
        if (!isPassing(error) || !(await call.budget.wait())) throw error
      }
    }
  }

  /** Sends to one broker after the other until one answers. */
  async sendToAny<Request, Response extends Throttled>(
    codec: RequestCodec<Request, Response>,
    request: Request,
    call: Call,
    work: BrokerWork = 'other',
  ): Promise<Response> {
    for (;;) {
      const outcome = await this.#tryEach(codec, request, { work, signal: call.signal })
      if ('response' in outcome) return outcome.response
      if (!(await call.budget.wait(this.#contacted ? undefined : FIRST_CONTACT_MS))) throw outcome.failure
    }
  }

  async #tryEach<Request, Response extends Throttled>(
    codec: RequestCodec<Request, Response>,
    request: Request,
    { work, signal }: SendOptions & { readonly work: BrokerWork },
  ): Promise<{ readonly response: Response } | { readonly failure: unknown }> {
    let failure: unknown
    for (const address of await this.#candidates()) {
      try {
        const response = await this.#pool.at(address).send(work, codec, request, { signal })
        this.#preferred = addressName(address)
        this.#contacted = true
        return { response }
      } catch (error) {
        if (!isPassing(error)) throw error
        failure = error
      }
    }
    return { failure }
  }

  /**
   * The preferred broker, then the other members, then the seeds; last of all those that were silent when last asked, since
   * one that hangs costs a time-out each time.
   */
  async #candidates(): Promise<readonly BrokerAddress[]> {
    const all = [...this.metadata.brokers.values(), ...(await this.#pool.seeds())]
    const byName = new Map(all.map((address) => [addressName(address), address]))
    const preferred = this.#preferred === undefined ? undefined : byName.get(this.#preferred)
    const others = [...byName.values()].filter((address) => address !== preferred)
    const inTurn = preferred ? [preferred, ...others] : others
    const isSilent = (address: BrokerAddress) => this.#pool.at(address).isSilent
    return [...inTurn.filter((address) => !isSilent(address)), ...inTurn.filter(isSilent)]
  }
}

/** Brokers answer with nothing at all where an authentication was left unfinished: it must not pass for an empty cluster. */
function noBrokers(): KbackupError {
  return new KbackupError('KB_KAFKA_UNAVAILABLE', {
    message: 'the cluster names no brokers, not even the one that answered',
    hint: 'check that the brokers have joined their cluster, and that an authenticator of your own sees to its end',
  })
}

/** Whether another attempt, perhaps at another broker, may succeed. */
export function isPassing(error: unknown): error is KbackupError {
  return KbackupError.is(error, 'KB_KAFKA_UNAVAILABLE')
}
