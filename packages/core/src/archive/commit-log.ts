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

  /** The commits from a number on, up to the newest or to a bound; `KB_ARCHIVE_DAMAGED` where one is missing between others. */
  async *readFrom(
    first: number,
    { upTo = Number.MAX_SAFE_INTEGER, signal }: { upTo?: number | undefined; signal?: AbortSignal | undefined } = {},
  ): AsyncGenerator<ReadCommit, void, void> {
    for (let next = first; next <= upTo; ) {
      const length = Math.min(WINDOW, upTo - next + 1)
      const window = await Promise.all(Array.from({ length }, (_, index) => this.read(next + index, signal)))
      for (const [index, read] of window.entries()) {
        const commit = read ?? (await this.#readAgain(next + index, { window, index, signal }))
        if (commit === undefined) return
        yield commit
      }
      next += length
    }
  }

  /** A commit that was not there when one after it was: written meanwhile, or lost. */
  async #readAgain(
    sequence: number,
    { window, index, signal }: { window: readonly unknown[]; index: number; signal: AbortSignal | undefined },
  ): Promise<ReadCommit | undefined> {
    if (window.slice(index + 1).every((later) => later === undefined)) return undefined
    const commit = await this.read(sequence, signal)
    if (commit !== undefined) return commit
    throw damagedObject(this.keyOf(sequence), 'it is missing, and commits after it are there')
  }
}
