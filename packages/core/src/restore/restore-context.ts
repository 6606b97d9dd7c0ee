import type { Environment } from '../archive/environment.ts'
import type { BlobReader } from '../archive/read-soundly.ts'
import type { BatchCodec } from '../batch/batch-codec.ts'
import type { KafkaCluster } from '../kafka/kafka-cluster.ts'
import type { ByteBudget } from '../memory/byte-budget.ts'
import type { ProduceDispatcher } from './produce-dispatcher.ts'
import type { PacedBatch } from './produce-pace.ts'
import type { ReadCounters } from './read-counters.ts'
import type { ProducedDigests } from './verification/produced-digests.ts'

/** What all streams of a run share. */
export interface RestoreContext {
  /** For the sections of the streams. */
  readonly store: BlobReader
  readonly cluster: KafkaCluster
  readonly dispatcher: ProduceDispatcher
  readonly budget: ByteBudget
  readonly counters: ReadCounters
  readonly environment: Environment
  readonly signal: AbortSignal
  /** The greatest batch that a target topic takes. */
  readonly maxBatchBytesOf: (topic: string) => number
  /** The most records that a produced batch takes; not limited where absent. */
  readonly maxBatchRecords?: number | undefined
  /** What comes in one of these codecs is compressed anew. */
  readonly missingCodecs: ReadonlySet<BatchCodec>
  /** Whether a target topic may drop records that stand in the middle. */
  readonly isCompacted: (topic: string) => boolean
  /** Whether each record is given its original offset and timestamp as headers. */
  readonly originalHeaders: boolean
  /** Waits until a batch may be sent; absent where nothing is limited. */
  readonly pace?: ((batch: PacedBatch, signal: AbortSignal) => Promise<void>) | undefined
  /** Takes what is produced in; absent where nothing is read back, or not all. */
  readonly produced?: ProducedDigests | undefined
  /** Is told that something is tried again. */
  readonly onRetry: (retry: {
    readonly operation: string
    readonly attempt: number
    readonly delayMs: number
    readonly error: unknown
  }) => void
  /** Is told of records that were acknowledged or found in the target. */
  readonly onRestored: (restored: { readonly records: number; readonly bytes: number }) => void
}
