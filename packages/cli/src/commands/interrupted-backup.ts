import type { BackupEvent, CommitReference } from '@kbackup/core'

/** Follows what a backup commits, for the case that it is interrupted. */
export class CommittedSoFar {
  #commits = 0
  #last: CommitReference | undefined

  take(event: BackupEvent): void {
    if (event.type !== 'commit-end') return
    this.#commits += 1
    this.#last = event.commit
  }

  /** What is committed, and what running the command again does. */
  toString(): string {
    if (this.#last === undefined)
      return 'nothing was committed, the archive is as it was before; run the same command again to back up all of it'
    const { sequence, sha256 } = this.#last
    const what = this.#commits === 1 ? 'one commit of this run stays' : `${this.#commits} commits of this run stay`
    return `${what}, the last is ${sequence}:${sha256}; run the same command again to back up the rest`
  }
}
