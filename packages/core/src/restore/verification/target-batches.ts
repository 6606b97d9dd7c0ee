import { type RecordBatch, readBatches } from '../../batch/record-batch.ts'
import type { KafkaCluster } from '../../kafka/kafka-cluster.ts'
import type { TopicPartition } from '../../kafka/topic-partition.ts'
import { ownSignal } from '../../memory/own-signal.ts'
import type { RestoreContext } from '../restore-context.ts'
import { ordinalOfSequence } from '../restore-stream.ts'
import type { AnchoredStream } from '../stream-producer.ts'
import type { StreamPosition } from '../stream-progress.ts'
import { EMPTY_ANSWERS_AT_END, type FetchAnswer, fetchOnce, isOurs, logBoundsOf } from '../target-scan.ts'
import type { OrderedBatch } from './ordered-records.ts'

/** One answer is looked at while the next one is on its way. */
const FETCH_BYTES = 2 * 1024 * 1024

/** What a target holds of a stream from a position on, in the order of its log: batches that bear our producer id. */
export async function* targetBatches(
  { cluster, signal }: RestoreContext,
  { stream: { target }, anchor }: AnchoredStream,
  { from, nextOffset }: { readonly from: StreamPosition; readonly nextOffset: bigint },
): AsyncGenerator<OrderedBatch, void, undefined> {
  const { startOffset } = await logBoundsOf(cluster, target, signal)
  const fromOffset = startOffset > from.targetOffset ? startOffset : from.targetOffset
  let near = from.ordinal
  for await (const batch of logBatches(cluster, { target, fromOffset, nextOffset }, signal)) {
    if (!isOurs(batch, anchor.producer)) continue
    const firstOrdinal = ordinalOfSequence(batch.baseSequence, near)
    near = firstOrdinal + batch.lastOffsetDelta + 1
    yield { batch, firstOrdinal, fromOffset }
  }
}

interface LogRange {
  readonly target: TopicPartition
  readonly fromOffset: bigint
  readonly nextOffset: bigint
}

/** All batches of a range, each to be read before the next one is asked for: then its memory may serve again. */
async function* logBatches(
  cluster: KafkaCluster,
  { target, fromOffset, nextOffset }: LogRange,
  signal: AbortSignal,
): AsyncGenerator<RecordBatch, void, undefined> {
  const left = new AbortController()
  const reading = ownSignal(signal, left.signal)
  const fetchAt = (offset: bigint) =>
    heldBack(fetchOnce(cluster, { ...target, offset, maxBytes: FETCH_BYTES }, reading))
  let offset = fromOffset
  let ahead = offset < nextOffset ? fetchAt(offset) : undefined
  try {
    for (let empty = 0; ahead !== undefined; ) {
      const { fetched, isThrottled, release } = await ahead
      const batches = [...readBatches(fetched.records, target)].filter((batch) => batch.nextOffset > offset)
      const before = offset
      offset = batches.at(-1)?.nextOffset ?? offset
      empty = offset > before || isThrottled ? 0 : empty + 1
      // Whether the end of the log may still move was waited for before.
      const isEnd = offset >= nextOffset || (offset >= fetched.highWatermark && !isThrottled)
      ahead = isEnd || empty === EMPTY_ANSWERS_AT_END ? undefined : fetchAt(offset)
      yield* batches
      release()
    }
  } finally {
    left.abort()
    await ahead?.catch(() => undefined)
  }
}

/** A failure is thrown where the answer is awaited; until then it must not count as unhandled. */
function heldBack(answer: Promise<FetchAnswer>): Promise<FetchAnswer> {
  answer.catch(() => undefined)
  return answer
}
