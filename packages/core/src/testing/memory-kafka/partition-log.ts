import { BASE_OFFSET, PARTITION_LEADER_EPOCH } from '../../batch/batch-layout.ts'
import { readControlRecord } from '../../batch/control-record.ts'
import { type RecordBatch, viewBatch } from '../../batch/record-batch.ts'
import type { TopicPartition } from '../../kafka/topic-partition.ts'
import { LeaderEpochs } from './leader-epochs.ts'
import { ProducerTable } from './producer-table.ts'
import { TransactionIndex } from './transaction-index.ts'

/** A stretch of a log as a fetch gets it. */
export interface LogRead {
  readonly records: Buffer
  /** Behind the last whole batch; the offset that was asked for where there is none. */
  readonly nextOffset: bigint
}

export interface LogReadOptions {
  readonly offset: bigint
  /** Batches that begin here or later are not given. */
  readonly endOffset: bigint
  readonly maxBytes: number
  /** Whether the first batch is given whole even where it is larger than `maxBytes`. */
  readonly minOneBatch: boolean
}

/**
 * The log of one partition: byte-exact batches in offset order, with what a leader keeps beside them.
 *
 * Nothing is checked here; that is done before a batch gets here. All replicas are in sync at once, so the high watermark
 * is the end of the log.
 */
export class PartitionLog {
  readonly where: TopicPartition
  readonly epochs = new LeaderEpochs()
  producers = new ProducerTable()
  #transactions = new TransactionIndex()
  #batches: RecordBatch[] = []
  #startOffset = 0n
  #endOffset = 0n

  constructor(where: TopicPartition) {
    this.where = where
  }

  get startOffset(): bigint {
    return this.#startOffset
  }

  /** The offset that the next record gets; also the high watermark. */
  get endOffset(): bigint {
    return this.#endOffset
  }

  get lastStableOffset(): bigint {
    const unstable = this.#transactions.firstUnstableOffset ?? this.#endOffset
    return unstable < this.#startOffset ? this.#startOffset : unstable
  }

  get transactions(): TransactionIndex {
    return this.#transactions
  }

  /** The batches, oldest first; the first one may begin before the start of the log. */
  get batches(): readonly RecordBatch[] {
    return this.#batches
  }

  /** Takes a batch in at the end: writes base offset and leader epoch into it, and nothing else. The log owns the bytes. */
  append(bytes: Buffer): RecordBatch {
    bytes.writeBigInt64BE(this.#endOffset, BASE_OFFSET)
    bytes.writeInt32BE(this.epochs.current, PARTITION_LEADER_EPOCH)
    return this.#take(bytes)
  }

  /**
   * Takes a batch in exactly as it is, as a follower does: for batches that no producer can write, such as cleaned ones.
   * It must not begin before the end of the log; offsets that it leaves out are a hole.
   */
  appendAsIs(bytes: Buffer): RecordBatch {
    return this.#take(bytes)
  }

  read({ offset, endOffset, maxBytes, minOneBatch }: LogReadOptions): LogRead {
    const batches: RecordBatch[] = []
    let size = 0
    for (let index = this.#indexOf(offset); index < this.#batches.length && size < maxBytes; index += 1) {
      const batch = this.#batches[index]
      if (batch === undefined || batch.baseOffset >= endOffset) break
      batches.push(batch)
      size += batch.bytes.length
    }
    const firstBytes = batches[0]?.bytes.length ?? 0
    if (firstBytes > maxBytes && !minOneBatch) return { records: Buffer.alloc(0), nextOffset: offset }
    const records = Buffer.concat(batches.map(({ bytes }) => bytes)).subarray(0, Math.max(maxBytes, firstBytes))
    const whole = size <= records.length ? batches : batches.slice(0, -1)
    return { records, nextOffset: whole.at(-1)?.nextOffset ?? offset }
  }

  /** Moves the start of the log up; batches wholly below it go, one that it falls into stays whole. */
  deleteBefore(offset: bigint): void {
    if (offset <= this.#startOffset) return
    this.#startOffset = offset
    this.#batches = this.#batches.filter((batch) => batch.nextOffset > offset)
    this.epochs.trimStart(offset)
  }

  /** Makes a new leader, which has everything below `truncateTo`, or everything. Its state is built from its batches. */
  electLeader(truncateTo = this.#endOffset): void {
    const [kept, endOffset] = [this.#batches.filter((batch) => batch.nextOffset <= truncateTo), this.#endOffset]
    this.producers = new ProducerTable()
    this.#transactions = new TransactionIndex()
    this.#batches = []
    for (const { bytes } of kept) this.#take(bytes)
    this.#endOffset = truncateTo >= endOffset ? endOffset : (kept.at(-1)?.nextOffset ?? this.#startOffset)
    this.epochs.advance(this.#endOffset)
  }

  /** Puts other batches in the place of those with records, as the cleaner does; offsets must not change. */
  replaceBatches(clean: (batch: RecordBatch) => RecordBatch | undefined): void {
    this.#batches = this.#batches.map(clean).filter((batch) => batch !== undefined)
  }

  /** The index of the first batch that reaches beyond an offset. */
  #indexOf(offset: bigint): number {
    let [low, high] = [0, this.#batches.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#batches[middle]?.nextOffset ?? 0n) > offset) high = middle
      else low = middle + 1
    }
    return low
  }

  #take(bytes: Buffer): RecordBatch {
    const batch = viewBatch(bytes, this.where)
    this.#batches.push(batch)
    this.#endOffset = batch.nextOffset
    this.producers.note(batch)
    if (batch.isControl) this.#endTransaction(batch)
    else if (batch.isTransactional) this.#transactions.begin(batch.producerId, batch.baseOffset)
    return batch
  }

  #endTransaction(batch: RecordBatch): void {
    const marker = readControlRecord(batch, this.where)
    if (marker === undefined || marker.type === 'other') return
    this.#transactions.end(batch.producerId, batch.baseOffset, marker.type)
  }
}
