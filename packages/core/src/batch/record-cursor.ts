import type { TopicPartition } from '../kafka/topic-partition.ts'
import { corruptBatch } from './batch-errors.ts'
import type { RecordBatch } from './record-batch.ts'
import { VarintReader } from './varint-reader.ts'

/** Base timestamps nearer to zero than this, plus a delta that is a number, stay far from the ends of 64 bits. */
const ORDINARY_TIMESTAMP = 2n ** 62n
/** −1 as a zigzag varint. */
const NULL_LENGTH = 1

/**
 * Walks over the records of a batch without making an object, or copying a byte, for any of them.
 *
 * After {@link next} has returned `true` the other members speak of the record at hand. Its **body** is everything from
 * the key length on (key, value, headers, verbatim): the bytes `[bodyStart, bodyEnd)` of `payload`.
 *
 * @throws KbackupError `KB_BATCH_CORRUPT` from `next` where lengths, offsets or the count contradict each other.
 */
export class RecordCursor {
  readonly payload: Buffer
  readonly #reader: VarintReader
  readonly #baseOffset: bigint
  readonly #baseTimestamp: bigint
  /** LogAppendTime: the time of every record is the batch's greatest. */
  readonly #fixedTimestamp: bigint | undefined
  readonly #deltasCompare: boolean
  readonly #lastOffsetDelta: number
  #recordsLeft: number
  #offsetDelta = -1
  #timestampDelta: number | bigint = 0
  #bodyStart = 0
  #bodyEnd = 0

  constructor(batch: RecordBatch, payload: Buffer, where: TopicPartition) {
    this.payload = payload
    this.#baseOffset = batch.baseOffset
    this.#baseTimestamp = batch.baseTimestamp
    this.#fixedTimestamp = batch.timestampType === 'LogAppendTime' ? batch.maxTimestamp : undefined
    this.#deltasCompare =
      this.#fixedTimestamp === undefined &&
      this.#baseTimestamp < ORDINARY_TIMESTAMP &&
      this.#baseTimestamp > -ORDINARY_TIMESTAMP
    this.#lastOffsetDelta = batch.lastOffsetDelta
    this.#recordsLeft = batch.recordCount
    this.#reader = new VarintReader(payload, (what) => corruptBatch(where, batch.baseOffset, what))
  }

  /** Goes to the next record; `false` behind the last one. */
  next(): boolean {
    const reader = this.#reader
    reader.position = this.#bodyEnd
    reader.end = this.payload.length
    if (this.#recordsLeft === 0) return this.#finished()
    this.#recordsLeft--
    const length = reader.readVarint()
    reader.position = reader.skip(length)
    reader.end = reader.position + length
    this.#readHead(reader)
    return true
  }

  /** The offset less the batch's base offset. */
  get offsetDelta(): number {
    return this.#offsetDelta
  }

  get offset(): bigint {
    return this.#baseOffset + BigInt(this.#offsetDelta)
  }

  /** As a consumer sees it: for LogAppendTime the batch's greatest time. */
  get timestamp(): bigint {
    if (this.#fixedTimestamp !== undefined) return this.#fixedTimestamp
    return BigInt.asIntN(64, this.#baseTimestamp + BigInt(this.#timestampDelta))
  }

  /** Whether a broker has given the records of the batch their time. */
  get isLogAppendTime(): boolean {
    return this.#fixedTimestamp !== undefined
  }

  /**
   * The timestamp less the batch's base timestamp, for comparing many times without making bigints; `undefined`
   * where only {@link timestamp} tells the time: in LogAppendTime batches, and at the far ends of 64 bits.
   */
  get narrowDelta(): number | undefined {
    const delta = this.#timestampDelta
    return this.#deltasCompare && typeof delta === 'number' ? delta : undefined
  }

  /** The length of the key, −1 for none, is the first number of the body. */
  get hasNullKey(): boolean {
    return this.payload[this.#bodyStart] === NULL_LENGTH
  }

  get bodyStart(): number {
    return this.#bodyStart
  }

  get bodyEnd(): number {
    return this.#bodyEnd
  }

  #readHead(reader: VarintReader): void {
    reader.skip(1)
    this.#timestampDelta = reader.readVarlong()
    const offsetDelta = reader.readVarint()
    if (offsetDelta <= this.#offsetDelta || offsetDelta > this.#lastOffsetDelta) {
      throw reader.damaged(`has a record with offset delta ${offsetDelta} behind one with ${this.#offsetDelta}`)
    }
    this.#offsetDelta = offsetDelta
    this.#bodyStart = reader.position
    this.#bodyEnd = reader.end
  }

  #finished(): false {
    const left = this.payload.length - this.#bodyEnd
    if (left !== 0) throw this.#reader.damaged(`has ${left} bytes behind its last record`)
    return false
  }
}
