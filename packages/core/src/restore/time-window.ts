import { isoTime } from '../config/iso-time.ts'

/** An inclusive range of record timestamps in epoch milliseconds; `null` is an open end. */
export interface TimeWindow {
  readonly start: bigint | null
  readonly end: bigint | null
}

export const EVERYTHING: TimeWindow = { start: null, end: null }

/** Whether a window leaves nothing out. */
export function isUnbounded({ start, end }: TimeWindow): boolean {
  return start === null && end === null
}

export function windowContains(window: TimeWindow, timestamp: bigint): boolean {
  if (window.start !== null && timestamp < window.start) return false
  return window.end === null || timestamp <= window.end
}

/** What is known of the timestamps of a run of records; a minimum of `null` is unknown. */
export interface TimestampRange {
  readonly minTimestamp: bigint | null
  readonly maxTimestamp: bigint | null
}

export type WindowRelation = 'inside' | 'outside' | 'boundary'

/** Whether all, none, or perhaps some of the records lie in the window; what is not known counts as perhaps. */
export function relateToWindow(window: TimeWindow, { minTimestamp, maxTimestamp }: TimestampRange): WindowRelation {
  if (maxTimestamp === null) return minTimestamp === null ? 'boundary' : 'inside'
  if (window.start !== null && maxTimestamp < window.start) return 'outside'
  if (window.end !== null && minTimestamp !== null && minTimestamp > window.end) return 'outside'
  const startsInside = window.start === null || (minTimestamp !== null && minTimestamp >= window.start)
  const endsInside = window.end === null || maxTimestamp <= window.end
  return startsInside && endsInside ? 'inside' : 'boundary'
}

/** The least window that holds all that some windows hold. */
export function windowAround(windows: readonly TimeWindow[]): TimeWindow {
  const [first = EVERYTHING, ...others] = windows
  return others.reduce<TimeWindow>(
    (around, { start, end }) => ({
      start: around.start === null || start === null ? null : start < around.start ? start : around.start,
      end: around.end === null || end === null ? null : end > around.end ? end : around.end,
    }),
    first,
  )
}

/** The window with its start raised to at least `start`. */
export function raiseStart(window: TimeWindow, start: bigint): TimeWindow {
  if (window.start !== null && window.start >= start) return window
  return { start, end: window.end }
}

/** The window with its end lowered to at most `end`. */
export function lowerEnd(window: TimeWindow, end: bigint): TimeWindow {
  if (window.end !== null && window.end <= end) return window
  return { start: window.start, end }
}

/** A window in words: `from 2026-11-20T14:00:00.000Z to 2026-11-20T14:29:59.999Z`. */
export function windowText({ start, end }: TimeWindow): string {
  if (start === null && end === null) return 'all records'
  if (start === null) return `records up to ${isoTime(end ?? 0n)}`
  return end === null ? `records from ${isoTime(start)}` : `records from ${isoTime(start)} to ${isoTime(end)}`
}
