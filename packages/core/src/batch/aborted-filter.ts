import type { AbortedTransaction } from '../kafka/kafka-data.ts'
import type { TopicPartition } from '../kafka/topic-partition.ts'
import { readControlRecord } from './control-record.ts'
import type { RecordBatch } from './record-batch.ts'

/** What a read_committed consumer makes of a batch: data, or a marker of brokers, or records of an aborted transaction. */
export type BatchVisibility = 'data' | 'marker' | 'aborted'

/**
 * Tells aborted batches from committed ones, as a read_committed consumer does (KIP-98, `CompletedFetch`).
 *
 * A transaction of the fetch response's list begins to count at the first batch that reaches its first offset,
 * and ends at its producer's next abort marker. One filter serves the batches of one response, each once and in order.
 */
export class AbortedFilter {
  readonly #where: TopicPartition
  /** The one that begins first stands last. */
  readonly #upcoming: AbortedTransaction[]
  readonly #aborting = new Set<bigint>()

  constructor(transactions: readonly AbortedTransaction[], where: TopicPartition) {
    this.#where = where
    this.#upcoming = transactions.toSorted((left, right) => Number(right.firstOffset - left.firstOffset))
  }

  visibilityOf(batch: RecordBatch): BatchVisibility {
    this.#beginUpTo(batch.lastOffset)
    if (batch.isControl) return this.#endAt(batch)
    return batch.isTransactional && this.#aborting.has(batch.producerId) ? 'aborted' : 'data'
  }

  #beginUpTo(offset: bigint): void {
    for (
      let next = this.#upcoming.at(-1);
      next !== undefined && next.firstOffset <= offset;
      next = this.#upcoming.at(-1)
    ) {
      this.#aborting.add(next.producerId)
      this.#upcoming.pop()
    }
  }

  #endAt(batch: RecordBatch): 'marker' {
    if (readControlRecord(batch, this.#where)?.type === 'abort') this.#aborting.delete(batch.producerId)
    return 'marker'
  }
}
