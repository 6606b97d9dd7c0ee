import { sumOf } from '../../collections/sum-of.ts'
import type { RestoreStream, SectionSlice } from '../restore-stream.ts'
import type { ActiveStream } from '../stream-run.ts'

/** How much of what a restore reads of an object stands in the target. */
export interface ObjectProgress {
  readonly key: string
  /** Bytes of record batches, before the archive compressed them. */
  readonly restoredBytes: number
  readonly isComplete: boolean
}

/**
 * How far the objects of an archive are restored, in the order of the streams. Inside of a section bytes follow from
 * offsets, as though all its records were of one size.
 */
export function objectProgress(active: readonly ActiveStream[]): readonly ObjectProgress[] {
  const objects = new Map<string, ObjectProgress>()
  for (const [slice, restored] of restoredOffsets(active)) {
    const { key } = slice.entry
    const { restoredBytes, isComplete } = objects.get(key) ?? { restoredBytes: 0, isComplete: true }
    objects.set(key, {
      key,
      restoredBytes: restoredBytes + bytesUpTo(slice, restored),
      isComplete: isComplete && restored >= slice.nextOffset,
    })
  }
  return [...objects.values()]
}

/** What of a restore stands in the target already, by what is known of it. */
export function standOf(active: readonly ActiveStream[]): { readonly objects: number; readonly records: number } {
  return {
    objects: objectProgress(active).filter(({ isComplete }) => isComplete).length,
    records: sumOf(active, ({ progress }) => progress.position.ordinal),
  }
}

/** Of streams that share a slice, because records go by their keys, the one that is behind counts. */
function restoredOffsets(active: readonly ActiveStream[]): ReadonlyMap<SectionSlice, bigint> {
  const offsets = new Map<SectionSlice, bigint>()
  for (const { stream, progress } of active) {
    const reached = progress.isDone ? endOf(stream) : progress.position.sourceOffset
    for (const slice of stream.slices) {
      const before = offsets.get(slice)
      const restored = within(slice, reached)
      offsets.set(slice, before === undefined || restored < before ? restored : before)
    }
  }
  return offsets
}

function endOf({ slices }: RestoreStream): bigint {
  return slices.at(-1)?.nextOffset ?? 0n
}

function within({ startOffset, nextOffset }: SectionSlice, offset: bigint): bigint {
  if (offset < startOffset) return startOffset
  return offset > nextOffset ? nextOffset : offset
}

function bytesUpTo({ entry, startOffset }: SectionSlice, restored: bigint): number {
  const whole = entry.nextOffset - entry.startOffset
  return whole > 0n ? Number(((restored - startOffset) * BigInt(entry.logBytes)) / whole) : 0
}
