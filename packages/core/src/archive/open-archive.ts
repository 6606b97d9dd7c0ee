import { KbackupError } from '../errors/kbackup-error.ts'
import type { BlobCallOptions, BlobStore } from '../storage/blob-store.ts'
import type { ArchiveInfo } from './archive-info.ts'
import type { ArchiveState, CaptureReference } from './archive-state.ts'
import type { Commit, CommitReference, GroupCapture } from './commit.ts'

export interface OpenArchiveOptions extends BlobCallOptions {
  /** The archive as of this commit instead of the newest; `KB_COMMIT_MISSING` where there is none. */
  readonly commit?: number | undefined
  /** A commit that the archive must hold, digest and all; `KB_COMMIT_MISSING` where it does not. */
  readonly expect?: CommitReference | undefined
}

/** An archive as of one commit, for reading. */
export interface ArchiveView {
  readonly backupId: string
  readonly info: ArchiveInfo
  readonly state: ArchiveState
  /** What was found wrong with redundant objects (snapshots) and got around; empty in a sound archive. */
  readonly warnings: readonly KbackupError[]
  readCommit(sequence: number, options?: BlobCallOptions): Promise<Commit>
  readCapture(reference: CaptureReference, options?: BlobCallOptions): Promise<GroupCapture>
}

/** Opens an archive for reading. `KB_ARCHIVE_NOT_FOUND` only where the store says explicitly that there is none. */
export function openArchive(
  store: BlobStore,
  backupId: string,
  options: OpenArchiveOptions = {},
): Promise<ArchiveView> {
  throw new KbackupError('KB_INTERNAL', { message: `not built yet ${store.name} ${backupId} ${options.commit}` })
}
