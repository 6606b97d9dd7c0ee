import { viewBatch } from '../../batch/record-batch.ts'
import type { TopicPartition } from '../../kafka/topic-partition.ts'
import { packedStream } from '../packed-stream.ts'
import type { RestoreContext } from '../restore-context.ts'
import type { AnchoredStream } from '../stream-producer.ts'
import type { StreamPosition } from '../stream-progress.ts'
import { type OrderedBatch, OrderedRecords } from './ordered-records.ts'
import type { RecordDigest } from './record-digest.ts'
import { targetBatches } from './target-batches.ts'

/** Where target and archive differ first. */
export interface RecordDifference {
  /** The place of the record in its stream. */
  readonly ordinal: number
  /** `null` where the target lacks it. */
  readonly targetOffset: bigint | null
  readonly what: 'content' | 'timestamp' | 'missing' | 'doubled' | 'surplus'
}

/** What came of comparing a stream with what its target holds. */
export interface StreamProof {
  readonly source: TopicPartition
  readonly target: TopicPartition
  /** Records that were read on both sides. */
  readonly compared: number
  /** Records that compaction, or a retention that was accepted, has taken out of the target since. */
  readonly removedSince: number
  /** Over these records as the archive gives them, and as the target does. */
  readonly archiveDigest: string
  readonly targetDigest: string
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

/** The digests of a comparison; several parts of one stream share them. */
export interface ProofDigests {
  readonly archive: RecordDigest
  readonly target: RecordDigest
}

export type PartialProof = Pick<StreamProof, 'compared' | 'removedSince' | 'difference'>

/** Reads the stream from the archive as it was produced, reads it back from the target, and compares the two record by record. */
export async function proveStream(
  context: RestoreContext,
  anchored: AnchoredStream,
  scope: ProofScope,
  digests: ProofDigests,
): Promise<PartialProof> {
  const { stream } = anchored
  const archived = new OrderedRecords(archivedBatches(context, anchored, scope.from), stream.source, context.signal)
  const found = new OrderedRecords(targetBatches(context, anchored, scope), stream.target, context.signal)
  try {
    return await compare({ archived, found, scope, digests })
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

interface Comparison {
  readonly archived: OrderedRecords
  readonly found: OrderedRecords
  readonly scope: ProofScope
  readonly digests: ProofDigests
}

async function compare({ archived, found, scope, digests }: Comparison): Promise<PartialProof> {
  const end = scope.from.ordinal + scope.records
  let [compared, removedSince] = [0, 0]
  await found.load()
  for (;;) {
    if (!archived.step()) await archived.load()
    const { cursor, ordinal } = archived
    if (cursor === undefined || ordinal >= end) break
    if (found.ordinal < ordinal) return { compared, removedSince, difference: foundAt(found, 'doubled') }
    if (found.cursor === undefined || found.ordinal > ordinal) {
      if (!scope.mayRemove) return { compared, removedSince, difference: missingAt(ordinal) }
      removedSince += 1
      continue
    }
    const isStamped = scope.mayOverwriteTimes && found.isLogAppendTime
    const what = differenceOf(cursor, found.cursor, isStamped)
    digests.archive.add(cursor, cursor.timestamp)
    digests.target.add(found.cursor, isStamped ? cursor.timestamp : found.cursor.timestamp)
    if (what !== null) return { compared, removedSince, difference: foundAt(found, what) }
    compared += 1
    if (!found.step()) await found.load()
  }
  return { compared, removedSince, difference: surplusOf(archived, { found, end }) }
}

function missingAt(ordinal: number): RecordDifference {
  return { ordinal, targetOffset: null, what: 'missing' }
}

type Cursor = NonNullable<OrderedRecords['cursor']>

function differenceOf(archived: Cursor, found: Cursor, isStamped: boolean): 'content' | 'timestamp' | null {
  const { payload, bodyStart, bodyEnd } = found
  const isSame = archived.payload.compare(payload, bodyStart, bodyEnd, archived.bodyStart, archived.bodyEnd) === 0
  if (!isSame) return 'content'
  return isStamped || archived.timestamp === found.timestamp ? null : 'timestamp'
}

function foundAt({ cursor, ordinal }: OrderedRecords, what: RecordDifference['what']): RecordDifference {
  return { ordinal, targetOffset: cursor?.offset ?? null, what }
}

/** Whether the target has records of the stream beyond its end; only who has read all of the stream can tell. */
function surplusOf(
  archived: OrderedRecords,
  { found, end }: { readonly found: OrderedRecords; readonly end: number },
): RecordDifference | null {
  if (archived.cursor !== undefined || found.cursor === undefined) return null
  return foundAt(found, found.ordinal < end ? 'doubled' : 'surplus')
}
