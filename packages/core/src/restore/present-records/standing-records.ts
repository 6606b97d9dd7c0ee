import { AbortedFilter } from '../../batch/aborted-filter.ts'
import { batchPayload } from '../../batch/batch-payload.ts'
import { type RecordBatch, readBatches } from '../../batch/record-batch.ts'
import { RecordCursor } from '../../batch/record-cursor.ts'
import type { KafkaCluster } from '../../kafka/kafka-cluster.ts'
import type { TopicPartition } from '../../kafka/topic-partition.ts'
import { EMPTY_ANSWERS_AT_END, fetchOnce, type LogBounds } from '../target-scan.ts'

export interface StandingLog {
  readonly cluster: KafkaCluster
  readonly target: TopicPartition
  readonly bounds: LogBounds
}

/**
 * What a read_committed consumer would read of a target partition, batch by batch: records of aborted transactions are not
 * there, and those of open ones not yet.
 */
export async function* standingRecords(
  { cluster, target, bounds }: StandingLog,
  signal: AbortSignal,
): AsyncGenerator<Iterable<RecordCursor>, void, undefined> {
  let offset = bounds.startOffset
  for (let empty = 0; offset < bounds.endOffset && empty < EMPTY_ANSWERS_AT_END; ) {
    const from = offset
    const { fetched, isThrottled } = await fetchOnce(cluster, { ...target, offset }, signal, 'read_committed')
    const filter = new AbortedFilter(fetched.abortedTransactions, target)
    for (const batch of readBatches(fetched.records, target)) {
      const isData = filter.visibilityOf(batch) === 'data'
      if (batch.nextOffset <= offset) continue
      if (isData) yield await opened(batch, { target, from: offset, signal })
      offset = batch.nextOffset
    }
    if (offset >= fetched.lastStableOffset) return
    empty = offset > from || isThrottled ? 0 : empty + 1
  }
}

interface Opening {
  readonly target: TopicPartition
  readonly from: bigint
  readonly signal: AbortSignal
}

/** Brokers give whole batches, with records that were deleted. */
async function opened(batch: RecordBatch, { target, from, signal }: Opening): Promise<Iterable<RecordCursor>> {
  const payload = await batchPayload(batch, target, { signal })
  const cursor = new RecordCursor(batch, payload, target)
  return recordsFrom(cursor, Number(from - batch.baseOffset))
}

function* recordsFrom(cursor: RecordCursor, leastDelta: number): Generator<RecordCursor, void, undefined> {
  while (cursor.next()) if (cursor.offsetDelta >= leastDelta) yield cursor
}
