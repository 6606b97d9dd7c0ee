import { type RecordBatch, readBatches } from '../batch/record-batch.ts'
import type { FetchedPartition } from '../kafka/kafka-data.ts'
import type { ProtocolError } from '../kafka/protocol-error.ts'

/** What an answer to a fetch means for a partition that is read up to a fixed offset. */
export type FetchMeaning =
  /** Batches that reach into `[offset, stop)`, and where to go on; the stop where nothing else lies before it. */
  | { readonly kind: 'data'; readonly batches: readonly RecordBatch[]; readonly nextOffset: bigint }
  /** Nothing is learned: ask again, alone, or after a while. */
  | { readonly kind: 'again'; readonly alone: boolean; readonly delayMs: number }
  | { readonly kind: 'failed'; readonly error: ProtocolError }

/** What was asked for. */
export interface FetchContext {
  readonly offset: bigint
  readonly stopOffset: bigint
  /** Whether the partition had the request to itself. */
  readonly alone: boolean
  readonly throttleTimeMs: number
  /** Whether the log can have holes at all. */
  readonly mayHaveHoles: boolean
}

const LAGGING_DELAY_MS = 100
const MAX_THROTTLE_DELAY_MS = 10_000

/**
 * Tells data from holes from answers without meaning.
 *
 *     offset ──[ batch ][ batch ]── hole ──[ batch … )stop … ]
 *
 * Where to go on is `lastOffset + 1` of the last batch's header, whatever records were compacted out of it. A batch at or
 * beyond the stop proves that nothing is left before it. So does an empty answer, but only to a request for this
 * partition alone, from a leader that is stable up to the stop, outside of any quota. A log in tiered storage has no holes,
 * since it is never compacted, and brokers answer with nothing when its remote part takes them too long (KIP-405, KIP-1018).
 */
export function readFetchAnswer(fetched: FetchedPartition, context: FetchContext): FetchMeaning {
  if (fetched.error !== undefined) return { kind: 'failed', error: fetched.error }
  const { offset, stopOffset } = context
  const batches: RecordBatch[] = []
  let nextOffset = offset
  for (const batch of readBatches(fetched.records, fetched)) {
    if (batch.baseOffset >= stopOffset) return { kind: 'data', batches, nextOffset: stopOffset }
    if (batch.nextOffset <= offset) continue
    batches.push(batch)
    nextOffset = batch.nextOffset < stopOffset ? batch.nextOffset : stopOffset
  }
  return batches.length > 0 ? { kind: 'data', batches, nextOffset } : readEmptyAnswer(fetched, context)
}

function readEmptyAnswer(
  { lastStableOffset, records }: FetchedPartition,
  { stopOffset, alone, throttleTimeMs, mayHaveHoles }: FetchContext,
): FetchMeaning {
  if (throttleTimeMs > 0) return { kind: 'again', alone, delayMs: Math.min(throttleTimeMs, MAX_THROTTLE_DELAY_MS) }
  if (!alone) return { kind: 'again', alone: true, delayMs: 0 }
  // A leader that was just elected has yet to hear of its followers how far the log is stable. A batch that did not come
  // whole is no hole.
  if (lastStableOffset < stopOffset || records.length > 0 || !mayHaveHoles)
    return { kind: 'again', alone, delayMs: LAGGING_DELAY_MS }
  return { kind: 'data', batches: [], nextOffset: stopOffset }
}
