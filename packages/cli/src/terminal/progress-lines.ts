import { progressAmounts } from './progress-text.ts'
import type { ProgressView } from './progress-view.ts'

const INTERVAL_MS = 5000

export interface ProgressLinesOptions {
  readonly writeLine: (line: string) => void
  /** Is given the line of a progress and what it is made of. */
  readonly report: (line: string, fields: object) => void
}

/** A plain line every few seconds of the run, for logs and pipes. */
export function progressLines({ writeLine, report }: ProgressLinesOptions): ProgressView {
  let nextAtMs = INTERVAL_MS
  return {
    update: (progress) => {
      if (progress.elapsedMs < nextAtMs) return
      nextAtMs = progress.elapsedMs + INTERVAL_MS
      report(`${progress.percent} %, ${progressAmounts(progress)}`, { progress })
    },
    writeLine,
    stop: () => {},
  }
}
