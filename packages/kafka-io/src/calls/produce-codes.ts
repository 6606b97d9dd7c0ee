import { ProtocolCode } from '../protocol/protocol-code.ts'

/** The leader answers with these before it appends anything. */
const NEVER_APPENDED: ReadonlySet<number> = new Set([
  ProtocolCode.unknownTopicOrPartition,
  ProtocolCode.leaderNotAvailable,
  ProtocolCode.notEnoughReplicas,
  ProtocolCode.throttlingQuotaExceeded,
])

/** The leader may have appended before it answers with these, for instance because it ceased to lead while it waited. */
const PERHAPS_APPENDED: ReadonlySet<number> = new Set([
  ProtocolCode.notLeaderOrFollower,
  ProtocolCode.requestTimedOut,
  ProtocolCode.notEnoughReplicasAfterAppend,
  ProtocolCode.kafkaStorageError,
])

/** Where a record batch says who produced it, from its first byte. */
const PRODUCER_ID_AT = 43

/** Whether a broker would recognise the batch if it came twice (KIP-98). */
export function isIdempotent(batch: Buffer): boolean {
  return batch.length >= PRODUCER_ID_AT + 8 && batch.readBigInt64BE(PRODUCER_ID_AT) >= 0n
}

/**
 * Whether a batch may be sent again after this error: when no broker can have appended it, or when brokers would
 * recognise it as a duplicate.
 *
 * @param wasBehind whether another batch of the partition was under way before it: then a gap in the sequence (45) only
 *   means that the other one has to be sent again first
 */
export function maySendAgain(errorCode: number, batch: Buffer, wasBehind: boolean): boolean {
  if (NEVER_APPENDED.has(errorCode)) return true
  if (!isIdempotent(batch)) return false
  return PERHAPS_APPENDED.has(errorCode) || (wasBehind && errorCode === ProtocolCode.outOfOrderSequenceNumber)
}
