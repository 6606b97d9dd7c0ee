import type { RecordBatch } from './record-batch.ts'
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

/** Says of the record a cursor stands on whether it is wanted. */
export type RecordFilter = (cursor: RecordCursor) => boolean

/** The filter for one batch: it tests only what the header has not settled, and numbers rather than bigints. */
export function recordFilter(batch: RecordBatch, { bounds, window }: RecordSelection): RecordFilter {
  const inBounds = boundsFilter(batch, bounds)
  const inWindow = windowFilter(batch, window)
  if (inBounds === undefined) return inWindow ?? (() => true)
  if (inWindow === undefined) return inBounds
  return (cursor) => inBounds(cursor) && inWindow(cursor)
}

function boundsFilter(batch: RecordBatch, { startOffset, nextOffset }: OffsetBounds): RecordFilter | undefined {
  if (batch.baseOffset >= startOffset && batch.nextOffset <= nextOffset) return undefined
  const first = Number(startOffset - batch.baseOffset)
  const next = Number(nextOffset - batch.baseOffset)
  return ({ offsetDelta }) => offsetDelta >= first && offsetDelta < next
}

function windowFilter(batch: RecordBatch, { start, end }: TimestampWindow): RecordFilter | undefined {
  if (start === undefined && (end === undefined || batch.maxTimestamp <= end)) return undefined
  // Narrow deltas are below 2^48: a bound that is rounded lies far beyond them, and still compares as it should.
  const first = start === undefined ? Number.NEGATIVE_INFINITY : Number(start - batch.baseTimestamp)
  const last = end === undefined ? Number.POSITIVE_INFINITY : Number(end - batch.baseTimestamp)
  return (cursor) => {
    const delta = cursor.narrowDelta
    if (delta !== undefined) return delta >= first && delta <= last
    const { timestamp } = cursor
    return (start === undefined || timestamp >= start) && (end === undefined || timestamp <= end)
  }
}

/** What the header alone tells: no record of the batch can be wanted. */
export function isOutside(batch: RecordBatch, { bounds, window }: RecordSelection): boolean {
  if (batch.baseOffset >= bounds.nextOffset || batch.nextOffset <= bounds.startOffset) return true
  return window.start !== undefined && batch.maxTimestamp < window.start
}
