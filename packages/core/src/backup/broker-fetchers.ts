import type { KafkaCluster } from '../kafka/kafka-cluster.ts'
import { ByteBudget } from '../memory/byte-budget.ts'
import { BrokerFetcher } from './broker-fetcher.ts'
import type { MemoryShares } from './memory-shares.ts'
import type { PartitionTask } from './partition-task.ts'

/** The fetchers of a run, one for each broker and isolation, under one budget. */
export class BrokerFetchers {
  readonly #source: KafkaCluster
  readonly #shares: MemoryShares
  readonly #budget: ByteBudget
  readonly #signal: AbortSignal
  readonly #fetchers = new Map<string, BrokerFetcher>()

  constructor(source: KafkaCluster, shares: MemoryShares, signal: AbortSignal) {
    this.#source = source
    this.#shares = shares
    this.#budget = new ByteBudget(shares.responseBytes)
    this.#signal = signal
  }

  of({ leader, keepsTransactions }: PartitionTask): BrokerFetcher {
    const isolation = keepsTransactions ? 'read_uncommitted' : 'read_committed'
    const name = `${leader} ${isolation}`
    const fetcher = this.#fetchers.get(name) ?? this.#make(isolation)
    this.#fetchers.set(name, fetcher)
    return fetcher
  }

  #make(isolation: 'read_uncommitted' | 'read_committed'): BrokerFetcher {
    const { maxResponseBytes, largeBatchBytes } = this.#shares
    return new BrokerFetcher({
      source: this.#source,
      isolation,
      budget: this.#budget,
      maxResponseBytes,
      largeBatchBytes,
      signal: this.#signal,
    })
  }
}
