import { crc32c } from '@node-rs/crc32'
import { KbackupError } from '../errors/kbackup-error.ts'
import type { BatchProducer } from './batch-builder.ts'
import * as layout from './batch-layout.ts'
import { joinCrc32c } from './crc32c-join.ts'
import { headerMinTimestamp } from './min-timestamp.ts'
import type { RecordBatch } from './record-batch.ts'
import type { RecordSelection } from './record-selection.ts'

/** What {@link isIntact} is told of a batch and of what is wanted of it. */
export interface IntactCheck extends RecordSelection {
  /** The least timestamp of the batch's records, or of any set of batches it belongs to; `undefined` where not known. */
  readonly minTimestamp?: bigint | undefined
}

/**
 * Whether a batch may be produced with nothing but its header rewritten: every record of it is wanted, none is missing
 * from it, and its times are its producers'.
 *
 * A batch with `lastOffsetDelta + 1 !== recordCount` has holes: brokers answer such a batch with error 87, and accept
 * it with a patched delta, whereupon offsets overlap. LogAppendTime batches would fall back to the producer's times.
 * A delete horizon does no harm: deltas are relative to it, wherever it lies, and it stays where it is.
 *
 * The end of the window is proved by `maxTimestamp`; its start only by the true minimum, which a header does not tell.
 */
export function isIntact(batch: RecordBatch, { bounds, window, minTimestamp }: IntactCheck): boolean {
  if (batch.isControl || batch.timestampType !== 'CreateTime') return false
  if (batch.recordCount === 0 || batch.lastOffsetDelta + 1 !== batch.recordCount) return false
  if (batch.baseOffset < bounds.startOffset || batch.nextOffset > bounds.nextOffset) return false
  if (window.end !== undefined && batch.maxTimestamp > window.end) return false
  return window.start === undefined || provesStart(batch, window.start, minTimestamp)
}

function provesStart(batch: RecordBatch, start: bigint, minTimestamp: bigint | undefined): boolean {
  const least = headerMinTimestamp(batch) ?? minTimestamp
  return least !== undefined && least >= start
}

/**
 * Rewrites the header of an intact batch for producing, in place: base offset 0, leader epoch −1, of the attributes
 * only the codec, the given producer, and the checksum that results. The caller owns the bytes.
 *
 * @throws KbackupError `KB_INTERNAL` for a batch that is not dense.
 */
export function stampInPlace(bytes: Buffer, producer: BatchProducer): void {
  const recordCount = bytes.readInt32BE(layout.RECORD_COUNT)
  if (recordCount === 0 || bytes.readInt32BE(layout.LAST_OFFSET_DELTA) + 1 !== recordCount) {
    throw new KbackupError('KB_INTERNAL', { message: 'a record batch with holes was to be produced as it is' })
  }
  const before = headerCrc(bytes)
  bytes.writeBigInt64BE(0n, layout.BASE_OFFSET)
  bytes.writeInt32BE(-1, layout.PARTITION_LEADER_EPOCH)
  bytes.writeInt16BE(bytes.readInt16BE(layout.ATTRIBUTES) & layout.CODEC_MASK, layout.ATTRIBUTES)
  bytes.writeBigInt64BE(producer.producerId, layout.PRODUCER_ID)
  bytes.writeInt16BE(producer.producerEpoch, layout.PRODUCER_EPOCH)
  bytes.writeInt32BE(producer.baseSequence, layout.BASE_SEQUENCE)
  bytes.writeUInt32BE(crcAfter(bytes, before ^ headerCrc(bytes)), layout.CRC)
}

/** Of the part of the header that the checksum of a batch covers. */
function headerCrc(bytes: Buffer): number {
  return crc32c(bytes.subarray(layout.ATTRIBUTES, layout.RECORDS))
}

/**
 * The checksum of a batch whose header has changed. Joining is linear, so what changed is moved on past the records alone:
 *
 *     old = moved(header) ⊕ records    new = moved(header′) ⊕ records = moved(header ⊕ header′) ⊕ old
 */
function crcAfter(bytes: Buffer, change: number): number {
  const old = { crc32c: bytes.readUInt32BE(layout.CRC), length: bytes.length - layout.RECORDS }
  return joinCrc32c(change, old)
}

/** {@link stampInPlace} on a copy. */
export function stampedCopy(bytes: Buffer, producer: BatchProducer): Buffer {
  const copy = Buffer.from(bytes)
  stampInPlace(copy, producer)
  return copy
}

/** The sequence `records` further on: sequences go from 0 to 2^31 − 1 and begin again at 0. */
export function advanceSequence(sequence: number, records: number): number {
  return (sequence + records) % 2 ** 31
}
