import { sumOf } from '../collections/sum-of.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import type { RestoreEvent } from '../events/run-event.ts'
import { runProgress } from '../events/run-progress.ts'
import { mostRecords } from './copies/left-out-copies.ts'
import type { ActiveStream } from './stream-run.ts'

const PROGRESS_INTERVAL_MS = 200

/** Counts what a run restores and says so, not too often. */
export class RestoreTally {
  readonly #emit: (event: RestoreEvent) => void
  readonly #nowMs: () => number
  readonly #startedAtMs: number
  #totalRecords = 0
  #records = 0
  #bytes = 0
  #emittedAtMs = 0

  constructor({ emit, nowMs }: { readonly emit: (event: RestoreEvent) => void; readonly nowMs: () => number }) {
    this.#emit = emit
    this.#nowMs = nowMs
    this.#startedAtMs = nowMs()
  }

  get elapsedMs(): number {
    return this.#nowMs() - this.#startedAtMs
  }

  /** The total is the most that it can be; what an earlier process restored counts as done. */
  begin(active: readonly ActiveStream[]): void {
    const counted = new Set<unknown>()
    for (const { stream, progress, anchor } of active) {
      // Streams from one source partition share its records.
      const most = counted.has(stream.slices) ? 0 : sumOf(stream.slices, (slice) => mostRecords(slice, stream.filter))
      counted.add(stream.slices)
      const present = sumOf(anchor.present, ({ count }) => count)
      this.#totalRecords += progress.isDone ? progress.position.ordinal : Math.max(0, most - present)
      this.#records += progress.position.ordinal
    }
  }

  restored({ records, bytes }: { readonly records: number; readonly bytes: number }): void {
    this.#records += records
    this.#bytes += bytes
    this.emitProgress({ force: false })
  }

  retried({
    operation,
    attempt,
    delayMs,
    error,
  }: {
    readonly operation: string
    readonly attempt: number
    readonly delayMs: number
    readonly error: unknown
  }): void {
    const code = KbackupError.is(error) ? error.code : 'KB_INTERNAL'
    const message = error instanceof Error ? error.message : String(error)
    this.#emit({ type: 'retry', operation, attempt, delayMs, code, message })
  }

  emitProgress({ force }: { readonly force: boolean }): void {
    const nowMs = this.#nowMs()
    if (!force && nowMs - this.#emittedAtMs < PROGRESS_INTERVAL_MS) return
    this.#emittedAtMs = nowMs
    const totalOffsets = force ? this.#records : Math.max(this.#totalRecords, this.#records)
    const amounts = { doneOffsets: this.#records, totalOffsets, records: this.#records, bytes: this.#bytes }
    this.#emit({ type: 'progress', ...runProgress({ ...amounts, elapsedMs: this.elapsedMs }) })
  }
}
