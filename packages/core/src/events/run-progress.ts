/**
 * How far a run is; the amounts grow only. A backup counts what it has read, of which the last seconds are not committed yet.
 * A restore counts what the target has acknowledged.
 */
export interface RunProgress {
  /** Offsets done, of `totalOffsets` that were to be read or written as it stands; holes and markers count too. */
  readonly doneOffsets: number
  readonly totalOffsets: number
  readonly records: number
  /** Of a backup: those of the records that are part of the archive already, and survive a crash of the run. */
  readonly committedRecords?: number
  /** Of record batches as they lie in the log. */
  readonly bytes: number
  /** 0 to 100, rounded down, so that 100 means the end. */
  readonly percent: number
  readonly bytesPerSecond: number
  readonly recordsPerSecond: number
  /** Estimated from the rate so far; `null` while there is none. */
  readonly secondsLeft: number | null
  readonly elapsedMs: number
}

/** The amounts from which a progress is made. */
export type ProgressAmounts = Pick<
  RunProgress,
  'doneOffsets' | 'totalOffsets' | 'records' | 'committedRecords' | 'bytes' | 'elapsedMs'
>

/** Adds the rates to the amounts. */
export function runProgress(amounts: ProgressAmounts): RunProgress {
  const { doneOffsets, totalOffsets, records, bytes, elapsedMs } = amounts
  const seconds = Math.max(elapsedMs, 1) / 1000
  return {
    ...amounts,
    percent: totalOffsets > 0 ? Math.floor((doneOffsets / totalOffsets) * 100) : 100,
    bytesPerSecond: Math.round(bytes / seconds),
    recordsPerSecond: Math.round(records / seconds),
    secondsLeft: doneOffsets > 0 ? Math.ceil(((totalOffsets - doneOffsets) / doneOffsets) * seconds) : null,
  }
}
