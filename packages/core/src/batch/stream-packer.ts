import type { ProducerIdentity } from '../kafka/kafka-data.ts'
import { BatchBuilder } from './batch-builder.ts'
import type { BatchCompression } from './batch-codec.ts'
import type { RawRecord } from './batch-records.ts'
import { advanceSequence, stampedCopy, stampInPlace } from './produce-batch.ts'
import type { RecordBatch } from './record-batch.ts'
import type { RecordCursor } from './record-cursor.ts'
import { type SourceRun, SourceRunBuilder } from './source-runs.ts'
import type { WantedRecords } from './wanted-records.ts'

/** A batch to produce as it is, and which source records are in it. */
export interface PackedBatch {
  readonly bytes: Buffer
  readonly recordCount: number
  /** The sequence of its first record: the ordinal of that record in its stream, modulo 2^31. */
  readonly baseSequence: number
  /** The source offsets of its records, in their order. */
  readonly sources: readonly SourceRun[]
}

/** How a stream of records becomes batches. */
export interface StreamPackerOptions {
  readonly producer: ProducerIdentity
  /** The sequence of the first record of the first batch. */
  readonly firstSequence: number
  /** The greatest batch the target takes (`max.message.bytes`); only a single record that is larger goes beyond it. */
  readonly maxBatchBytes: number
  /** Up to which uncompressed size records are gathered into a batch; 256 KiB unless said otherwise. */
  readonly fillBytes?: number | undefined
  /** The most records that a batch takes; not limited where absent. */
  readonly maxBatchRecords?: number | undefined
  /** Whether a batch that passes as it is may be rewritten in place; otherwise it is copied. */
  readonly ownsBytes?: boolean | undefined
}

/** Gives another body to the record that a cursor stands on; the same one each time. */
export type RewriteBody = (cursor: RecordCursor) => Buffer

const DEFAULT_FILL_BYTES = 256 * 1024
/** What the header of a batch and the deltas of its only record take: 61 bytes, a length, an attribute byte, two zeros. */
const LONE_RECORD_OVERHEAD = 61 + 5 + 3

/** Makes the batches of one stream, one after the other, and counts its sequences. */
export class StreamPacker {
  readonly #options: StreamPackerOptions
  readonly #fillBytes: number
  readonly #maxRecords: number
  readonly #builder = new BatchBuilder()
  readonly #sources = new SourceRunBuilder()
  #sequence: number

  constructor(options: StreamPackerOptions) {
    this.#options = options
    this.#fillBytes = Math.min(options.fillBytes ?? DEFAULT_FILL_BYTES, incompressibleFill(options.maxBatchBytes))
    this.#maxRecords = options.maxBatchRecords ?? Number.POSITIVE_INFINITY
    this.#sequence = options.firstSequence
  }

  /** How many records wait for {@link flush}. */
  get pendingRecords(): number {
    return this.#builder.recordCount
  }

  get pendingBytes(): number {
    return this.#builder.sizeBytes
  }

  /** Whether a record with a body of that size can join those that wait; otherwise flush first. */
  fits(bodyBytes: number): boolean {
    return this.#builder.recordCount < this.#maxRecords && this.#builder.fits(bodyBytes, this.#fillBytes)
  }

  /** A record with a larger body makes a batch above the limit, unless it compresses. */
  get maxBodyBytes(): number {
    return this.#options.maxBatchBytes - LONE_RECORD_OVERHEAD
  }

  append(record: RawRecord, isFurther = false): void {
    this.#builder.append(record)
    if (isFurther) this.#sources.addFurther(record.offset)
    else this.#sources.add(record.offset)
  }

  /** Appends wanted records until all have joined, or answers `false` where one no longer fits: flush, and go on. */
  appendWanted(wanted: WantedRecords, rewrite?: RewriteBody): boolean {
    const { cursor } = wanted
    if (cursor === undefined) return true
    if (rewrite !== undefined) return this.#appendRewritten(wanted, cursor, rewrite)
    for (; !wanted.isDone; wanted.advance()) {
      if (!this.fits(cursor.bodyEnd - cursor.bodyStart)) return false
      this.#builder.appendFrom(cursor)
      this.#sources.add(cursor.offset)
    }
    return true
  }

  #appendRewritten(wanted: WantedRecords, cursor: RecordCursor, rewrite: RewriteBody): boolean {
    for (; !wanted.isDone; wanted.advance()) {
      const { offset, timestamp } = cursor
      const body = rewrite(cursor)
      if (!this.fits(body.length)) return false
      this.append({ offset, timestamp, body })
    }
    return true
  }

  /** The waiting records as a batch. */
  async flush(compression: BatchCompression): Promise<PackedBatch> {
    const { recordCount } = this.#builder
    const sources = this.#sources.take()
    const producer = this.#nextProducer(recordCount)
    const bytes = await this.#builder.finish({ ...compression, producer })
    return { bytes, recordCount, baseSequence: producer.baseSequence, sources }
  }

  /** An intact batch with its header rewritten; nothing may be waiting. */
  pass(batch: RecordBatch): PackedBatch {
    const { recordCount, baseOffset } = batch
    const producer = this.#nextProducer(recordCount)
    const bytes = this.#options.ownsBytes === true ? batch.bytes : stampedCopy(batch.bytes, producer)
    if (bytes === batch.bytes) stampInPlace(bytes, producer)
    return {
      bytes,
      recordCount,
      baseSequence: producer.baseSequence,
      sources: [{ firstOffset: baseOffset, count: recordCount }],
    }
  }

  #nextProducer(recordCount: number) {
    const baseSequence = this.#sequence
    this.#sequence = advanceSequence(baseSequence, recordCount)
    return { ...this.#options.producer, baseSequence }
  }
}

/** Random bytes grow when compressed, with every codec by less than this leaves. */
function incompressibleFill(maxBatchBytes: number): number {
  return maxBatchBytes - Math.ceil(maxBatchBytes / 64) - 512
}
