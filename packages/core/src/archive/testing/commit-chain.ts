import { ArchiveFold } from '../archive-fold.ts'
import { commitKey } from '../archive-keys.ts'
import type { Commit, CommitDraft } from '../commit.ts'
import { readCommitObject, writeCommitObject } from '../commit-shape.ts'
import { sha256Hex } from '../json-object.ts'
import { BACKUP_ID } from './commit-fixture.ts'
import { ARCHIVE_ID } from './section-fixture.ts'

/** Folds drafts as if one writer had committed them, through the bytes that would be on the store. */
export class CommitChain {
  readonly fold: ArchiveFold

  constructor(fold = new ArchiveFold(ARCHIVE_ID)) {
    this.fold = fold
  }

  commit(draft: CommitDraft, change: Partial<Commit> = {}): void {
    const sequence = this.fold.nextSequence
    const key = commitKey(BACKUP_ID, sequence)
    const bytes = writeCommitObject({
      format: 1,
      archiveId: ARCHIVE_ID,
      sequence,
      writerId: 'one',
      nonce: sequence.toString(16).padStart(32, '0'),
      previousSha256: this.fold.head?.sha256 ?? null,
      committedAtMs: 1_764_000_000_000n,
      unsafeSingleWriter: false,
      ...draft,
      ...change,
    })
    this.fold.apply({ key, sha256: sha256Hex(bytes), commit: readCommitObject(bytes, key) })
  }
}
