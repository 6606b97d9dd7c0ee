import { decodeRecords } from '../../batch/batch-records.ts'
import type { OffsetAnswer, OffsetQuery } from '../../kafka/kafka-topics.ts'
import { brokerError } from './broker-error.ts'
import type { PartitionLog } from './partition-log.ts'

/** The answer to ListOffsets for one partition. */
export async function lookUpOffset(log: PartitionLog | undefined, query: OffsetQuery): Promise<OffsetAnswer> {
  const { topic, partition, at } = query
  const none = { topic, partition, offset: -1n, timestamp: -1n, leaderEpoch: -1 }
  if (log === undefined) return { ...none, error: brokerError('UNKNOWN_TOPIC_OR_PARTITION') }
  const answer = (offset: bigint, timestamp = -1n): OffsetAnswer => ({
    topic,
    partition,
    offset,
    timestamp,
    leaderEpoch: log.epochs.epochOf(offset),
  })
  if (at === 'earliest') return answer(log.startOffset)
  if (at === 'latest') return answer(log.endOffset)
  if (at === 'last-stable') return answer(log.lastStableOffset)
  const found = await firstAtOrAfter(log, at.timestamp)
  return found === undefined ? none : answer(found.offset, found.timestamp)
}

interface FoundRecord {
  readonly offset: bigint
  readonly timestamp: bigint
}

/** The first record, in offset order, that is not older: brokers look into batches whose greatest time is not. */
async function firstAtOrAfter(log: PartitionLog, timestamp: bigint): Promise<FoundRecord | undefined> {
  for (const batch of log.batches) {
    if (batch.maxTimestamp < timestamp || batch.recordCount === 0) continue
    const records = await decodeRecords(batch, log.where)
    const found = records.find((record) => record.offset >= log.startOffset && record.timestamp >= timestamp)
    if (found !== undefined) return found
  }
  return undefined
}
