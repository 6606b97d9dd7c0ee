import type { OffsetAnswer } from '../../kafka/kafka-topics.ts'
import type { TopicPartition } from '../../kafka/topic-partition.ts'
import { type BrokerErrorName, brokerError } from './broker-error.ts'
import type { TopicTable } from './topic-table.ts'

/** The answer to DeleteRecords for one partition; −1 stands for the end of the log. */
export function deleteRecordsBefore(
  topics: TopicTable,
  { topic, partition, beforeOffset }: TopicPartition & { readonly beforeOffset: bigint },
): OffsetAnswer {
  const answer = (offset: bigint, name?: BrokerErrorName): OffsetAnswer => {
    const error = name === undefined ? {} : { error: brokerError(name) }
    return { topic, partition, offset, timestamp: -1n, leaderEpoch: -1, ...error }
  }
  const log = topics.partition({ topic, partition })?.log
  if (log === undefined) return answer(-1n, 'UNKNOWN_TOPIC_OR_PARTITION')
  if (topics.topic(topic)?.configs.get('cleanup.policy') === 'compact') return answer(-1n, 'POLICY_VIOLATION')
  const offset = beforeOffset === -1n ? log.endOffset : beforeOffset
  if (offset < 0n || offset > log.endOffset) return answer(-1n, 'OFFSET_OUT_OF_RANGE')
  log.deleteBefore(offset)
  return answer(log.startOffset)
}
