import { mapConcurrently } from '../memory/map-concurrently.ts'
import type { BlobCallOptions, BlobStore } from '../storage/blob-store.ts'
import type { ArchiveState } from './archive-state.ts'
import type { ArchiveWriter } from './archive-writer.ts'
import type { CommitDraft } from './commit.ts'
import { openArchive } from './open-archive.ts'
import { listPins, type Pin } from './pins.ts'

const DELETE_CONCURRENCY = 8

/** Objects to take out of an archive, or to replace by others. */
export interface ObjectRemoval extends BlobCallOptions {
  readonly store: BlobStore
  readonly backupId: string
  readonly archive: Pick<ArchiveWriter, 'commit' | 'state'>
  /** Names what goes in `drops`. */
  readonly draft: CommitDraft
}

/** Objects that were dropped: those that are gone now, and those that a pinned commit still sees. */
export interface DeletedObjects {
  readonly deleted: readonly string[]
  readonly pinned: readonly string[]
}

/**
 * Commits a draft that drops objects, and then deletes them.
 *
 * @throws KbackupError `KB_ARCHIVE_FENCED` where another writer was first: then nothing is deleted. Where this ends between
 * commit and deletion, {@link deleteDropped} goes on.
 */
export async function removeObjects({
  store,
  backupId,
  archive,
  draft,
  signal,
}: ObjectRemoval): Promise<DeletedObjects> {
  await archive.commit(draft, { signal })
  return deleteDropped({ store, backupId, state: archive.state, keys: draft.drops, signal })
}

export interface DroppedObjects extends BlobCallOptions {
  readonly store: BlobStore
  readonly backupId: string
  /** The archive as of a commit that stands. */
  readonly state: ArchiveState
  readonly keys: readonly string[]
}

/**
 * Deletes those of the objects that a commit has dropped and no pinned commit sees.
 *
 * Pins are read after the commit that dropped the objects stood: whoever pins an older commit later finds that commit.
 */
export async function deleteDropped({ store, backupId, state, keys, signal }: DroppedObjects): Promise<DeletedObjects> {
  const dropped = keys.filter((key) => state.dropped.has(key))
  const seen = await keysSeenByPins(store, backupId, { signal })
  const deleted = dropped.filter((key) => !seen.has(key))
  await mapConcurrently(deleted, { concurrency: DELETE_CONCURRENCY, signal }, (key) => store.delete(key, { signal }))
  return { deleted, pinned: dropped.filter((key) => seen.has(key)) }
}

async function keysSeenByPins(
  store: BlobStore,
  backupId: string,
  { signal }: BlobCallOptions,
): Promise<ReadonlySet<string>> {
  return keysSeenBy(await listPins(store, backupId, { signal }), { store, backupId, signal })
}

/** The keys of all objects that the commits of these pins name. */
export async function keysSeenBy(
  pins: readonly Pin[],
  { store, backupId, signal }: Omit<DroppedObjects, 'state' | 'keys'>,
): Promise<ReadonlySet<string>> {
  const commits = new Map(pins.map(({ commit }) => [commit.sequence, commit]))
  const seen = new Set<string>()
  for (const [sequence, expect] of commits) {
    const { state } = await openArchive(store, backupId, { commit: sequence, expect, signal })
    for (const key of liveKeys(state)) seen.add(key)
  }
  return seen
}

/** The keys of all objects that sections of an archive lie in. */
export function liveKeys(state: ArchiveState): ReadonlySet<string> {
  const lineages = [...state.topics.values()].flatMap(({ partitions }) => partitions.flatMap((one) => one.lineages))
  return new Set(lineages.flatMap(({ sections }) => sections.map(({ key }) => key)))
}
