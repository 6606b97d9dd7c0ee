import type { RunProgress } from '@kbackup/core'

/** Shows how far a run is, among the lines of the log. */
export interface ProgressView {
  update(progress: RunProgress): void
  /** Writes a line of the log without tearing the progress apart. */
  writeLine(line: string): void
  stop(): void
}
