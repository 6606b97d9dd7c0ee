import { crc32c } from '@node-rs/crc32'
import { KbackupError } from '../errors/kbackup-error.ts'
import { BATCH_CODECS, type BatchCodec, type BatchCompression } from './batch-codec.ts'
import * as layout from './batch-layout.ts'
import type { RawRecord } from './batch-records.ts'
import { loadCodec } from './compression-codec.ts'
import type { RecordCursor } from './record-cursor.ts'
import { varintSize, varlongSize, writeVarint, writeVarlong } from './varint.ts'

/** Who produces a batch, and the sequence of its first record (KIP-98). */
export interface BatchProducer {
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly baseSequence: number
}

/** A batch that no idempotent producer stands behind. */
export const NO_PRODUCER: BatchProducer = { producerId: -1n, producerEpoch: -1, baseSequence: -1 }

/** How {@link BatchBuilder.finish} makes the batch. */
export interface FinishBatchOptions extends BatchCompression {
  /** {@link NO_PRODUCER} unless said otherwise. */
  readonly producer?: BatchProducer | undefined
}

const NOTHING = Buffer.alloc(0)
const INITIAL_BYTES = 16 * 1024
/** Attributes, and the most that the timestamp delta, the offset delta and the length can take. */
const MAX_RECORD_OVERHEAD = 1 + 10 + 5 + 5

/**
 * Gathers records into one batch as a producer would make it: base offset 0, offset deltas 0…n−1, CreateTime.
 * Bodies are copied verbatim, so the buffers they came from may be reused or let go at once.
 */
export class BatchBuilder {
  #bytes: Buffer = NOTHING
  /** What the batch before needed: growing anew each time would copy, and leave behind, as much again. */
  #expectedBytes = INITIAL_BYTES
  #length = layout.RECORDS
  #recordCount = 0
  #baseTimestamp = 0n
  #maxTimestamp = 0n

  get recordCount(): number {
    return this.#recordCount
  }

  /** The size of the batch so far, uncompressed, header included. */
  get sizeBytes(): number {
    return this.#length
  }

  /** Whether a body of that length surely keeps the uncompressed batch within `maxBytes`; an empty batch takes any. */
  fits(bodyBytes: number, maxBytes: number): boolean {
    return this.#recordCount === 0 || this.#length + bodyBytes + MAX_RECORD_OVERHEAD <= maxBytes
  }

  append({ timestamp, body }: Pick<RawRecord, 'timestamp' | 'body'>): void {
    this.#append(timestamp, body, { start: 0, end: body.length })
  }

  /** Appends the record a cursor stands on, without making anything of it. */
  appendFrom(cursor: RecordCursor): void {
    this.#append(cursor.timestamp, cursor.payload, { start: cursor.bodyStart, end: cursor.bodyEnd })
  }

  /**
   * Makes the batch, and leaves the builder empty for the next one.
   *
   * @throws KbackupError `KB_CODEC_LEVEL`; `KB_INTERNAL` where it holds no record.
   */
  async finish({ codec, level, producer = NO_PRODUCER }: FinishBatchOptions): Promise<Buffer> {
    const { bytes, length, header } = this.#take()
    const records = bytes.subarray(layout.RECORDS, length)
    const payload = await (await loadCodec(codec)).compress(records, level)
    const batch = payload === records ? bytes.subarray(0, length) : withRoomForHeader(payload)
    writeHeader(batch, { ...header, codec, producer })
    return batch
  }

  #append(timestamp: bigint, source: Buffer, body: { readonly start: number; readonly end: number }): void {
    if (this.#recordCount === 0) this.#baseTimestamp = this.#maxTimestamp = timestamp
    else if (timestamp > this.#maxTimestamp) this.#maxTimestamp = timestamp
    const delta = BigInt.asIntN(64, timestamp - this.#baseTimestamp)
    const offsetDelta = this.#recordCount++
    const bodyBytes = body.end - body.start
    const length = 1 + varlongSize(delta) + varintSize(offsetDelta) + bodyBytes
    const target = this.#roomFor(bodyBytes + MAX_RECORD_OVERHEAD)
    let at = writeVarint(target, this.#length, length)
    target[at++] = 0
    at = writeVarlong(target, at, delta)
    at = writeVarint(target, at, offsetDelta)
    // Without the checks and the object that Buffer.copy would cost each record.
    target.set(new Uint8Array(source.buffer, source.byteOffset + body.start, bodyBytes), at)
    this.#length = at + bodyBytes
  }

  #roomFor(byteLength: number): Buffer {
    const needed = this.#length + byteLength
    if (needed <= this.#bytes.length) return this.#bytes
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2, this.#expectedBytes))
    this.#bytes.copy(larger, 0, 0, this.#length)
    this.#bytes = larger
    return larger
  }

  #take(): { bytes: Buffer; length: number; header: GatheredHeader } {
    if (this.#recordCount === 0) {
      throw new KbackupError('KB_INTERNAL', { message: 'a record batch without records was to be written' })
    }
    const header = {
      recordCount: this.#recordCount,
      baseTimestamp: this.#baseTimestamp,
      maxTimestamp: this.#maxTimestamp,
    }
    const taken = { bytes: this.#bytes, length: this.#length, header }
    const isHalfUsed = this.#length * 2 > this.#bytes.length
    this.#expectedBytes = isHalfUsed ? this.#bytes.length : Math.max(INITIAL_BYTES, this.#bytes.length >> 1)
    this.#bytes = NOTHING
    this.#length = layout.RECORDS
    this.#recordCount = 0
    return taken
  }
}

/** One batch of the given records; their offsets are forgotten, their order is kept. */
export function encodeBatch(
  records: Iterable<Pick<RawRecord, 'timestamp' | 'body'>>,
  options: FinishBatchOptions,
): Promise<Buffer> {
  const builder = new BatchBuilder()
  for (const record of records) builder.append(record)
  return builder.finish(options)
}

interface GatheredHeader {
  readonly recordCount: number
  readonly baseTimestamp: bigint
  readonly maxTimestamp: bigint
}

function withRoomForHeader(payload: Buffer): Buffer {
  const batch = Buffer.allocUnsafe(layout.RECORDS + payload.length)
  payload.copy(batch, layout.RECORDS)
  return batch
}

interface ProducedHeader extends GatheredHeader {
  readonly codec: BatchCodec
  readonly producer: BatchProducer
}

function writeHeader(batch: Buffer, header: ProducedHeader): void {
  batch.writeBigInt64BE(0n, layout.BASE_OFFSET)
  batch.writeInt32BE(batch.length - layout.LENGTH_OVERHEAD, layout.BATCH_LENGTH)
  batch.writeInt32BE(-1, layout.PARTITION_LEADER_EPOCH)
  batch.writeInt8(2, layout.MAGIC)
  batch.writeInt16BE(BATCH_CODECS.indexOf(header.codec), layout.ATTRIBUTES)
  batch.writeInt32BE(header.recordCount - 1, layout.LAST_OFFSET_DELTA)
  batch.writeBigInt64BE(header.baseTimestamp, layout.BASE_TIMESTAMP)
  batch.writeBigInt64BE(header.maxTimestamp, layout.MAX_TIMESTAMP)
  batch.writeBigInt64BE(header.producer.producerId, layout.PRODUCER_ID)
  batch.writeInt16BE(header.producer.producerEpoch, layout.PRODUCER_EPOCH)
  batch.writeInt32BE(header.producer.baseSequence, layout.BASE_SEQUENCE)
  batch.writeInt32BE(header.recordCount, layout.RECORD_COUNT)
  batch.writeUInt32BE(crc32c(batch.subarray(layout.ATTRIBUTES)), layout.CRC)
}
