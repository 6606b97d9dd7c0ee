import { KbackupError } from '../errors/kbackup-error.ts'
import type { BlobCallOptions, BlobStore } from '../storage/blob-store.ts'
import type { ArchiveInfo } from './archive-info.ts'
import { archiveInfoKey, assertBackupId } from './archive-keys.ts'
import type { ArchiveState, CaptureReference } from './archive-state.ts'
import type { Commit, CommitReference, GroupCapture } from './commit.ts'
import { CommitLog } from './commit-log.ts'
import { damagedObject } from './json-object.ts'
import { type LoadedArchive, loadArchive, loadArchiveInfo } from './load-archive.ts'

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
  /** `KB_COMMIT_MISSING` where there is none of that number up to the commit that was opened. */
  readCommit(sequence: number, options?: BlobCallOptions): Promise<Commit>
  /** The positions that a reference of `state.captures` names. */
  readCapture(reference: CaptureReference, options?: BlobCallOptions): Promise<GroupCapture>
}

/**
 * Opens an archive for reading: its newest snapshot, and the commits after it.
 *
 * Nothing is believed unchecked: digests of objects, the chain of commits, and every commit against those before it.
 *
 * @throws KbackupError `KB_ARCHIVE_NOT_FOUND` (only where the store says explicitly that there is no `archive.json`),
 * `KB_ARCHIVE_DAMAGED` (naming the object), `KB_ARCHIVE_FORMAT`, `KB_COMMIT_MISSING`, `KB_USAGE`, and what the store throws.
 */
export async function openArchive(
  store: BlobStore,
  backupId: string,
  { commit, expect, signal }: OpenArchiveOptions = {},
): Promise<ArchiveView> {
  assertBackupId(backupId)
  const info = await loadArchiveInfo(store, backupId, signal)
  if (info === undefined) throw archiveNotFound(store, backupId)
  const loaded = await loadArchive(store, info, { upTo: commit, signal })
  const view = new LoadedView({ store, info, loaded })
  if (commit !== undefined && (loaded.fold.head?.sequence ?? 0) < commit) throw commitMissing(backupId, commit)
  if (expect !== undefined) await view.assertHolds(expect, signal)
  return view
}

/** The error for a backup id under which the store has no archive. */
export function archiveNotFound(store: BlobStore, backupId: string): KbackupError {
  return new KbackupError('KB_ARCHIVE_NOT_FOUND', {
    message: `there is no archive ${backupId} on ${store.name}`,
    hint: `check the backup id and the storage prefix: ${archiveInfoKey(backupId)} is not there`,
    details: { backupId, store: store.name },
  })
}

function commitMissing(backupId: string, sequence: number): KbackupError {
  return new KbackupError('KB_COMMIT_MISSING', {
    message: `archive ${backupId} does not hold commit ${sequence}`,
    hint: 'was the archive rolled back, or is this another one of the same name?',
    details: { backupId, sequence },
  })
}

class LoadedView implements ArchiveView {
  readonly backupId: string
  readonly info: ArchiveInfo
  readonly state: ArchiveState
  readonly warnings: readonly KbackupError[]
  readonly #log: CommitLog
  readonly #digests: ReadonlyMap<number, string>

  constructor({ store, info, loaded }: { store: BlobStore; info: ArchiveInfo; loaded: LoadedArchive }) {
    this.backupId = info.backupId
    this.info = info
    this.state = loaded.fold.state
    this.warnings = loaded.warnings
    this.#log = new CommitLog(store, info.backupId)
    this.#digests = loaded.digests
  }

  async readCommit(sequence: number, { signal }: BlobCallOptions = {}): Promise<Commit> {
    if (sequence > (this.state.head?.sequence ?? 0)) throw commitMissing(this.backupId, sequence)
    return (await this.#read(sequence, signal)).commit
  }

  async readCapture(reference: CaptureReference, options: BlobCallOptions = {}): Promise<GroupCapture> {
    const { capture } = await this.readCommit(reference.sequence, options)
    if (capture !== null) return capture
    throw damagedObject(this.#log.keyOf(reference.sequence), 'it holds no group positions', { field: 'capture' })
  }

  async assertHolds({ sequence, sha256 }: CommitReference, signal: AbortSignal | undefined): Promise<void> {
    const known = this.#digests.get(sequence) ?? (await this.#log.read(sequence, signal))?.sha256
    if (known !== sha256) throw commitMissing(this.backupId, sequence)
  }

  async #read(sequence: number, signal: AbortSignal | undefined): Promise<{ readonly commit: Commit }> {
    const key = this.#log.keyOf(sequence)
    const read = await this.#log.read(sequence, signal)
    if (read === undefined) throw damagedObject(key, 'it is missing')
    const known = this.#digests.get(sequence) ?? read.sha256
    const { commit, sha256 } = read
    if (commit.archiveId === this.info.archiveId && commit.sequence === sequence && sha256 === known) return read
    throw damagedObject(key, 'it is not the commit that the archive had')
  }
}
