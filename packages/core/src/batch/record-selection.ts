import type { RecordCursor } from './record-cursor.ts'

/** Offsets `[startOffset, nextOffset)`. */
export interface OffsetBounds {
  readonly startOffset: bigint
  readonly nextOffset: bigint
}

/** An inclusive range of record timestamps in epoch milliseconds; either end may be open. */
export interface TimestampWindow {
  readonly start?: bigint | undefined
  readonly end?: bigint | undefined
}

/** Which records of a partition are wanted: those inside the bounds and inside the window. */
export interface RecordSelection {
  readonly bounds: OffsetBounds
  readonly window: TimestampWindow
}

/** Whether the record a cursor stands on is wanted. */
export function isSelected(cursor: RecordCursor, { bounds, window }: RecordSelection): boolean {
  const { offset } = cursor
  if (offset < bounds.startOffset || offset >= bounds.nextOffset) return false
  if (window.start === undefined && window.end === undefined) return true
  const { timestamp } = cursor
  return (
    (window.start === undefined || timestamp >= window.start) && (window.end === undefined || timestamp <= window.end)
  )
}
