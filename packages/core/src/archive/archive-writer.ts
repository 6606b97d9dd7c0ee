import { KbackupError } from '../errors/kbackup-error.ts'
import type { TopicPartition } from '../kafka/topic-partition.ts'
import type { BlobCallOptions, BlobStore } from '../storage/blob-store.ts'
import type { ArchiveState } from './archive-state.ts'
import type { CommitDraft, CommitReference, SectionCodec } from './commit.ts'
import type { Environment } from './environment.ts'

export interface ArchiveWriterOptions extends BlobCallOptions {
  /** Stays the same over restarts of one process, so that it knows its own late commits; drawn anew by default. */
  readonly writerId?: string | undefined
  /** Otherwise an archive that is not there is `KB_ARCHIVE_NOT_FOUND`. */
  readonly createIfMissing: boolean
  /** Told what went wrong with views and snapshots; they never make a commit fail. */
  readonly onWarning?: ((warning: KbackupError) => void) | undefined
  /** A snapshot is written every that many commits; 100 by default. */
  readonly snapshotEveryCommits?: number | undefined
  readonly environment?: Environment | undefined
}

/** Opens an archive for appending, or creates it. */
export function openArchiveWriter(
  store: BlobStore,
  backupId: string,
  options: ArchiveWriterOptions,
): Promise<ArchiveWriter> {
  throw new KbackupError('KB_INTERNAL', { message: `not built yet ${store.name} ${backupId} ${options.writerId}` })
}

/** Appends commits to an archive that other writers may append to at the same time. */
export class ArchiveWriter {
  get archiveId(): string {
    throw new KbackupError('KB_INTERNAL', { message: 'not built yet' })
  }
  get writerId(): string {
    throw new KbackupError('KB_INTERNAL', { message: 'not built yet' })
  }
  /** The archive as of the newest commit that this writer knows; immutable, a later commit gives another one. */
  get state(): ArchiveState {
    throw new KbackupError('KB_INTERNAL', { message: 'not built yet' })
  }
  /** A name that nobody used before: `{backupId}/topics/{topic}/partition={n}/segment-{startOffset}-{nonce}.zst`. */
  segmentKey(partition: TopicPartition, startOffset: bigint, codec: SectionCodec): string {
    throw new KbackupError('KB_INTERNAL', { message: `not built yet ${partition.topic} ${startOffset} ${codec}` })
  }
  /** A name that nobody used before: `{backupId}/bundles/{nonce}.zst`. */
  bundleKey(): string {
    throw new KbackupError('KB_INTERNAL', { message: 'not built yet' })
  }
  /**
   * Makes all of the draft part of the archive, or nothing.
   *
   * A draft names a precondition for each partition that it touches. `KB_ARCHIVE_FENCED`: another writer made one of
   * them untrue; `details.partitions` names the partitions (`orders/3`) that the caller must drop from its draft, and
   * `details.ghost` is true where all of that was done under our own writer id, by a former life of this process.
   */
  commit(draft: CommitDraft, options: BlobCallOptions = {}): Promise<CommitReference> {
    throw new KbackupError('KB_INTERNAL', { message: `not built yet ${draft.sections.length} ${options.signal}` })
  }
  /** Folds what others have committed since. */
  refresh(options: BlobCallOptions = {}): Promise<void> {
    throw new KbackupError('KB_INTERNAL', { message: `not built yet ${options.signal}` })
  }
  /** Brings manifest.json up to the newest commit; for the end of a run. Failures are warnings. */
  writeViews(options: BlobCallOptions = {}): Promise<void> {
    throw new KbackupError('KB_INTERNAL', { message: `not built yet ${options.signal}` })
  }
}
