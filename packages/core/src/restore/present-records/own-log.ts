import type { RecordCursor } from '../../batch/record-cursor.ts'
import type { RecordWalk } from './record-walk.ts'
import { PresenceCount } from './stream-presence.ts'

/** The archived records of the log that a target partition is, beside which its records are held one by one. */
export class OwnLog {
  readonly #walk: RecordWalk
  readonly #count = new PresenceCount()
  #isBegun = false
  #isCounted = false

  constructor(walk: RecordWalk) {
    this.#walk = walk
  }

  isAt(offset: bigint): boolean {
    return this.#walk.cursor?.offset === offset
  }

  /** Goes to the first archived record at or behind an offset. */
  async goTo(offset: bigint): Promise<void> {
    if (!this.#isBegun) await this.#next()
    while (this.#walk.cursor !== undefined && this.#walk.cursor.offset < offset) await this.#next()
  }

  /** Whether the archived record at the offset of one that is there is equal to it. */
  isSame(standing: RecordCursor): boolean {
    const archived = this.#walk.cursor
    if (archived?.offset !== standing.offset || !areEqual(archived, standing)) return false
    this.#count.isThere(archived.offset, standing.offset)
    this.#isCounted = true
    return true
  }

  /** Counts what is left. */
  async finish(): Promise<PresenceCount> {
    if (!this.#isBegun) await this.#next()
    while (this.#walk.cursor !== undefined) await this.#next()
    return this.#count
  }

  close(): Promise<void> {
    return this.#walk.close()
  }

  async #next(): Promise<void> {
    if (this.#walk.cursor !== undefined && !this.#isCounted) this.#count.isMissing({ isUndecided: false })
    this.#isBegun = true
    this.#isCounted = false
    if (!this.#walk.step()) await this.#walk.load()
  }
}

function areEqual(left: RecordCursor, right: RecordCursor): boolean {
  const isSameBody =
    left.payload.compare(right.payload, right.bodyStart, right.bodyEnd, left.bodyStart, left.bodyEnd) === 0
  return isSameBody && left.timestamp === right.timestamp
}
