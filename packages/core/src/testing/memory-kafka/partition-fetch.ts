import type { FetchedPartition, FetchPartition, FetchRequest } from '../../kafka/kafka-data.ts'
import type { ProtocolError } from '../../kafka/protocol-error.ts'
import { brokerError } from './broker-error.ts'
import type { PartitionLog } from './partition-log.ts'
import type { TopicTable } from './topic-table.ts'

const EMPTY = Buffer.alloc(0)

/** The answer to a fetch as things stand now: partitions in their order, until the bytes are used up. */
export function fetchNow(topics: TopicTable, request: FetchRequest): readonly FetchedPartition[] {
  let left = request.maxBytes
  let isFirst = true
  return request.partitions.map((item) => {
    const log = topics.partition(item)?.log
    if (log === undefined) return fetchError(item, brokerError('UNKNOWN_TOPIC_OR_PARTITION'))
    const maxBytes = Math.min(item.maxBytes, Math.max(left, 0))
    const fetched = fetchPartition(log, item, { isolation: request.isolation, maxBytes, minOneBatch: isFirst })
    left -= fetched.records.length
    if (fetched.records.length > 0) isFirst = false
    return fetched
  })
}

/** The answer for a partition that cannot be read. */
export function fetchError({ topic, partition }: FetchPartition, error: ProtocolError): FetchedPartition {
  const unknown = { highWatermark: -1n, lastStableOffset: -1n, logStartOffset: -1n }
  return { topic, partition, error, ...unknown, abortedTransactions: [], records: EMPTY }
}

interface PartitionFetchOptions {
  readonly isolation: FetchRequest['isolation']
  readonly maxBytes: number
  /** Only the first batch of a whole response may exceed its limit (KIP-74). */
  readonly minOneBatch: boolean
}

function fetchPartition(log: PartitionLog, item: FetchPartition, options: PartitionFetchOptions): FetchedPartition {
  const { offset, topic, partition } = item
  if (offset < log.startOffset || offset > log.endOffset) return fetchError(item, brokerError('OFFSET_OUT_OF_RANGE'))
  const isCommitted = options.isolation === 'read_committed'
  const endOffset = isCommitted ? log.lastStableOffset : log.endOffset
  const { records, nextOffset } = log.read({ ...options, offset, endOffset })
  return {
    topic,
    partition,
    highWatermark: log.endOffset,
    lastStableOffset: log.lastStableOffset,
    logStartOffset: log.startOffset,
    abortedTransactions: isCommitted ? log.transactions.abortedBetween(offset, nextOffset) : [],
    records,
  }
}
