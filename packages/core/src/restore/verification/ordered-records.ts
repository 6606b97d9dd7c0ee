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

/** All records of a batch; before the first of them. */
export async function openBatch(
  { batch }: OrderedBatch,
  where: TopicPartition,
  signal: AbortSignal,
): Promise<RecordCursor> {
  return new RecordCursor(batch, await batchPayload(batch, where, { signal }), where)
}

/** The records of batches one by one, with their ordinals; only another batch is waited for. */
export class OrderedRecords {
  readonly #batches: AsyncIterator<OrderedBatch>
  readonly #where: TopicPartition
  readonly #signal: AbortSignal
  #batch: OrderedBatch | undefined
  #cursor: RecordCursor | undefined
  #leastDelta = 0

  constructor(batches: AsyncIterable<OrderedBatch>, where: TopicPartition, signal: AbortSignal) {
    this.#batches = batches[Symbol.asyncIterator]()
    this.#where = where
    this.#signal = signal
  }

  /** The batch at hand, as long as it is closed. */
  get closed(): OrderedBatch | undefined {
    return this.#cursor === undefined ? this.#batch : undefined
  }

  /** The record at hand; `undefined` where the batch at hand is closed, and behind the last one. */
  get cursor(): RecordCursor | undefined {
    return this.#cursor
  }

  /** Of the record at hand; beyond all others behind the last one. */
  get ordinal(): number {
    if (this.#batch === undefined || this.#cursor === undefined) return Number.POSITIVE_INFINITY
    return this.#batch.firstOrdinal + this.#cursor.offsetDelta
  }

  /** Whether the broker has stamped the record at hand. */
  get isLogAppendTime(): boolean {
    return this.#cursor?.isLogAppendTime ?? false
  }

  /** Goes to the next record of the batch at hand; `false` where another is to be waited for, with {@link load}. */
  step(): boolean {
    const cursor = this.#cursor
    while (cursor?.next()) if (cursor.offsetDelta >= this.#leastDelta) return true
    this.pass()
    return false
  }

  /** Goes past all that is left of the batch at hand. */
  pass(): void {
    this.#batch = undefined
    this.#cursor = undefined
  }

  /** Takes the next batch, closed, unless one is at hand. */
  async take(): Promise<void> {
    if (this.#batch !== undefined) return
    const { value, done } = await this.#batches.next()
    this.#batch = done === true ? undefined : value
  }

  /** Goes to the first record of the batch at hand or, where it has none, of the next one that has. */
  async load(): Promise<void> {
    for (;;) {
      await this.take()
      const { closed } = this
      if (closed === undefined) return
      const { batch, fromOffset } = closed
      this.#leastDelta = fromOffset === undefined ? 0 : Number(fromOffset - batch.baseOffset)
      this.#cursor = await this.open(closed)
      if (this.step()) return
    }
  }

  /** All records of a batch; before the first of them. */
  open(batch: OrderedBatch): Promise<RecordCursor> {
    return openBatch(batch, this.#where, this.#signal)
  }

  async close(): Promise<void> {
    await this.#batches.return?.()
  }
}
