import { LOG_APPEND_TIME_FLAG } from '../batch-layout.ts'
import type { RecordContent } from '../record-body.ts'
import type { RecordSelection } from '../record-selection.ts'
import type { LogBatch } from './log-batch.ts'

export interface VisibleRecord extends RecordContent {
  readonly offset: bigint
  readonly timestamp: bigint
}

/** The model: what a consumer sees of a batch, worked out from what went into it. */
export function visibleRecords(batch: LogBatch): readonly VisibleRecord[] {
  const { records, baseOffset = 0n, flags = 0 } = batch
  const greatest = records.reduce(
    (most, { timestamp }) => (timestamp > most ? timestamp : most),
    records[0]?.timestamp ?? -1n,
  )
  const appended = (flags & LOG_APPEND_TIME_FLAG) === 0 ? undefined : (batch.maxTimestamp ?? greatest)
  return records.map(({ offsetDelta, timestamp, key, value, headers }) => ({
    offset: baseOffset + BigInt(offsetDelta),
    timestamp: appended ?? timestamp,
    key,
    value,
    headers,
  }))
}

/** The model of a selection: each record against each bound. */
export function isVisibleIn({ bounds, window }: RecordSelection, { offset, timestamp }: VisibleRecord): boolean {
  if (offset < bounds.startOffset || offset >= bounds.nextOffset) return false
  if (window.start !== undefined && timestamp < window.start) return false
  return window.end === undefined || timestamp <= window.end
}
