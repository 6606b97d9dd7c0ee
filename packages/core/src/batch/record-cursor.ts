import type { TopicPartition } from '../kafka/topic-partition.ts'
import { corruptBatch } from './batch-errors.ts'
import type { RecordBatch } from './record-batch.ts'
import { VarintReader } from './varint-reader.ts'

/**
 * Walks over the records of a batch without making an object, or copying a byte, for any of them.
 *
 * After {@link next} has returned `true` the other members speak of the record at hand. Its **body** is everything from
 * the key length on (key, value, headers, verbatim): the bytes `[bodyStart, bodyEnd)` of `payload`.
 *
 * @throws KbackupError `KB_BATCH_CORRUPT` from `next` where lengths, offsets or the count contradict each other.
 */
export class RecordCursor {
  readonly batch: RecordBatch
  readonly payload: Buffer
  /** The offset less the batch's base offset. */
  offsetDelta = -1
  bodyStart = 0
  bodyEnd = 0
  readonly #reader: VarintReader
  readonly #baseOffset: bigint
  readonly #baseTimestamp: bigint
  /** LogAppendTime: the time of every record is the batch's greatest. */
  readonly #fixedTimestamp: bigint | undefined
  readonly #lastOffsetDelta: number
  #timestampDelta: number | bigint = 0
  #recordsLeft: number

  constructor(batch: RecordBatch, payload: Buffer, where: TopicPartition) {
    this.batch = batch
    this.payload = payload
    this.#baseOffset = batch.baseOffset
    this.#baseTimestamp = batch.baseTimestamp
    this.#fixedTimestamp = batch.timestampType === 'LogAppendTime' ? batch.maxTimestamp : undefined
    this.#lastOffsetDelta = batch.lastOffsetDelta
    this.#recordsLeft = batch.recordCount
    this.#reader = new VarintReader(payload, (what) => corruptBatch(where, batch.baseOffset, what))
  }

  /** Goes to the next record; `false` behind the last one. */
  next(): boolean {
    const reader = this.#reader
    reader.position = this.bodyEnd
    reader.end = this.payload.length
    if (this.#recordsLeft === 0) return this.#finished()
    this.#recordsLeft--
    const length = reader.readVarint()
    const start = reader.skip(length)
    reader.position = start
    reader.end = start + length
    this.#readHead(reader)
    this.bodyStart = reader.position
    this.bodyEnd = reader.end
    return true
  }

  get offset(): bigint {
    return this.#baseOffset + BigInt(this.offsetDelta)
  }

  /** As a consumer sees it: for LogAppendTime the batch's greatest time. */
  get timestamp(): bigint {
    if (this.#fixedTimestamp !== undefined) return this.#fixedTimestamp
    return BigInt.asIntN(64, this.#baseTimestamp + BigInt(this.#timestampDelta))
  }

  /**
   * The timestamp less the batch's base timestamp, which compares much faster than bigints do; a bigint where it
   * needs more than 52 bits. It means nothing in LogAppendTime batches.
   */
  get timestampDelta(): number | bigint {
    return this.#timestampDelta
  }

  #readHead(reader: VarintReader): void {
    reader.skip(1)
    this.#timestampDelta = reader.readVarlong()
    const offsetDelta = reader.readVarint()
    if (offsetDelta <= this.offsetDelta || offsetDelta > this.#lastOffsetDelta) {
      throw reader.damaged(`has a record with offset delta ${offsetDelta} behind one with ${this.offsetDelta}`)
    }
    this.offsetDelta = offsetDelta
  }

  #finished(): false {
    const { reader, left } = { reader: this.#reader, left: this.payload.length - this.bodyEnd }
    if (left !== 0) throw reader.damaged(`has ${left} bytes behind its last record`)
    return false
  }
}

/** The least timestamp of a record in the batch, as consumers see it; `undefined` where it holds no record. */
export function minTimestampOf(batch: RecordBatch, payload: Buffer, where: TopicPartition): bigint | undefined {
  if (batch.recordCount === 0) return undefined
  if (batch.timestampType === 'LogAppendTime') return batch.maxTimestamp
  const cursor = new RecordCursor(batch, payload, where)
  let least: number | bigint = Number.POSITIVE_INFINITY
  while (cursor.next()) if (cursor.timestampDelta < least) least = cursor.timestampDelta
  return BigInt.asIntN(64, batch.baseTimestamp + BigInt(least))
}
