import { batchPayload } from '../../batch/batch-payload.ts'
import type { RecordBatch } from '../../batch/record-batch.ts'
import { RecordCursor } from '../../batch/record-cursor.ts'
import type { TopicPartition } from '../../kafka/topic-partition.ts'

/** A batch, and the place of its first offset in the stream. */
export interface OrderedBatch {
  readonly batch: RecordBatch
  readonly firstOrdinal: number
  /** Records before it are in the batch and not asked for, or not in the log any more: brokers give whole batches. */
  readonly fromOffset?: bigint | undefined
}

/** The records of batches one by one, with their ordinals; only another batch is waited for. */
export class OrderedRecords {
  readonly #batches: AsyncIterator<OrderedBatch>
  readonly #where: TopicPartition
  readonly #signal: AbortSignal
  #cursor: RecordCursor | undefined
  #firstOrdinal = 0
  #leastDelta = 0
  #isLogAppendTime = false

  constructor(batches: AsyncIterable<OrderedBatch>, where: TopicPartition, signal: AbortSignal) {
    this.#batches = batches[Symbol.asyncIterator]()
    this.#where = where
    this.#signal = signal
  }

  /** The record at hand; `undefined` behind the last one. */
  get cursor(): RecordCursor | undefined {
    return this.#cursor
  }

  /** Of the record at hand; beyond all others behind the last one. */
  get ordinal(): number {
    return this.#cursor === undefined ? Number.POSITIVE_INFINITY : this.#firstOrdinal + this.#cursor.offsetDelta
  }

  /** Whether the broker has stamped the record at hand. */
  get isLogAppendTime(): boolean {
    return this.#isLogAppendTime
  }

  /** Goes to the next record of the batch at hand; `false` where another is to be waited for, with {@link load}. */
  step(): boolean {
    const cursor = this.#cursor
    if (cursor === undefined) return false
    while (cursor.next()) if (cursor.offsetDelta >= this.#leastDelta) return true
    return false
  }

  /** Goes to the first record of the next batch that has one. */
  async load(): Promise<void> {
    for (;;) {
      const { value, done } = await this.#batches.next()
      this.#cursor = undefined
      if (done === true) return
      const payload = await batchPayload(value.batch, this.#where, { signal: this.#signal })
      this.#cursor = new RecordCursor(value.batch, payload, this.#where)
      this.#firstOrdinal = value.firstOrdinal
      this.#leastDelta = value.fromOffset === undefined ? 0 : Number(value.fromOffset - value.batch.baseOffset)
      this.#isLogAppendTime = value.batch.timestampType === 'LogAppendTime'
      if (this.step()) return
    }
  }

  async close(): Promise<void> {
    await this.#batches.return?.()
  }
}
