import { KbackupError } from '../errors/kbackup-error.ts'
import type { BlobStore } from '../storage/blob-store.ts'
import type { ArchiveFold } from './archive-fold.ts'
import { manifestKey, snapshotKey } from './archive-keys.ts'
import type { CommitDraft } from './commit.ts'
import { writeManifest } from './manifest.ts'
import { writeSnapshot } from './snapshot.ts'

/** Up to this many sections the manifest is cheap enough to be rewritten after every commit. */
const SMALL_ARCHIVE_SECTIONS = 1_000
/** A view is rewritten when that share of it is new, so that all rewriting together costs a constant factor. */
const GROWTH_SHARE = 4
/** However little is new: opening reads no more commits than this many intervals hold. */
const MAX_SNAPSHOT_INTERVALS = 10

export interface ArchiveViewsOptions {
  readonly store: BlobStore
  readonly backupId: string
  readonly fold: ArchiveFold
  /** The newest snapshot that is known to be there; 0 for none. */
  readonly snapshotSequence: number
  readonly everyCommits: number
  readonly onWarning: ((warning: KbackupError) => void) | undefined
}

/** Keeps snapshots and the manifest up with the commits; what goes wrong with them is a warning and nothing more. */
export class ArchiveViews {
  readonly #options: ArchiveViewsOptions
  #snapshotSequence: number
  #newSinceSnapshot = 0
  #newSinceManifest = 0

  constructor(options: ArchiveViewsOptions) {
    this.#options = options
    this.#snapshotSequence = options.snapshotSequence
  }

  /** Counts what another writer has added. */
  note(commit: Pick<CommitDraft, 'sections'>): void {
    this.#newSinceSnapshot += commit.sections.length
    this.#newSinceManifest += commit.sections.length
  }

  async afterCommit(commit: Pick<CommitDraft, 'sections'>, signal: AbortSignal | undefined): Promise<void> {
    this.note(commit)
    if (this.#isSnapshotDue()) await this.#writeSnapshot(signal)
    if (this.#isManifestDue()) await this.writeManifest(signal)
  }

  async writeManifest(signal: AbortSignal | undefined): Promise<void> {
    const { store, backupId, fold } = this.#options
    this.#newSinceManifest = 0
    await this.#orWarn(manifestKey(backupId), signal, (key) =>
      store.put(key, writeManifest(backupId, fold.state), { signal }),
    )
  }

  async #writeSnapshot(signal: AbortSignal | undefined): Promise<void> {
    const { store, backupId, fold } = this.#options
    const sequence = fold.head?.sequence ?? 0
    const bytes = writeSnapshot(fold.state)
    if (bytes === undefined) return
    this.#snapshotSequence = sequence
    this.#newSinceSnapshot = 0
    await this.#orWarn(snapshotKey(backupId, sequence), signal, (key) =>
      store.put(key, bytes, { ifAbsent: true, signal }),
    )
  }

  #isSnapshotDue(): boolean {
    const { fold, everyCommits } = this.#options
    const age = (fold.head?.sequence ?? 0) - this.#snapshotSequence
    if (age < everyCommits) return false
    return this.#newSinceSnapshot * GROWTH_SHARE >= fold.sectionCount || age >= everyCommits * MAX_SNAPSHOT_INTERVALS
  }

  #isManifestDue(): boolean {
    const { sectionCount } = this.#options.fold
    return sectionCount <= SMALL_ARCHIVE_SECTIONS || this.#newSinceManifest * GROWTH_SHARE >= sectionCount
  }

  async #orWarn(key: string, signal: AbortSignal | undefined, write: (key: string) => Promise<void>): Promise<void> {
    try {
      await write(key)
    } catch (cause) {
      if (signal?.aborted === true || KbackupError.is(cause, 'KB_BLOB_EXISTS')) return
      this.#options.onWarning?.(viewWarning(key, cause))
    }
  }
}

function viewWarning(key: string, cause: unknown): KbackupError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new KbackupError(KbackupError.is(cause) ? cause.code : 'KB_STORE_FAILED', {
    message: `${key} could not be written: ${reason}`,
    hint: 'the commit stands; the object only makes the archive quicker to open or easier to look at',
    details: { key },
    cause,
  })
}
