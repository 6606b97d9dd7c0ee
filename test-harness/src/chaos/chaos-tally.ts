import type { WaitTally } from './hurried-environment.ts'

/** What happened in a series of runs. */
export interface ChaosTally {
  runs: number
  /** Backups, validations and restores that were begun; each failed one is begun again. */
  jobs: number
  /** How they ended: `done`, or the code of the one error. */
  readonly ends: Record<string, number>
  /** Commits that were reported, each of which was found in its archive. */
  commits: number
  /** Writers that were told of another one, each of which was right. */
  losers: number
  /** Uploads in parts. */
  largeRuns: number
  recordsCompared: number
  readonly waits: WaitTally
}

export function newChaosTally(): ChaosTally {
  const waits = { waits: 0, longestMs: 0 }
  return { runs: 0, jobs: 0, ends: {}, commits: 0, losers: 0, largeRuns: 0, recordsCompared: 0, waits }
}

export function countEnd({ ends }: ChaosTally, end: string): void {
  ends[end] = (ends[end] ?? 0) + 1
}
