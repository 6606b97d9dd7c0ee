import { crc32c } from '@node-rs/crc32'
import { BATCH_CODECS, type BatchCodec } from '../batch-codec.ts'
import { loadCodec } from '../compression-codec.ts'
import { type RecordBatch, viewBatch } from '../record-batch.ts'
import type { RecordContent } from '../record-body.ts'

export const WHERE = { topic: 'orders', partition: 3 }

export interface LogRecord extends RecordContent {
  readonly offsetDelta: number
  readonly timestamp: bigint
}

export interface LogBatch {
  readonly baseOffset?: bigint
  readonly records: readonly LogRecord[]
  /** The last record's unless said otherwise. */
  readonly lastOffsetDelta?: number
  readonly codec?: BatchCodec
  /** Attribute bits beside the codec. */
  readonly flags?: number
  /** The first record's unless said otherwise. */
  readonly baseTimestamp?: bigint
  /** The greatest of the records' unless said otherwise. */
  readonly maxTimestamp?: bigint
  readonly producerId?: bigint
}

/** A batch as a log may hold it, written field by field from the protocol guide, with nothing of what is under test. */
export async function logBatch(spec: LogBatch): Promise<RecordBatch> {
  const { records, codec = 'none', baseOffset = 0n, flags = 0, producerId = -1n } = spec
  const baseTimestamp = spec.baseTimestamp ?? records[0]?.timestamp ?? -1n
  const payload = Buffer.concat(records.map((record) => recordBytes(record, baseTimestamp)))
  const stored = await (await loadCodec(codec)).compress(payload, undefined)
  const covered = Buffer.concat([
    int(flags | BATCH_CODECS.indexOf(codec), 2),
    int(spec.lastOffsetDelta ?? records.at(-1)?.offsetDelta ?? 0, 4),
    int(baseTimestamp, 8),
    int(spec.maxTimestamp ?? greatest(records), 8),
    int(producerId, 8),
    int(producerId < 0n ? -1 : 1, 2),
    int(producerId < 0n ? -1 : 100, 4),
    int(records.length, 4),
    stored,
  ])
  const head = [int(baseOffset, 8), int(covered.length + 9, 4), int(7, 4), int(2, 1), int(crc32c(covered), 4)]
  return viewBatch(Buffer.concat([...head, covered]), WHERE)
}

function recordBytes({ offsetDelta, timestamp, key, value, headers }: LogRecord, baseTimestamp: bigint): Buffer {
  const body = Buffer.concat([
    int(0, 1),
    varint(BigInt.asIntN(64, timestamp - baseTimestamp)),
    varint(BigInt(offsetDelta)),
    nullable(key),
    nullable(value),
    varint(BigInt(headers.length)),
    ...headers.flatMap(([headerKey, headerValue]) => [nullable(Buffer.from(headerKey)), nullable(headerValue)]),
  ])
  return Buffer.concat([varint(BigInt(body.length)), body])
}

function nullable(bytes: Buffer | null): Buffer {
  return bytes === null ? varint(-1n) : Buffer.concat([varint(BigInt(bytes.length)), bytes])
}

/** The definition, with no regard for speed: zigzag, then seven bits a byte. */
export function varint(value: bigint): Buffer {
  const digits: number[] = []
  let rest = value < 0n ? -2n * value - 1n : 2n * value
  do {
    digits.push(Number(rest % 128n))
    rest /= 128n
  } while (rest > 0n)
  return Buffer.from(digits.map((digit, index) => (index < digits.length - 1 ? digit + 128 : digit)))
}

function int(value: bigint | number, byteLength: number): Buffer {
  const wide = Buffer.alloc(8)
  wide.writeBigInt64BE(BigInt(value))
  return wide.subarray(8 - byteLength)
}

function greatest(records: readonly LogRecord[]): bigint {
  return records.reduce((most, { timestamp }) => (timestamp > most ? timestamp : most), records[0]?.timestamp ?? -1n)
}
