import type { PartitionLineage, SectionEntry } from '../archive/commit.ts'
import type { KeyFilter } from '../batch/key-filter.ts'
import type { ProducerIdentity } from '../kafka/kafka-data.ts'
import type { TopicPartition } from '../kafka/topic-partition.ts'
import type { CopiedRun } from '../offsets/copied-run.ts'
import type { RestoredRun } from './journal-entries.ts'
import type { RecordTransform } from './record-transform.ts'
import type { TimeWindow } from './time-window.ts'

/** The part `[startOffset, nextOffset)` of a section that belongs to a stream. */
export interface SectionSlice {
  readonly entry: SectionEntry
  readonly startOffset: bigint
  readonly nextOffset: bigint
}

/** Whether all that its section counts belongs to a slice: what was truncated at the source counts, but is not restored. */
export function isWholeSection({ entry, startOffset, nextOffset }: SectionSlice): boolean {
  return startOffset === entry.startOffset && nextOffset === entry.nextOffset
}

/** Which records of a source partition belong to a stream; the same on every run of a restore. */
export interface RecordFilter {
  readonly window: TimeWindow
  /** Records that alone make a batch above this are left out; `null` leaves out nothing. */
  readonly dropAboveBytes: number | null
  /** Records without a key are left out. */
  readonly dropNullKeys: boolean
  /** Records that are left out because they are copies of others of the same partition; in order and apart. */
  readonly dropCopies: readonly ArchivedCopy[]
}

/** Records that a restore appended to the very log that they had come from. */
export interface ArchivedCopy extends CopiedRun {
  /** When that restore was begun: before, nobody can have read them. */
  readonly appendedAtMs: bigint
  /** Its producer: where a log was cut off and written to again, others stand at the same offsets. */
  readonly producerId: bigint
}

/**
 * The records that go from one source partition to one target partition, in order.
 *
 * A record's **ordinal** is its place in the stream, from 0; modulo 2^31 it is the sequence number under which
 * it is produced, so that it does not depend on how a run cuts the stream into batches.
 */
export interface RestoreStream {
  readonly source: PartitionLineage
  readonly target: TopicPartition
  /** In offset order, without overlap. */
  readonly slices: readonly SectionSlice[]
  readonly filter: RecordFilter
  /** Which records belong to it by their keys; `null` where all do. */
  readonly wantsKey: KeyFilter | null
  /** What its records pass through, once their own keys were looked at; `null` where they stay as they are. */
  readonly transform: RecordTransform | null
  /** Which of the records that a transform makes belong to it; `null` where all do. */
  readonly takesKey: KeyFilter | null
}

/** What the journal fixes for a stream before its first record is produced. */
export interface StreamAnchor {
  readonly producer: ProducerIdentity
  /** The end of the target partition before the first record: nothing of this restore stands below it. */
  readonly targetStartOffset: bigint
  /** Records of the stream that stood in the target before: in the order of the source, and not produced again. */
  readonly present: readonly RestoredRun[]
}

/** Sequence numbers run from 0 to 2^31 − 1 and then from 0 again. */
export const SEQUENCE_MODULUS = 2 ** 31

export function sequenceOfOrdinal(ordinal: number): number {
  return ordinal % SEQUENCE_MODULUS
}

/**
 * The ordinal that a sequence number stands for, being the one nearest to an ordinal that is known.
 *
 * ```
 * known ordinal    2^31 + 5          sequence 3            → 2^31 + 3   (2 behind, not 2^31 − 2 ahead)
 * ```
 */
export function ordinalOfSequence(sequence: number, near: number): number {
  const ahead = (((sequence - near) % SEQUENCE_MODULUS) + SEQUENCE_MODULUS) % SEQUENCE_MODULUS
  const ordinal = ahead < SEQUENCE_MODULUS / 2 ? near + ahead : near + ahead - SEQUENCE_MODULUS
  return ordinal < 0 ? ordinal + SEQUENCE_MODULUS : ordinal
}
