import { type RecordBatch, readBatches } from '../batch/record-batch.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import { refusalCode } from '../kafka/forbidden.ts'
import type { KafkaCluster } from '../kafka/kafka-cluster.ts'
import type { FetchedPartition, FetchRequest, FetchResponse, ProducerIdentity } from '../kafka/kafka-data.ts'
import type { OffsetQuery } from '../kafka/kafka-topics.ts'
import type { ProtocolError } from '../kafka/protocol-error.ts'
import { partitionName, type TopicPartition } from '../kafka/topic-partition.ts'
import { ordinalOfSequence } from './restore-stream.ts'
import { appendTargetRun, type TargetRun } from './restored-runs.ts'

const SCAN_FETCH_BYTES = 4 * 1024 * 1024
export const SCAN_WAIT_MS = 500
/** So often in a row a leader must say that nothing follows before a hole at the end of a compacted log is believed. */
export const EMPTY_ANSWERS_AT_END = 5
const OFFSET_OUT_OF_RANGE = 1
const UNKNOWN_TOPIC_OR_PARTITION = 3

export interface TargetScan {
  readonly target: TopicPartition
  readonly producer: ProducerIdentity
  readonly fromOffset: bigint
  /** The ordinal that the first batch of ours at or after `fromOffset` is expected to begin with. */
  readonly nearOrdinal: number
}

/** What a scan found, and where: the log may have lost its beginning. */
export interface ScannedTarget {
  /** Batches of ours, in the order of the log; such that continue each other are one. */
  readonly runs: readonly TargetRun[]
  readonly startOffset: bigint
  readonly endOffset: bigint
}

/**
 * Finds the batches that a producer id wrote to a partition, from an offset to its end, by their headers alone.
 *
 * A header keeps base sequence and last offset delta for good, also when compaction takes records out of the batch.
 */
export async function scanTarget(cluster: KafkaCluster, scan: TargetScan, signal: AbortSignal): Promise<ScannedTarget> {
  const bounds = await logBoundsOf(cluster, scan.target, signal)
  const startOffset = bounds.startOffset > scan.fromOffset ? bounds.startOffset : scan.fromOffset
  const collection: Collection = { scan, runs: [], nextOffset: startOffset }
  for (let empty = 0; collection.nextOffset < bounds.endOffset && empty < EMPTY_ANSWERS_AT_END; ) {
    const { nextOffset } = collection
    const { fetched, isThrottled, release } = await fetchOnce(cluster, { ...scan.target, offset: nextOffset }, signal)
    collectRuns(fetched, collection)
    release()
    // What a quota holds back is not absent.
    if (collection.nextOffset > nextOffset || isThrottled) empty = 0
    else empty += 1
  }
  return { runs: collection.runs, startOffset, endOffset: bounds.endOffset }
}

interface Collection {
  readonly scan: TargetScan
  readonly runs: TargetRun[]
  nextOffset: bigint
}

function collectRuns(fetched: FetchedPartition, collection: Collection): void {
  const { scan, runs } = collection
  for (const batch of readBatches(fetched.records, scan.target)) {
    if (batch.nextOffset <= collection.nextOffset) continue
    collection.nextOffset = batch.nextOffset
    if (!isOurs(batch, scan.producer)) continue
    const last = runs.at(-1)
    const near = last === undefined ? scan.nearOrdinal : last.firstOrdinal + last.count
    const firstOrdinal = ordinalOfSequence(batch.baseSequence, near)
    appendTargetRun(runs, { firstOrdinal, count: batch.lastOffsetDelta + 1, targetFirst: batch.baseOffset })
  }
}

export function isOurs(batch: RecordBatch, { producerId, producerEpoch }: ProducerIdentity): boolean {
  return batch.producerId === producerId && batch.producerEpoch === producerEpoch && !batch.isControl
}

export interface FetchAnswer {
  readonly fetched: FetchedPartition
  readonly isThrottled: boolean
  /** Says that nobody reads the batches any more. */
  readonly release: () => void
}

/** What one request asks for. */
export interface FetchedPlace extends TopicPartition {
  readonly offset: bigint
  /** 4 MiB unless said otherwise. */
  readonly maxBytes?: number | undefined
}

/** What stands at an offset, as far as one request brings it. */
export async function fetchOnce(
  cluster: KafkaCluster,
  { maxBytes = SCAN_FETCH_BYTES, ...partition }: FetchedPlace,
  signal: AbortSignal,
  isolation: FetchRequest['isolation'] = 'read_uncommitted',
): Promise<FetchAnswer> {
  const response = await cluster.fetch(
    {
      partitions: [{ ...partition, maxBytes }],
      maxBytes,
      minBytes: 1,
      maxWaitMs: SCAN_WAIT_MS,
      isolation,
    },
    { signal },
  )
  const release = () => response.release?.()
  return { fetched: fetchedOf(response, partition), isThrottled: response.throttleTimeMs > 0, release }
}

function fetchedOf({ partitions }: FetchResponse, where: TopicPartition): FetchedPartition {
  const [fetched] = partitions
  if (fetched !== undefined && fetched.error === undefined) return fetched
  const error = fetched?.error
  // The log has lost its beginning since it was asked for its bounds: the next scan begins where it begins now.
  throw cannotRead(where, error, { retryable: error?.code === OFFSET_OUT_OF_RANGE })
}

/** Where a log begins and ends, as a consumer can read it. */
export interface LogBounds {
  readonly startOffset: bigint
  readonly endOffset: bigint
}

export async function logBoundsOf(
  cluster: KafkaCluster,
  target: TopicPartition,
  signal: AbortSignal,
): Promise<LogBounds> {
  const places = (['earliest', 'latest'] as const).map((at) => offsetAt(cluster, { ...target, at }, signal))
  const [startOffset = 0n, endOffset = 0n] = await Promise.all(places)
  return { startOffset, endOffset }
}

/** What the leader of a target partition answers about one place of its log. */
export async function offsetAt(cluster: KafkaCluster, query: OffsetQuery, signal: AbortSignal): Promise<bigint> {
  const [answer] = await cluster.listOffsets([query], { signal })
  if (answer !== undefined && answer.error === undefined) return answer.offset
  throw cannotRead(query, answer?.error)
}

function cannotRead(
  { topic, partition }: TopicPartition,
  error: ProtocolError | undefined,
  { retryable = false }: { readonly retryable?: boolean } = {},
): KbackupError {
  if (error?.code === UNKNOWN_TOPIC_OR_PARTITION) return notThere({ topic, partition })
  const reason = error?.name ?? 'no answer'
  return new KbackupError(refusalCode(error), {
    message: `target partition ${partitionName({ topic, partition })} cannot be read: ${reason}`,
    hint: 'a restore that goes on, and the proof at its end, must see what stands in the target: check the topic, and grant Read on it',
    details: { topic, partition, error: reason },
    retryable: retryable || (error?.retriable ?? false),
  })
}

function notThere({ topic, partition }: TopicPartition): KbackupError {
  return new KbackupError('KB_TOPIC_NOT_FOUND', {
    message: `target partition ${partitionName({ topic, partition })} is not there: topic ${topic} was deleted since records were restored into it, or has fewer partitions now`,
    hint: 'restore it again, with startNew, or check that the brokers are those that it was restored into',
    details: { topic, partition },
  })
}
