import { crc32c } from '@node-rs/crc32'
import type { TimestampType } from '../kafka/kafka-record.ts'
import type { TopicPartition } from '../kafka/topic-partition.ts'
import { BATCH_CODECS, type BatchCodec } from './batch-codec.ts'
import { corruptBatch, oldMagic, unknownCodec } from './batch-errors.ts'
import * as layout from './batch-layout.ts'

/**
 * The header of a record batch, read from its bytes as it is asked for (its base offset at once), without copying.
 *
 * Of its times only `maxTimestamp` says something about the records: `baseTimestamp` is that of the first record, not
 * the least, and on batches with a delete horizon it is that horizon.
 */
export interface RecordBatch {
  /** Exactly this batch: a slice of what it was read from. */
  readonly bytes: Buffer
  readonly baseOffset: bigint
  readonly lastOffset: bigint
  /** Where a fetch goes on: `baseOffset + lastOffsetDelta + 1`, though the last records may have been compacted away. */
  readonly nextOffset: bigint
  readonly lastOffsetDelta: number
  readonly recordCount: number
  readonly partitionLeaderEpoch: number
  readonly attributes: number
  readonly codec: BatchCodec
  readonly timestampType: TimestampType
  readonly isTransactional: boolean
  /** Whether it holds a marker of a transaction, not records. */
  readonly isControl: boolean
  /** Whether the base timestamp is the time from which the cleaner may drop its tombstones (KIP-534). */
  readonly hasDeleteHorizon: boolean
  readonly baseTimestamp: bigint
  /** The greatest time of a record in it; −1 where none has one. */
  readonly maxTimestamp: bigint
  /** −1 where the producer had none. */
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly baseSequence: number
  /** CRC-32C of the bytes from the attributes on, as the header states it. */
  readonly crc: number
}

/** How {@link readBatches} takes bytes at the end that are not a whole batch. */
export interface ReadBatchesOptions {
  /** `ignore` (as in fetch responses) stops there; `refuse` throws `KB_BATCH_CORRUPT`. */
  readonly cutShortTail?: 'ignore' | 'refuse' | undefined
}

/**
 * Walks over the record batches of a fetch response or a log segment.
 *
 * Headers are checked for lengths, counts and offsets that cannot be; the checksum is {@link assertBatchChecksum}'s.
 *
 * @throws KbackupError `KB_BATCH_MAGIC` for magic 0 and 1, `KB_CODEC_UNKNOWN`, `KB_BATCH_CORRUPT`; each names topic, partition and offset.
 */
export function* readBatches(
  records: Buffer,
  where: TopicPartition,
  options: ReadBatchesOptions = {},
): Generator<RecordBatch, void, undefined> {
  let position = 0
  while (position < records.length) {
    const length = wholeBatchLength(records, position, where)
    if (length === undefined) break
    yield checkedView(records.subarray(position, position + length), where)
    position += length
  }
  if (position === records.length || options.cutShortTail !== 'refuse') return
  const offset = records.length - position < layout.BATCH_LENGTH ? -1n : records.readBigInt64BE(position)
  throw corruptBatch(where, offset, `is cut short: ${records.length - position} bytes are left of it`)
}

/** A view over the bytes of exactly one batch; checks as {@link readBatches} does. */
export function viewBatch(bytes: Buffer, where: TopicPartition): RecordBatch {
  if (wholeBatchLength(bytes, 0, where) === bytes.length) return checkedView(bytes, where)
  const offset = bytes.length < layout.BATCH_LENGTH ? -1n : bytes.readBigInt64BE(layout.BASE_OFFSET)
  throw corruptBatch(where, offset, `is not exactly the ${bytes.length} bytes that were given`)
}

/** Throws `KB_BATCH_CORRUPT` unless the batch has the checksum that its header states. */
export function assertBatchChecksum(batch: RecordBatch, where: TopicPartition): void {
  const found = crc32c(batch.bytes.subarray(layout.ATTRIBUTES))
  if (found === batch.crc) return
  throw corruptBatch(
    where,
    batch.baseOffset,
    `has CRC-32C ${found.toString(16)}, its header says ${batch.crc.toString(16)}`,
  )
}

/** The length of the batch at a position, `undefined` where it is cut short. */
function wholeBatchLength(records: Buffer, position: number, where: TopicPartition): number | undefined {
  const available = records.length - position
  if (available <= layout.MAGIC) return undefined
  const magic = records.readInt8(position + layout.MAGIC)
  if (magic === 0 || magic === 1) throw oldMagic(where, records.readBigInt64BE(position), magic)
  if (magic !== 2) throw corruptBatch(where, records.readBigInt64BE(position), `has magic ${magic}`)
  const length = records.readInt32BE(position + layout.BATCH_LENGTH) + layout.LENGTH_OVERHEAD
  if (length < layout.RECORDS) {
    throw corruptBatch(where, records.readBigInt64BE(position), `states a length of ${length} bytes`)
  }
  return length > available ? undefined : length
}

function checkedView(bytes: Buffer, where: TopicPartition): RecordBatch {
  const batch = new BatchView(bytes)
  assertHeader(batch, where)
  return batch
}

const MAX_OFFSET = 0x7fff_ffff_ffff_ffffn

function assertHeader(batch: RecordBatch, where: TopicPartition): void {
  const { baseOffset, lastOffsetDelta, recordCount } = batch
  if (baseOffset < 0n || baseOffset >= MAX_OFFSET - BigInt(Math.max(lastOffsetDelta, 0))) {
    throw corruptBatch(where, baseOffset, 'has an offset that cannot be')
  }
  if (recordCount < 0 || lastOffsetDelta < 0 || recordCount > lastOffsetDelta + 1) {
    throw corruptBatch(where, baseOffset, `states ${recordCount} records and a last offset delta of ${lastOffsetDelta}`)
  }
  const codec = batch.attributes & layout.CODEC_MASK
  if (codec >= BATCH_CODECS.length) throw unknownCodec(where, baseOffset, codec)
  if (codec === 0 && recordCount * layout.MIN_RECORD_BYTES > batch.bytes.length - layout.RECORDS) {
    throw corruptBatch(where, baseOffset, `states ${recordCount} records in ${batch.bytes.length} bytes`)
  }
}

/** High halves nearer to zero than this make a number that is exact. */
const EXACT_HIGH_HALF = 2 ** 21

/** As `readBigInt64BE`, which makes five bigints on its way to one. */
function readInt64(bytes: Buffer, position: number): bigint {
  const high = bytes.readInt32BE(position)
  if (high >= EXACT_HIGH_HALF || high < -EXACT_HIGH_HALF) return bytes.readBigInt64BE(position)
  return BigInt(high * 2 ** 32 + bytes.readUInt32BE(position + 4))
}

/** A class, so that fields nobody asks for cost nothing: millions of these are made in a run. */
class BatchView implements RecordBatch {
  readonly bytes: Buffer
  /** Read at once: whoever looks at a batch asks for it again and again. */
  readonly baseOffset: bigint

  constructor(bytes: Buffer) {
    this.bytes = bytes
    this.baseOffset = readInt64(bytes, layout.BASE_OFFSET)
  }

  get lastOffset(): bigint {
    return this.baseOffset + BigInt(this.lastOffsetDelta)
  }
  get nextOffset(): bigint {
    return this.baseOffset + BigInt(this.lastOffsetDelta + 1)
  }
  get lastOffsetDelta(): number {
    return this.bytes.readInt32BE(layout.LAST_OFFSET_DELTA)
  }
  get recordCount(): number {
    return this.bytes.readInt32BE(layout.RECORD_COUNT)
  }
  get partitionLeaderEpoch(): number {
    return this.bytes.readInt32BE(layout.PARTITION_LEADER_EPOCH)
  }
  get attributes(): number {
    return this.bytes.readInt16BE(layout.ATTRIBUTES)
  }
  get codec(): BatchCodec {
    return BATCH_CODECS[this.attributes & layout.CODEC_MASK] ?? 'none'
  }
  get timestampType(): TimestampType {
    return (this.attributes & layout.LOG_APPEND_TIME_FLAG) === 0 ? 'CreateTime' : 'LogAppendTime'
  }
  get isTransactional(): boolean {
    return (this.attributes & layout.TRANSACTIONAL_FLAG) !== 0
  }
  get isControl(): boolean {
    return (this.attributes & layout.CONTROL_FLAG) !== 0
  }
  get hasDeleteHorizon(): boolean {
    return (this.attributes & layout.DELETE_HORIZON_FLAG) !== 0
  }
  get baseTimestamp(): bigint {
    return readInt64(this.bytes, layout.BASE_TIMESTAMP)
  }
  get maxTimestamp(): bigint {
    return readInt64(this.bytes, layout.MAX_TIMESTAMP)
  }
  get producerId(): bigint {
    return readInt64(this.bytes, layout.PRODUCER_ID)
  }
  get producerEpoch(): number {
    return this.bytes.readInt16BE(layout.PRODUCER_EPOCH)
  }
  get baseSequence(): number {
    return this.bytes.readInt32BE(layout.BASE_SEQUENCE)
  }
  get crc(): number {
    return this.bytes.readUInt32BE(layout.CRC)
  }
}
