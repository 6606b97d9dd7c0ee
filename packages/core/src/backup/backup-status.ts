import type { CommitReference } from '../archive/commit.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import type { BackupEvent } from '../events/run-event.ts'
import type { RunProgress } from '../events/run-progress.ts'

/** A run that has said nothing for so long is not healthy. */
const MAX_SILENCE_MS = 300_000

/** How a backup is, from memory: for health endpoints. Plain JSON, without I/O to get it. */
export interface BackupStatus {
  readonly backupId: string
  readonly state: 'idle' | 'running' | 'completed' | 'failed' | 'aborted'
  /** False after a run that failed, and while a run has made no headway for five minutes. */
  readonly healthy: boolean
  readonly startedAtMs: number | null
  readonly endedAtMs: number | null
  readonly progress: RunProgress | null
  readonly lastCommit: (CommitReference & { readonly atMs: number }) | null
  readonly error: { readonly code: string | null; readonly message: string } | null
}

const IDLE = {
  state: 'idle',
  startedAtMs: null,
  endedAtMs: null,
  progress: null,
  lastCommit: null,
  error: null,
} as const satisfies Omit<BackupStatus, 'backupId' | 'healthy'>

/** Keeps the status of a backup by the events of its runs. */
export class StatusTracker {
  readonly #backupId: string
  readonly #nowMs: () => number
  #facts: Omit<BackupStatus, 'backupId' | 'healthy'> = IDLE
  #lastSignAtMs = 0

  constructor(backupId: string, nowMs: () => number) {
    this.#backupId = backupId
    this.#nowMs = nowMs
  }

  get status(): BackupStatus {
    const { state } = this.#facts
    const isStalled = state === 'running' && this.#nowMs() - this.#lastSignAtMs > MAX_SILENCE_MS
    return { backupId: this.#backupId, healthy: state !== 'failed' && !isStalled, ...this.#facts }
  }

  start(): void {
    this.#lastSignAtMs = this.#nowMs()
    const { lastCommit } = this.#facts
    this.#facts = { ...IDLE, lastCommit, state: 'running', startedAtMs: this.#nowMs() }
  }

  note(event: BackupEvent): void {
    if (event.type !== 'retry' && event.type !== 'warning') this.#lastSignAtMs = this.#nowMs()
    if (event.type === 'progress') {
      const { type, ...progress } = event
      this.#facts = { ...this.#facts, progress }
    }
    if (event.type === 'commit-end') {
      this.#facts = { ...this.#facts, lastCommit: { ...event.commit, atMs: this.#nowMs() } }
    }
  }

  end(state: 'completed' | 'failed' | 'aborted', error?: unknown): void {
    const endedAtMs = this.#nowMs()
    this.#facts = { ...this.#facts, state, endedAtMs, error: state === 'failed' ? errorFacts(error) : null }
  }
}

function errorFacts(error: unknown): BackupStatus['error'] {
  const code = KbackupError.is(error) ? error.code : null
  return { code, message: error instanceof Error ? error.message : String(error) }
}
