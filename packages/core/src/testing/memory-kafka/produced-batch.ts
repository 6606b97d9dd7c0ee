import { crc32c } from '@node-rs/crc32'
import type { BatchCodec } from '../../batch/batch-codec.ts'
import * as layout from '../../batch/batch-layout.ts'
import { batchPayload } from '../../batch/batch-payload.ts'
import { decodeRecord, rawRecords } from '../../batch/batch-records.ts'
import { type RecordBatch, viewBatch } from '../../batch/record-batch.ts'
import { KbackupError } from '../../errors/kbackup-error.ts'
import type { RecordError } from '../../kafka/kafka-data.ts'
import type { KafkaRecord } from '../../kafka/kafka-record.ts'
import type { TopicPartition } from '../../kafka/topic-partition.ts'
import type { BrokerErrorName } from './broker-error.ts'

/** What a topic demands of a batch that a client produces. */
export interface ProduceRules {
  readonly where: TopicPartition
  readonly isCompacted: boolean
  readonly maxMessageBytes: number
  readonly isLogAppendTime: boolean
  readonly timestampBeforeMaxMs: bigint
  readonly timestampAfterMaxMs: bigint
  readonly now: bigint
  readonly missingCodecs: readonly BatchCodec[]
}

export type CheckedBatch =
  /** A copy, with the time and the timestamp type that the topic gives it. */
  | { readonly type: 'accepted'; readonly bytes: Buffer }
  | {
      readonly type: 'refused'
      readonly name: BrokerErrorName
      readonly message: string
      readonly recordErrors: readonly RecordError[]
    }

/**
 * Checks a produced batch as a broker does, in its order.
 *
 * Brokers also accept a patched `lastOffsetDelta` over sparse deltas, whereupon offsets overlap; this is refused here, so
 * that a test sees it.
 *
 * Source: `ProduceRequest.validateRecords`, `UnifiedLog.analyzeAndValidateRecords` and `LogValidator` of Kafka.
 */
export async function checkProducedBatch(produced: Buffer, rules: ProduceRules): Promise<CheckedBatch> {
  const fault = shapeFault(produced) ?? headerFault(produced, rules)
  if (fault !== undefined) return fault
  const bytes = Buffer.from(produced)
  try {
    const batch = viewBatch(bytes, rules.where)
    if (rules.missingCodecs.includes(batch.codec)) {
      return refused('UNSUPPORTED_COMPRESSION_TYPE', `${batch.codec} is not known here`)
    }
    const records = await recordsOf(batch, rules)
    const recordFault = recordsFault(records, batch, rules)
    if (recordFault !== undefined) return recordFault
    stampTimestampType(bytes, rules)
    return { type: 'accepted', bytes }
  } catch (error) {
    if (KbackupError.is(error, 'KB_CODEC_UNKNOWN')) return refused('UNKNOWN_SERVER_ERROR', error.message)
    if (KbackupError.is(error)) return refused('INVALID_RECORD', error.message)
    throw error
  }
}

/** The records of a batch as they would be in the log, whatever their offset there. */
async function recordsOf(batch: RecordBatch, { where }: ProduceRules): Promise<readonly KafkaRecord[]> {
  const raw = rawRecords(batch, await batchPayload(batch, where), where)
  return raw.map((record) => decodeRecord(record, { ...where, timestampType: batch.timestampType }))
}

function shapeFault(bytes: Buffer): CheckedBatch | undefined {
  if (bytes.length < layout.RECORDS) return refused('CORRUPT_MESSAGE', 'the batch is cut short')
  if (bytes.readInt8(layout.MAGIC) !== 2) return refused('INVALID_RECORD', 'only magic 2 may be produced')
  const length = bytes.readInt32BE(layout.BATCH_LENGTH) + layout.LENGTH_OVERHEAD
  if (length < layout.RECORDS || length > bytes.length) return refused('CORRUPT_MESSAGE', 'the batch is cut short')
  if (length < bytes.length)
    return refused('INVALID_RECORD', 'a request must have exactly one batch for each partition')
  return undefined
}

function headerFault(bytes: Buffer, rules: ProduceRules): CheckedBatch | undefined {
  const attributes = bytes.readInt16BE(layout.ATTRIBUTES)
  if ((attributes & layout.TRANSACTIONAL_FLAG) !== 0) {
    return refused('TRANSACTIONAL_ID_AUTHORIZATION_FAILED', 'a transactional batch without a transactional id')
  }
  const baseOffset = bytes.readBigInt64BE(layout.BASE_OFFSET)
  if (baseOffset !== 0n) return refused('INVALID_RECORD', `the base offset should be 0, but it is ${baseOffset}`)
  if (bytes.length > rules.maxMessageBytes) {
    return refused('MESSAGE_TOO_LARGE', `the batch has ${bytes.length} bytes, ${rules.maxMessageBytes} are allowed`)
  }
  if (bytes.readUInt32BE(layout.CRC) !== crc32c(bytes.subarray(layout.ATTRIBUTES))) {
    return refused('CORRUPT_MESSAGE', 'the checksum of the batch is wrong')
  }
  return countFault(bytes) ?? clientFault(bytes, attributes)
}

function countFault(bytes: Buffer): CheckedBatch | undefined {
  const lastOffsetDelta = bytes.readInt32BE(layout.LAST_OFFSET_DELTA)
  const count = bytes.readInt32BE(layout.RECORD_COUNT)
  if (count > 0 && lastOffsetDelta + 1 === count) return undefined
  return refused('INVALID_RECORD', `a last offset delta of ${lastOffsetDelta} does not fit ${count} records`)
}

function clientFault(bytes: Buffer, attributes: number): CheckedBatch | undefined {
  if ((attributes & layout.CONTROL_FLAG) !== 0) {
    return refused('INVALID_RECORD', 'clients are not allowed to write control records')
  }
  const producerId = bytes.readBigInt64BE(layout.PRODUCER_ID)
  const sequence = bytes.readInt32BE(layout.BASE_SEQUENCE)
  if (producerId < 0n || sequence >= 0) return undefined
  return refused('INVALID_RECORD', `producer ${producerId} gave the sequence ${sequence}`)
}

function recordsFault(
  records: readonly KafkaRecord[],
  batch: RecordBatch,
  rules: ProduceRules,
): CheckedBatch | undefined {
  const nullKeys = records.flatMap((record, index) =>
    rules.isCompacted && record.key === null
      ? [{ index, message: 'a compacted topic takes no record without a key' }]
      : [],
  )
  const wrongTimes = records.flatMap((record, index) =>
    hasWrongTime(record, batch, rules) ? [{ index, message: `the timestamp ${record.timestamp} is out of range` }] : [],
  )
  const recordErrors = [...nullKeys, ...wrongTimes].sort((left, right) => left.index - right.index)
  if (recordErrors.length === 0) return undefined
  const name = wrongTimes.length > 0 ? 'INVALID_TIMESTAMP' : 'INVALID_RECORD'
  return { type: 'refused', name, message: `${recordErrors.length} records have been rejected`, recordErrors }
}

function hasWrongTime({ timestamp }: KafkaRecord, batch: RecordBatch, rules: ProduceRules): boolean {
  if (rules.isLogAppendTime) return batch.timestampType === 'LogAppendTime'
  if (timestamp === -1n) return false
  return rules.now - timestamp > rules.timestampBeforeMaxMs || timestamp - rules.now > rules.timestampAfterMaxMs
}

/** The topic decides on the timestamp type; only where the batch says otherwise is it, and its checksum, rewritten. */
function stampTimestampType(bytes: Buffer, { isLogAppendTime, now }: ProduceRules): void {
  const attributes = bytes.readInt16BE(layout.ATTRIBUTES)
  if (!isLogAppendTime && (attributes & layout.LOG_APPEND_TIME_FLAG) === 0) return
  if (isLogAppendTime) bytes.writeBigInt64BE(now, layout.MAX_TIMESTAMP)
  bytes.writeInt16BE(attributes ^ layout.LOG_APPEND_TIME_FLAG, layout.ATTRIBUTES)
  bytes.writeUInt32BE(crc32c(bytes.subarray(layout.ATTRIBUTES)), layout.CRC)
}

function refused(name: BrokerErrorName, message: string): CheckedBatch {
  return { type: 'refused', name, message, recordErrors: [] }
}
