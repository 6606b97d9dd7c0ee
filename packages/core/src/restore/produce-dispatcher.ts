import { KbackupError } from '../errors/kbackup-error.ts'
import type { KafkaCluster } from '../kafka/kafka-cluster.ts'
import type { ProduceResult } from '../kafka/kafka-data.ts'
import { partitionName, type TopicPartition } from '../kafka/topic-partition.ts'

const MAX_REQUEST_BYTES = 1024 * 1024
const MAX_REQUESTS_IN_FLIGHT = 5
const PRODUCE_TIMEOUT_MS = 30_000

interface Waiting {
  readonly target: TopicPartition
  readonly name: string
  readonly batch: Buffer
  readonly resolve: (result: ProduceResult) => void
  readonly reject: (error: unknown) => void
}

interface LeaderQueue {
  waiting: Waiting[]
  inFlight: number
}

/**
 * Joins the batches of many streams into few requests: one batch a partition, as brokers demand, in the order of `send`.
 *
 * While requests to a leader are under way, what comes meanwhile collects and leaves with the next one; so a single
 * stream waits for nothing, and thousands of them share requests of up to a mebibyte.
 */
export class ProduceDispatcher {
  readonly #cluster: KafkaCluster
  readonly #leaderOf: (target: TopicPartition) => number
  readonly #signal: AbortSignal
  readonly #queues = new Map<number, LeaderQueue>()

  constructor(options: {
    readonly cluster: KafkaCluster
    /** The leader as last seen; it only decides which batches share a request. */
    readonly leaderOf: (target: TopicPartition) => number
    readonly signal: AbortSignal
  }) {
    this.#cluster = options.cluster
    this.#leaderOf = options.leaderOf
    this.#signal = options.signal
  }

  /** Produces one batch; rejects when the request did, its outcome then being unknown. */
  send(target: TopicPartition, batch: Buffer): Promise<ProduceResult> {
    return new Promise((resolve, reject) => {
      const leader = this.#leaderOf(target)
      const queue = this.#queues.get(leader) ?? { waiting: [], inFlight: 0 }
      this.#queues.set(leader, queue)
      queue.waiting.push({ target, name: partitionName(target), batch, resolve, reject })
      this.#pump(queue)
    })
  }

  #pump(queue: LeaderQueue): void {
    while (queue.inFlight < MAX_REQUESTS_IN_FLIGHT && queue.waiting.length > 0) {
      const request = takeRequest(queue)
      queue.inFlight += 1
      void this.#produce(request).finally(() => {
        queue.inFlight -= 1
        this.#pump(queue)
      })
    }
  }

  async #produce(request: readonly Waiting[]): Promise<void> {
    try {
      const partitions = request.map(({ target, batch }) => ({ ...target, batch }))
      const results = await this.#cluster.produce(
        { partitions, timeoutMs: PRODUCE_TIMEOUT_MS },
        { signal: this.#signal },
      )
      settle(request, results)
    } catch (error) {
      for (const { reject } of request) reject(error)
    }
  }
}

/** Takes from the front what fits into one request, passing over second batches of a partition. */
function takeRequest(queue: LeaderQueue): readonly Waiting[] {
  const taken = new Map<string, Waiting>()
  const passed = new Set<string>()
  let bytes = 0
  for (const item of queue.waiting) {
    const fits = taken.size === 0 || bytes + item.batch.length <= MAX_REQUEST_BYTES
    if (!fits || taken.has(item.name) || passed.has(item.name)) {
      passed.add(item.name)
      continue
    }
    taken.set(item.name, item)
    bytes += item.batch.length
  }
  const request = [...taken.values()]
  queue.waiting = queue.waiting.filter((item) => taken.get(item.name) !== item)
  return request
}

function settle(request: readonly Waiting[], results: readonly ProduceResult[]): void {
  for (const [index, { target, resolve, reject }] of request.entries()) {
    const result = results[index]
    if (result !== undefined && partitionName(result) === partitionName(target)) resolve(result)
    else reject(new KbackupError('KB_INTERNAL', { message: `no produce result for ${partitionName(target)}` }))
  }
}
