import type { KbackupError } from '../errors/kbackup-error.ts'
import type { TopicPartition } from '../kafka/topic-partition.ts'
import type { BlobCallOptions, BlobStore } from '../storage/blob-store.ts'
import type { ArchiveFold, ReadCommit } from './archive-fold.ts'
import type { ArchiveInfo } from './archive-info.ts'
import { assertBackupId, bundleKey, segmentKey } from './archive-keys.ts'
import type { ArchiveState } from './archive-state.ts'
import { ArchiveViews } from './archive-views.ts'
import type { Commit, CommitDraft, CommitReference, SectionCodec } from './commit.ts'
import { CommitLog } from './commit-log.ts'
import { writeCommitObject } from './commit-shape.ts'
import { createArchive } from './create-archive.ts'
import { createObject, jitteredDelayMs } from './create-object.ts'
import { assertDraft } from './draft-rules.ts'
import { type Environment, systemEnvironment } from './environment.ts'
import { ForeignWriters, fencedError } from './fenced.ts'
import { loadArchive, loadArchiveInfo } from './load-archive.ts'
import { archiveNotFound } from './open-archive.ts'

const NONCE_BYTES = 16
const OBJECT_NONCE_BYTES = 8
const FIRST_LOST_DELAY_MS = 10
const MAX_LOST_DELAY_MS = 2_000
const DEFAULT_SNAPSHOT_EVERY_COMMITS = 100

export interface ArchiveWriterOptions extends BlobCallOptions {
  /** Stays the same over restarts of one process, so that it knows its own late commits; drawn anew by default. */
  readonly writerId?: string | undefined
  /** Otherwise an archive that is not there is `KB_ARCHIVE_NOT_FOUND`. */
  readonly createIfMissing: boolean
  /** Told what went wrong with snapshots and the manifest; they never make a commit fail. */
  readonly onWarning?: ((warning: KbackupError) => void) | undefined
  /** A snapshot is written every that many commits at most; 100 by default. */
  readonly snapshotEveryCommits?: number | undefined
  readonly environment?: Environment | undefined
}

/**
 * Opens an archive for appending, or creates it.
 *
 * @throws KbackupError as {@link openArchive} does.
 */
export async function openArchiveWriter(
  store: BlobStore,
  backupId: string,
  options: ArchiveWriterOptions,
): Promise<ArchiveWriter> {
  assertBackupId(backupId)
  const environment = options.environment ?? systemEnvironment
  const { signal, createIfMissing } = options
  const info =
    (await loadArchiveInfo(store, backupId, signal)) ??
    (createIfMissing ? await createArchive(store, backupId, { environment, signal }) : undefined)
  if (info === undefined) throw archiveNotFound(store, backupId)
  const { fold, snapshotSequence, warnings } = await loadArchive(store, info, { signal })
  for (const warning of warnings) options.onWarning?.(warning)
  return new ArchiveWriter({ store, info, fold, snapshotSequence, environment, options })
}

interface WriterParts {
  readonly store: BlobStore
  readonly info: ArchiveInfo
  readonly fold: ArchiveFold
  readonly snapshotSequence: number
  readonly environment: Environment
  readonly options: ArchiveWriterOptions
}

/**
 * Appends commits to an archive that other writers may append to at the same time.
 *
 * Its calls are worked off one after the other. Once a call has failed in a way that leaves open what became of a commit,
 * or that keeps the archive from being read, the writer is stopped: every later call rejects with that error, and
 * going on takes a new writer, which reads what is there.
 */
export class ArchiveWriter {
  readonly writerId: string
  readonly #store: BlobStore
  readonly #info: ArchiveInfo
  readonly #fold: ArchiveFold
  readonly #log: CommitLog
  readonly #views: ArchiveViews
  readonly #environment: Environment
  readonly #foreign: ForeignWriters
  #unsafeSingleWriter = false
  #turn: Promise<unknown> = Promise.resolve()
  #stopped: { readonly error: unknown } | undefined

  /** Use {@link openArchiveWriter}. */
  constructor({ store, info, fold, snapshotSequence, environment, options }: WriterParts) {
    this.writerId = options.writerId ?? environment.nonce(NONCE_BYTES)
    this.#store = store
    this.#info = info
    this.#fold = fold
    this.#log = new CommitLog(store, info.backupId)
    this.#environment = environment
    this.#foreign = new ForeignWriters(this.writerId)
    const everyCommits = options.snapshotEveryCommits ?? DEFAULT_SNAPSHOT_EVERY_COMMITS
    const { backupId } = info
    this.#views = new ArchiveViews({
      store,
      backupId,
      fold,
      snapshotSequence,
      everyCommits,
      onWarning: options.onWarning,
    })
  }

  get archiveId(): string {
    return this.#info.archiveId
  }

  /** The archive as of the newest commit that this writer knows; immutable, a later commit gives another one. */
  get state(): ArchiveState {
    return this.#fold.state
  }

  /** From now on its commits say that the store ignores conditions, and that it goes on all the same. */
  admitSingleWriter(): void {
    this.#unsafeSingleWriter = true
  }

  /** A name that nobody used before: `{backupId}/topics/{topic}/partition={n}/segment-{startOffset}-{nonce}.zst`. */
  segmentKey({ topic, partition }: TopicPartition, startOffset: bigint, codec: SectionCodec): string {
    const nonce = this.#environment.nonce(OBJECT_NONCE_BYTES)
    return segmentKey(this.#info.backupId, { topic, partition, startOffset, codec, nonce })
  }

  /** A name that nobody used before: `{backupId}/bundles/{nonce}.zst`. */
  bundleKey(): string {
    return bundleKey(this.#info.backupId, this.#environment.nonce(NONCE_BYTES))
  }

  /**
   * Makes all of the draft part of the archive, or nothing; its objects must be durable before.
   *
   * A draft names a precondition for each partition that it touches. Each number it is tried at sees them checked anew.
   *
   * @throws KbackupError `KB_ARCHIVE_FENCED` where another writer made one of them untrue: `details.partitions` names
   * those (`orders/3`) that the caller must drop from its draft; `details.ghost` is true where all of that was done
   * under our own writer id, by a former life of this process, and `state` says where to go on.
   */
  commit(draft: CommitDraft, { signal }: BlobCallOptions = {}): Promise<CommitReference> {
    return this.#inTurn(signal, () => this.#commit(draft, signal))
  }

  /** Folds what others have committed since. */
  refresh({ signal }: BlobCallOptions = {}): Promise<void> {
    return this.#inTurn(signal, () => this.#orStop(() => this.#foldNewer(signal)))
  }

  /** Brings `manifest.json` up to the newest commit; for the end of a run. Failures are warnings. */
  writeViews({ signal }: BlobCallOptions = {}): Promise<void> {
    return this.#inTurn(signal, () => this.#views.writeManifest(signal))
  }

  async #commit(draft: CommitDraft, signal: AbortSignal | undefined): Promise<CommitReference> {
    for (let lostTries = 0; ; lostTries++) {
      this.#assertFits(draft)
      const reference = await this.#orStop(() => this.#tryCommit(draft, signal))
      if (reference !== undefined) {
        await this.#views.afterCommit(draft, signal)
        return reference
      }
      await this.#environment.sleep(
        jitteredDelayMs(this.#environment, {
          attempt: lostTries,
          firstMs: FIRST_LOST_DELAY_MS,
          maxMs: MAX_LOST_DELAY_MS,
        }),
        signal,
      )
    }
  }

  #assertFits(draft: CommitDraft): void {
    const conflicts = this.#fold.conflictsOf(draft)
    if (conflicts !== undefined) throw fencedError(this.#info.backupId, conflicts, this.#foreign)
    assertDraft(draft, this.#fold)
  }

  /** One try at the next number; `undefined` where another commit was there first, and is folded now. */
  async #tryCommit(draft: CommitDraft, signal: AbortSignal | undefined): Promise<CommitReference | undefined> {
    const ours = this.#nextCommit(draft)
    const { sequence } = ours.read.commit
    const foreign = await createObject(this.#store, ours, { environment: this.#environment, signal })
    if (foreign === null) {
      this.#fold.apply(ours.read)
      return this.#fold.head ?? undefined
    }
    this.#foldForeign(this.#log.decode(sequence, foreign))
    await this.#foldNewer(signal)
    return undefined
  }

  #nextCommit(draft: CommitDraft): { readonly key: string; readonly bytes: Buffer; readonly read: ReadCommit } {
    const sequence = this.#fold.nextSequence
    const content: Commit = {
      format: 1,
      archiveId: this.archiveId,
      sequence,
      writerId: this.writerId,
      nonce: this.#environment.nonce(NONCE_BYTES),
      previousSha256: this.#fold.head?.sha256 ?? null,
      committedAtMs: BigInt(this.#environment.nowMs()),
      unsafeSingleWriter: this.#unsafeSingleWriter,
      ...draftFields(draft),
    }
    const bytes = writeCommitObject(content)
    // Read back before it is written: what others could not read must never become a commit.
    return { key: this.#log.keyOf(sequence), bytes, read: this.#log.decode(sequence, bytes) }
  }

  async #foldNewer(signal: AbortSignal | undefined): Promise<void> {
    for (;;) {
      const read = await this.#log.read(this.#fold.nextSequence, signal)
      if (read === undefined) return
      this.#foldForeign(read)
    }
  }

  #foldForeign(read: ReadCommit): void {
    this.#fold.apply(read)
    this.#foreign.note(read.commit)
    this.#views.note(read.commit)
  }

  async #orStop<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      this.#stopped = { error }
      throw error
    }
  }

  #inTurn<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(() => {
      signal?.throwIfAborted()
      if (this.#stopped !== undefined) throw this.#stopped.error
      return work()
    })
    this.#turn = turn.catch(() => undefined)
    return turn
  }
}

function draftFields({ preconditions, catalog, sections, gaps, cuts, capture, drops }: CommitDraft): CommitDraft {
  return { preconditions, catalog, sections, gaps, cuts, capture, drops }
}
