import type { RestoredRun } from '../journal-entries.ts'
import type { RestoreStream } from '../restore-stream.ts'
import { appendRun } from '../restored-runs.ts'

/** Which records of a stream stand in its target already. */
export interface StreamPresence {
  readonly stream: RestoreStream
  /** Where they stand, in the order of the source. */
  readonly runs: readonly RestoredRun[]
  readonly present: number
  readonly missing: number
  /** Missing ones before a record of the stream that is there: they will stand behind what came after them. */
  readonly overtaken: number
  /** Missing ones that equal a record there in all but the time, which its broker has overwritten. */
  readonly undecided: number
}

/** Counts the records of a stream, in their order. */
export class PresenceCount {
  readonly #runs: RestoredRun[] = []
  #present = 0
  #missing = 0
  #overtaken = 0
  #undecided = 0

  isThere(sourceFirst: bigint, targetFirst: bigint): void {
    appendRun(this.#runs, { sourceFirst, count: 1, targetFirst })
    this.#present += 1
    this.#overtaken = this.#missing
  }

  isMissing({ isUndecided }: { readonly isUndecided: boolean }): void {
    this.#missing += 1
    if (isUndecided) this.#undecided += 1
  }

  of(stream: RestoreStream): StreamPresence {
    return {
      stream,
      runs: this.#runs,
      present: this.#present,
      missing: this.#missing,
      overtaken: this.#overtaken,
      undecided: this.#undecided,
    }
  }
}
