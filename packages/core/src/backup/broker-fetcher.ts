import { KbackupError } from '../errors/kbackup-error.ts'
import type { KafkaCluster } from '../kafka/kafka-cluster.ts'
import type { FetchedPartition, FetchPartition, FetchRequest, FetchResponse } from '../kafka/kafka-data.ts'
import { partitionName } from '../kafka/topic-partition.ts'
import type { ByteBudget, ByteReservation } from '../memory/byte-budget.ts'

const MAX_REQUESTS_IN_FLIGHT = 2
/** More makes nothing faster, and needs more memory: responses are held until their batches were copied. */
const MAX_PARTITION_BYTES = 2 * 1024 * 1024
const MIN_PARTITION_BYTES = 64 * 1024
/** Before Kafka 3.8 the remote part of a log is given up after this time (KIP-1018). */
const ALONE_WAIT_MS = 500

/** One partition's wish for data. */
export interface PartitionFetch extends Pick<FetchPartition, 'topic' | 'partition' | 'offset'> {
  /** Whether the request is to hold no other partition, so that an empty answer means something. */
  readonly alone: boolean
  /** What its largest batch so far needs. */
  readonly largestBatchBytes: number
  /** What its largest batch may need: brokers give the first one whole, whatever the limits. */
  readonly expectedBatchBytes: number
  /** What it has room for, beside the rest of a batch. */
  readonly maxBytes: number
}

/** The data, which counts against the budget until it is released. */
export interface PartitionAnswer {
  readonly fetched: FetchedPartition
  readonly throttleTimeMs: number
  release(): void
}

export interface BrokerFetcherOptions {
  readonly source: Pick<KafkaCluster, 'fetch'>
  readonly isolation: FetchRequest['isolation']
  /** Of all fetchers together. */
  readonly budget: ByteBudget
  readonly maxResponseBytes: number
  /** Larger ones are held until they are stored, and counted together with their stored form. */
  readonly largeBatchBytes: number
  readonly signal: AbortSignal
}

interface Waiter {
  readonly wish: PartitionFetch
  readonly resolve: (answer: PartitionAnswer) => void
  readonly reject: (error: unknown) => void
}

/**
 * Gathers the wishes of all partitions of one broker into few requests, two of them in flight.
 *
 * Wishes are served in the order in which they come, each request takes at most half of the partitions that are being
 * read, and its limits are such that every one of them gets its share: none is starved by those before it.
 */
export class BrokerFetcher {
  readonly #options: BrokerFetcherOptions
  readonly #waiters: Waiter[] = []
  #readers = 0
  #inFlight = 0
  #isScheduled = false

  constructor(options: BrokerFetcherOptions) {
    this.#options = options
  }

  /** Counts a partition as being read until the returned function is called. */
  join(): () => void {
    this.#readers++
    return () => {
      this.#readers--
    }
  }

  fetch(wish: PartitionFetch): Promise<PartitionAnswer> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({ wish, resolve, reject })
      this.#schedule()
    })
  }

  /** Partitions that were answered together wish again in one turn of the event loop: they share requests again. */
  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      while (this.#inFlight < MAX_REQUESTS_IN_FLIGHT && this.#waiters.length > 0) this.#send(this.#take())
    })
  }

  #take(): readonly Waiter[] {
    if (this.#waiters[0]?.wish.alone) return this.#waiters.splice(0, 1)
    const most = Math.min(Math.ceil(this.#readers / MAX_REQUESTS_IN_FLIGHT), this.#maxPartitions)
    const taken = this.#waiters.filter(({ wish }) => !wish.alone).slice(0, Math.max(most, 1))
    for (const waiter of taken) this.#waiters.splice(this.#waiters.indexOf(waiter), 1)
    return taken
  }

  get #maxPartitions(): number {
    return Math.floor(this.#options.maxResponseBytes / MIN_PARTITION_BYTES)
  }

  async #send(waiters: readonly Waiter[]): Promise<void> {
    this.#inFlight++
    try {
      await this.#exchange(waiters)
    } catch (error) {
      for (const { reject } of waiters) reject(error)
    } finally {
      this.#inFlight--
      this.#schedule()
    }
  }

  async #exchange(waiters: readonly Waiter[]): Promise<void> {
    const { source, budget, signal } = this.#options
    const request = this.#request(waiters)
    const reservation = await budget.acquire(this.#neededBytes(waiters, request.maxBytes), { signal })
    try {
      const response = await source.fetch(request, { signal })
      reservation.settle(this.#heldBytes(waiters, response))
      answerAll(waiters, response, reservation)
    } catch (error) {
      reservation.release()
      throw error
    }
  }

  /** The most that the answer can be; twice, as far as it may be large batches. */
  #neededBytes(waiters: readonly Waiter[], maxBytes: number): number {
    const expected = waiters.map(({ wish }) => wish.expectedBatchBytes)
    const large = expected.filter((bytes) => bytes > this.#options.largeBatchBytes)
    const response = Math.max(maxBytes, ...expected)
    return response + Math.min(response, sum(large))
  }

  #heldBytes(waiters: readonly Waiter[], { partitions }: FetchResponse): number {
    const { largeBatchBytes } = this.#options
    const lengths = partitions.map(({ records }) => records.length)
    const large = lengths.map((length, index) => {
      const { largestBatchBytes = 0, expectedBatchBytes = 0, maxBytes = 0 } = waiters[index]?.wish ?? {}
      // Beyond what was asked for, an answer is one batch.
      const batchBytes = length > maxBytes ? length : Math.min(length, Math.max(largestBatchBytes, expectedBatchBytes))
      return batchBytes > largeBatchBytes ? batchBytes : 0
    })
    return sum(lengths) + sum(large)
  }

  #request(waiters: readonly Waiter[]): FetchRequest {
    const { maxResponseBytes, isolation } = this.#options
    const share = Math.min(MAX_PARTITION_BYTES, fairShare(waiters, maxResponseBytes))
    const partitions = waiters.map(({ wish: { topic, partition, offset, largestBatchBytes, maxBytes } }) => {
      const needed = Math.min(largestBatchBytes, maxResponseBytes)
      return { topic, partition, offset, maxBytes: Math.max(Math.min(share, maxBytes), needed) }
    })
    const wanted = partitions.reduce((sum, { maxBytes }) => sum + maxBytes, 0)
    // What is asked for was stable before the run began: a broker has no reason to wait for more, unless it gave nothing.
    const maxWaitMs = waiters[0]?.wish.alone ? ALONE_WAIT_MS : 0
    return { partitions, maxBytes: Math.min(wanted, maxResponseBytes), minBytes: 1, maxWaitMs, isolation }
  }
}

/** An equal part for each; what those leave that have little room goes to the others. */
function fairShare(waiters: readonly Waiter[], maxResponseBytes: number): number {
  const equal = Math.floor(maxResponseBytes / waiters.length)
  const modest = waiters.filter(({ wish }) => wish.maxBytes < equal)
  const left = modest.reduce((bytes, { wish }) => bytes - wish.maxBytes, maxResponseBytes)
  return modest.length === waiters.length ? equal : Math.floor(left / (waiters.length - modest.length))
}

function answerAll(waiters: readonly Waiter[], response: FetchResponse, reservation: ByteReservation): void {
  const { partitions, throttleTimeMs, release } = response
  let held = waiters.length
  const releaseOne = () => {
    held--
    if (held > 0) return
    reservation.release()
    release?.()
  }
  for (const [index, { resolve, reject, wish }] of waiters.entries()) {
    const fetched = partitions[index]
    if (fetched === undefined) {
      releaseOne()
      reject(lackingAnswer(wish))
    } else resolve({ fetched, throttleTimeMs, release: once(releaseOne) })
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0)
}

function lackingAnswer(wish: PartitionFetch): KbackupError {
  return new KbackupError('KB_INTERNAL', { message: `the answer to a fetch lacks ${partitionName(wish)}` })
}

function once(action: () => void): () => void {
  let isDone = false
  return () => {
    if (isDone) return
    isDone = true
    action()
  }
}
