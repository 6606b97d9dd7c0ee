import { sumOf } from '../../collections/sum-of.ts'
import type { ArchivedCopy, RecordFilter, SectionSlice } from '../restore-stream.ts'
import type { PlannedTopic } from '../topic-planning.ts'
import type { TopicCopies } from './archived-copies.ts'
import { copiesWithin } from './copy-runs.ts'

/** The topics of a plan, with streams that leave out the copies of their partitions. */
export function withoutCopies(
  topics: readonly PlannedTopic[],
  copies: readonly TopicCopies[],
): readonly PlannedTopic[] {
  const partitionsOf = new Map(copies.map(({ topic, partitions }) => [topic, partitions]))
  return topics.map((planned) => ({
    ...planned,
    streams: planned.streams.map((stream) => {
      const dropCopies = partitionsOf.get(stream.source.topic)?.get(stream.source.partition) ?? []
      return { ...stream, filter: { ...stream.filter, dropCopies } }
    }),
  }))
}

/** Those of some copies that groups may have been going to read at a moment: what a restore appended later was not there yet. */
export function copiesAsOf(copies: readonly ArchivedCopy[], atMs: bigint | null): readonly ArchivedCopy[] {
  return copies.filter(({ appendedAtMs }) => atMs === null || appendedAtMs <= atMs)
}

/** Those of the copies that are left out which groups may have been going to read at the end of the window. */
export function readableCopies({
  window,
  dropCopies,
}: Pick<RecordFilter, 'window' | 'dropCopies'>): readonly ArchivedCopy[] {
  return copiesAsOf(dropCopies, window.end)
}

/** The most records that a slice can hold of what is not left out as a copy. */
export function mostRecords(slice: SectionSlice, filter: Pick<RecordFilter, 'dropCopies'>): number {
  const { entry, startOffset, nextOffset } = slice
  return Math.min(entry.records, Number(nextOffset - startOffset) - copiesIn(slice, filter))
}

/** Whether that many records are left: a cleaner may have taken copies as well as others. */
export function isCountable(slice: SectionSlice, filter: Pick<RecordFilter, 'dropCopies'>): boolean {
  const { entry, startOffset, nextOffset } = slice
  return copiesIn(slice, filter) === 0 || entry.records === Number(nextOffset - startOffset)
}

function copiesIn(slice: SectionSlice, { dropCopies }: Pick<RecordFilter, 'dropCopies'>): number {
  return sumOf(
    dropCopies.flatMap((run) => copiesWithin(run, [slice])),
    ({ count }) => count,
  )
}
