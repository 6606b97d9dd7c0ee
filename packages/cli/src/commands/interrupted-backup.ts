import type { BackupEvent, CommitReference } from '@kbackup/core'
import { countOf } from '../rendering/quantity-text.ts'

/** Follows what a backup commits, for the case that it is interrupted. */
export class CommittedSoFar {
  #commits = 0
  #records = 0
  #last: CommitReference | undefined

  take(event: BackupEvent): void {
    if (event.type !== 'commit-end') return
    this.#commits += 1
    this.#records += event.records
    this.#last = event.commit
  }

  /** What is committed as far as is known, since a commit that was on its way may still land; and what to do. */
  toString(): string {
    if (this.#last === undefined)
      return (
        'nothing was committed as far as is known, by this run: what earlier runs have committed stays; ' +
        'run the same command again to back up what the archive lacks'
      )
    const { sequence, sha256 } = this.#last
    const what = this.#commits === 1 ? 'one commit of this run stays' : `${this.#commits} commits of this run stay`
    const kept = this.#records === 0 ? 'no records yet (positions only)' : countOf(this.#records, 'record')
    return `${what}, with ${kept}; the last that is known is ${sequence}:${sha256}; run the same command again to back up the rest`
  }
}
