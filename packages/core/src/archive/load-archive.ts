import { KbackupError } from '../errors/kbackup-error.ts'
import type { BlobStore } from '../storage/blob-store.ts'
import { ArchiveFold } from './archive-fold.ts'
import { type ArchiveInfo, readArchiveInfo } from './archive-info.ts'
import { archiveInfoKey, sequenceOfKey, snapshotKey, snapshotsPrefix } from './archive-keys.ts'
import type { ArchiveState } from './archive-state.ts'
import { CommitLog } from './commit-log.ts'
import { readIfPresent } from './create-object.ts'
import { damagedObject } from './json-object.ts'
import { readSnapshot } from './snapshot.ts'

/** How many snapshots are tried, newest first, before all commits are read. */
const SNAPSHOTS_TRIED = 3

export interface LoadOptions {
  /** Fold no commit beyond this one. */
  readonly upTo?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** An archive read into memory. */
export interface LoadedArchive {
  readonly fold: ArchiveFold
  /** The commit of the snapshot that reading began with; 0 where it began with the first commit. */
  readonly snapshotSequence: number
  /** The digests of the commits that were read, by their numbers. */
  readonly digests: ReadonlyMap<number, string>
  /** Damaged snapshots that were passed over. */
  readonly warnings: readonly KbackupError[]
}

/** Reads `archive.json`; `undefined` only where the store says explicitly that there is none. */
export async function loadArchiveInfo(
  store: BlobStore,
  backupId: string,
  signal: AbortSignal | undefined,
): Promise<ArchiveInfo | undefined> {
  const key = archiveInfoKey(backupId)
  const bytes = await readIfPresent(store, key, signal)
  return bytes && readArchiveInfo(bytes, { key, backupId })
}

/** Reads the newest snapshot that can be used, and folds the commits after it. */
export async function loadArchive(
  store: BlobStore,
  info: ArchiveInfo,
  { upTo, signal }: LoadOptions = {},
): Promise<LoadedArchive> {
  const log = new CommitLog(store, info.backupId)
  const { state, digests, warnings } = await newestSnapshot({ store, info, log, signal }, upTo)
  const fold = state === undefined ? new ArchiveFold(info.archiveId) : ArchiveFold.from(state)
  for await (const read of log.readFrom(fold.nextSequence, { upTo, signal })) {
    fold.apply(read)
    digests.set(read.commit.sequence, read.sha256)
  }
  return { fold, snapshotSequence: state?.head?.sequence ?? 0, digests, warnings }
}

interface SnapshotSource {
  readonly store: BlobStore
  readonly info: ArchiveInfo
  readonly log: CommitLog
  readonly signal: AbortSignal | undefined
}

interface SnapshotSearch {
  readonly state: ArchiveState | undefined
  readonly digests: Map<number, string>
  readonly warnings: readonly KbackupError[]
}

/** A snapshot repeats what the commits say, so that a damaged one is passed over; verification reports it. */
async function newestSnapshot(source: SnapshotSource, upTo: number | undefined): Promise<SnapshotSearch> {
  const warnings: KbackupError[] = []
  for (const sequence of await newestSequences(source, upTo)) {
    try {
      const state = await readOneSnapshot(source, sequence)
      const sha256 = await vouchingCommit(source, state)
      return { state, digests: new Map([[sequence, sha256]]), warnings }
    } catch (error) {
      if (!isSnapshotDamage(error, snapshotKey(source.info.backupId, sequence))) throw error
      warnings.push(error)
    }
  }
  return { state: undefined, digests: new Map(), warnings }
}

async function newestSequences(
  { store, info, signal }: SnapshotSource,
  upTo = Number.MAX_SAFE_INTEGER,
): Promise<number[]> {
  const prefix = snapshotsPrefix(info.backupId)
  let newest: number[] = []
  for await (const { key } of store.list(prefix, { signal })) {
    const sequence = sequenceOfKey(key, prefix)
    if (sequence !== undefined && sequence <= upTo) newest = [sequence, ...newest].slice(0, SNAPSHOTS_TRIED)
  }
  return newest
}

async function readOneSnapshot(
  { store, info, signal }: SnapshotSource,
  sequence: number,
): Promise<ArchiveState & { readonly head: { readonly sequence: number; readonly sha256: string } }> {
  const key = snapshotKey(info.backupId, sequence)
  const bytes = await readIfPresent(store, key, signal)
  if (bytes === undefined) throw damagedObject(key, 'it was listed and is not there')
  const state = readSnapshot(bytes, key)
  if (state.head.sequence === sequence && state.archiveId === info.archiveId) return state
  throw damagedObject(key, 'it is the snapshot of another commit')
}

/** The commit at a snapshot's head must be the one that the snapshot names. */
async function vouchingCommit(
  { info, log, signal }: SnapshotSource,
  { head }: { readonly head: { readonly sequence: number; readonly sha256: string } },
): Promise<string> {
  const read = await log.read(head.sequence, signal)
  if (read === undefined) throw damagedObject(log.keyOf(head.sequence), 'it is missing, and a snapshot of it is there')
  if (read.sha256 === head.sha256) return read.sha256
  throw damagedObject(
    snapshotKey(info.backupId, head.sequence),
    'the commit that it names is not the one in the archive',
  )
}

function isSnapshotDamage(error: unknown, key: string): error is KbackupError {
  return KbackupError.is(error, 'KB_ARCHIVE_DAMAGED') && error.details.key === key
}
