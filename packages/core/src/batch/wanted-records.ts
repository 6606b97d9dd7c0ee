import type { RecordCursor } from './record-cursor.ts'
import type { RecordFilter } from './record-selection.ts'

/** The records of one batch that a selection wants; it stands on the first of them until it is advanced. */
export class WantedRecords {
  readonly cursor: RecordCursor | undefined
  readonly #isWanted: RecordFilter
  #isDone = true

  constructor(cursor: RecordCursor | undefined, isWanted: RecordFilter) {
    this.cursor = cursor
    this.#isWanted = isWanted
    this.advance()
  }

  /** Whether the last wanted record has been passed. */
  get isDone(): boolean {
    return this.#isDone
  }

  advance(): void {
    const { cursor } = this
    if (cursor === undefined) return
    while (cursor.next()) {
      this.#isDone = false
      if (this.#isWanted(cursor)) return
    }
    this.#isDone = true
  }
}

/** Of a batch from which nothing is wanted. */
export const NOTHING_WANTED = new WantedRecords(undefined, () => false)
