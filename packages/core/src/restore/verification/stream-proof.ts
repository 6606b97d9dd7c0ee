import { viewBatch } from '../../batch/record-batch.ts'
import type { TopicPartition } from '../../kafka/topic-partition.ts'
import { packedStream } from '../packed-stream.ts'
import type { RestoreContext } from '../restore-context.ts'
import type { AnchoredStream } from '../stream-producer.ts'
import type { StreamPosition } from '../stream-progress.ts'
import { type OrderedBatch, OrderedRecords } from './ordered-records.ts'
import type { PairedDigest } from './paired-digest.ts'
import {
  type ComparedRecords,
  compareRecords,
  type DifferenceCounts,
  type RecordDifference,
} from './record-comparison.ts'
import { targetBatches } from './target-batches.ts'

/** What came of comparing a stream with what its target holds. */
export interface StreamProof extends DifferenceCounts {
  readonly source: TopicPartition
  readonly target: TopicPartition
  /** Records that were read on both sides, and are equal. */
  readonly compared: number
  /** Records that compaction, or a retention that was accepted, has taken out of the target since. */
  readonly removedSince: number
  /** Over these records as the archive gives them, and as the target does. */
  readonly archiveDigest: string
  readonly targetDigest: string
  /** The first one. */
  readonly difference: RecordDifference | null
}

/** Up to where, and how strictly, a stream is compared. */
export interface ProofScope {
  readonly from: StreamPosition
  /** Records of the stream from there on that are compared. */
  readonly records: number
  /** Nothing of the stream stands at this target offset or behind it. */
  readonly nextOffset: bigint
  /** Whether the target may have removed records since: by compaction, or because a retention was accepted. */
  readonly mayRemove: boolean
  /** Whether it is accepted that the target gave the records times of its own. */
  readonly mayOverwriteTimes: boolean
}

/** Reads the stream from the archive as it was produced, reads it back from the target, and compares the two record by record. */
export async function compareStream(
  context: RestoreContext,
  anchored: AnchoredStream,
  scope: ProofScope,
  digests: PairedDigest,
): Promise<ComparedRecords> {
  const { stream } = anchored
  const archived = new OrderedRecords(archivedBatches(context, anchored, scope.from), stream.source, context.signal)
  const found = new OrderedRecords(targetBatches(context, anchored, scope), stream.target, context.signal)
  try {
    return await compareRecords({ ...scope, archived, found, end: scope.from.ordinal + scope.records, digests })
  } finally {
    await archived.close()
    await found.close()
  }
}

/** The batches are numbered from 0, as they are produced. */
async function* archivedBatches(
  context: RestoreContext,
  anchored: AnchoredStream,
  from: StreamPosition,
): AsyncGenerator<OrderedBatch, void, undefined> {
  for await (const { bytes, firstOrdinal, lease } of packedStream(context, anchored, from)) {
    try {
      yield { batch: viewBatch(bytes, anchored.stream.source), firstOrdinal }
    } finally {
      lease.release()
    }
  }
}
