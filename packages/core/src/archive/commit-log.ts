import type { BlobStore } from '../storage/blob-store.ts'
import type { ReadCommit } from './archive-fold.ts'
import { commitKey } from './archive-keys.ts'
import { readCommitObject } from './commit-shape.ts'
import { readIfPresent } from './create-object.ts'
import { damagedObject, sha256Hex } from './json-object.ts'

/** How many commits are asked for at once; also how far beyond a missing commit a later one is looked for. */
const WINDOW = 16

/** The commits of one archive on a store. */
export class CommitLog {
  readonly #store: BlobStore
  readonly #backupId: string

  constructor(store: BlobStore, backupId: string) {
    this.#store = store
    this.#backupId = backupId
  }

  keyOf(sequence: number): string {
    return commitKey(this.#backupId, sequence)
  }

  /** A commit; `undefined` only where the store says explicitly that there is none. */
  async read(sequence: number, signal?: AbortSignal): Promise<ReadCommit | undefined> {
    const bytes = await readIfPresent(this.#store, this.keyOf(sequence), signal)
    return bytes && this.decode(sequence, bytes)
  }

  decode(sequence: number, bytes: Buffer): ReadCommit {
    const key = this.keyOf(sequence)
    return { key, sha256: sha256Hex(bytes), commit: readCommitObject(bytes, key) }
  }

  /**
   * The commits from a number on, up to the newest or to a bound; `KB_ARCHIVE_DAMAGED` where one is missing between
   * others.
   */
  async *readFrom(
    first: number,
    { upTo = Number.MAX_SAFE_INTEGER, signal }: { upTo?: number | undefined; signal?: AbortSignal | undefined } = {},
  ): AsyncGenerator<ReadCommit, void, void> {
    for (let next = first; next <= upTo; ) {
      const length = Math.min(WINDOW, upTo - next + 1)
      const window = await Promise.all(Array.from({ length }, (_, index) => this.read(next + index, signal)))
      for (const [index, read] of window.entries()) {
        const commit = read ?? (await this.#readAgain(next + index, { later: window.slice(index + 1), upTo, signal }))
        if (commit === undefined) return
        yield commit
      }
      next += length
    }
  }

  /** A commit that was not there when one after it was: written meanwhile, or lost. */
  async #readAgain(sequence: number, gap: MissingCommit): Promise<ReadCommit | undefined> {
    if (gap.later.every((later) => later === undefined) && !(await this.#anyBeyond(sequence, gap))) return undefined
    const commit = await this.read(sequence, gap.signal)
    if (commit !== undefined) return commit
    throw damagedObject(this.keyOf(sequence), 'it is missing, and commits after it are there')
  }

  /** Whether there is one of those that the window did not reach: a commit lost at its end must not pass for the newest. */
  async #anyBeyond(sequence: number, { later, upTo, signal }: MissingCommit): Promise<boolean> {
    const first = sequence + later.length + 1
    const length = Math.min(WINDOW - later.length, upTo - first + 1)
    const found = Array.from({ length: Math.max(0, length) }, async (_, index) => {
      return (await readIfPresent(this.#store, this.keyOf(first + index), signal)) !== undefined
    })
    return (await Promise.all(found)).includes(true)
  }
}

/** What is known of the commits behind one that is not there. */
interface MissingCommit {
  /** Those that were asked for together with it. */
  readonly later: readonly (ReadCommit | undefined)[]
  readonly upTo: number
  readonly signal: AbortSignal | undefined
}
