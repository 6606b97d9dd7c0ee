import { createHash } from 'node:crypto'
import type { RecordCursor } from '../../batch/record-cursor.ts'
import type { TopicPartition } from '../../kafka/topic-partition.ts'
import { withOriginalHeaders } from '../original-headers.ts'

const TIMESTAMP_BYTES = 8

/**
 * 128 bits of SHA-256 over all that makes a record: its timestamp, and key, value and headers as the record format has them.
 * Two records with the same one are equal.
 */
export type RecordFingerprint = string

/** Of the record that a cursor stands on; without its timestamp where a broker gave it one of its own. */
export function fingerprintOf(
  { payload, bodyStart, bodyEnd, timestamp }: RecordCursor,
  timing: 'timed' | 'untimed',
): RecordFingerprint {
  return digestOf(payload.subarray(bodyStart, bodyEnd), timing === 'timed' ? timestamp : null)
}

/** Of an archived record in both forms in which a restore may have written it: as it is, and with its original headers. */
export function fingerprintsOf(
  cursor: RecordCursor,
  where: TopicPartition,
  timing: 'timed' | 'untimed',
): readonly RecordFingerprint[] {
  const timestamp = timing === 'timed' ? cursor.timestamp : null
  return [fingerprintOf(cursor, timing), digestOf(withOriginalHeaders(cursor, where), timestamp)]
}

function digestOf(body: Buffer, timestamp: bigint | null): RecordFingerprint {
  const hash = createHash('sha256')
  if (timestamp !== null) {
    const time = Buffer.allocUnsafe(TIMESTAMP_BYTES)
    time.writeBigInt64BE(timestamp)
    hash.update(time)
  }
  return hash.update(body).digest().toString('latin1', 0, 16)
}
