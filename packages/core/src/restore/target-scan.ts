import { readBatches } from '../batch/record-batch.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import type { KafkaCluster } from '../kafka/kafka-cluster.ts'
import type { FetchedPartition, ProducerIdentity } from '../kafka/kafka-data.ts'
import { partitionName, type TopicPartition } from '../kafka/topic-partition.ts'
import { ordinalOfSequence } from './restore-stream.ts'
import type { TargetRun } from './restored-runs.ts'

const SCAN_FETCH_BYTES = 4 * 1024 * 1024
const SCAN_WAIT_MS = 500
const MAX_EMPTY_ANSWERS = 20

export interface TargetScan {
  readonly target: TopicPartition
  readonly producer: ProducerIdentity
  readonly fromOffset: bigint
  /** The ordinal that the first batch of ours at or after `fromOffset` is expected to begin with. */
  readonly nearOrdinal: number
}

/**
 * Finds the batches that a producer id wrote to a partition, from an offset to its end, by their headers alone.
 *
 * A header keeps base sequence and last offset delta for good, also when compaction takes records out of the batch.
 */
export async function scanTarget(
  cluster: KafkaCluster,
  scan: TargetScan,
  signal: AbortSignal,
): Promise<readonly TargetRun[]> {
  const end = await endOffsetOf(cluster, scan.target, signal)
  const runs: TargetRun[] = []
  let offset = scan.fromOffset
  for (let empty = 0; offset < end; ) {
    const fetched = await fetchOnce(cluster, { ...scan.target, offset, maxBytes: SCAN_FETCH_BYTES }, signal)
    const next = collectRuns(fetched, { scan, offset, runs })
    empty = next === offset ? empty + 1 : 0
    if (empty > MAX_EMPTY_ANSWERS) break
    offset = next
  }
  return runs
}

interface Collection {
  readonly scan: TargetScan
  readonly offset: bigint
  readonly runs: TargetRun[]
}

function collectRuns(fetched: FetchedPartition, { scan, offset, runs }: Collection): bigint {
  let next = offset
  for (const batch of readBatches(fetched.records, scan.target)) {
    next = batch.nextOffset > next ? batch.nextOffset : next
    const isOurs = batch.producerId === scan.producer.producerId && batch.producerEpoch === scan.producer.producerEpoch
    if (!isOurs || batch.isControl || batch.nextOffset <= offset) continue
    const last = runs.at(-1)
    const near = last === undefined ? scan.nearOrdinal : last.firstOrdinal + last.count
    const firstOrdinal = ordinalOfSequence(batch.baseSequence, near)
    runs.push({ firstOrdinal, count: batch.lastOffsetDelta + 1, targetFirst: batch.baseOffset })
  }
  return next
}

async function fetchOnce(
  cluster: KafkaCluster,
  partition: TopicPartition & { readonly offset: bigint; readonly maxBytes: number },
  signal: AbortSignal,
): Promise<FetchedPartition> {
  const { partitions } = await cluster.fetch(
    {
      partitions: [partition],
      maxBytes: SCAN_FETCH_BYTES,
      minBytes: 1,
      maxWaitMs: SCAN_WAIT_MS,
      isolation: 'read_uncommitted',
    },
    { signal },
  )
  const [fetched] = partitions
  if (fetched === undefined || fetched.error !== undefined) {
    throw cannotRead(partition, fetched?.error?.name ?? 'no answer', fetched?.error?.retriable ?? false)
  }
  return fetched
}

export async function endOffsetOf(cluster: KafkaCluster, target: TopicPartition, signal: AbortSignal): Promise<bigint> {
  const [answer] = await cluster.listOffsets([{ ...target, at: 'latest' }], { signal })
  if (answer === undefined || answer.error !== undefined) {
    throw cannotRead(target, answer?.error?.name ?? 'no answer', answer?.error?.retriable ?? false)
  }
  return answer.offset
}

function cannotRead(target: TopicPartition, reason: string, retryable: boolean): KbackupError {
  return new KbackupError('KB_KAFKA_PROTOCOL', {
    message: `target partition ${partitionName(target)} cannot be read: ${reason}`,
    hint: 'a restore that goes on must see what stands in the target; check the topic and the right to read it',
    details: { topic: target.topic, partition: target.partition, error: reason },
    retryable,
  })
}
