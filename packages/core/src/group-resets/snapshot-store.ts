import { createObject, readIfPresent } from '../archive/create-object.ts'
import { openJson, sealJson } from '../archive/json-object.ts'
import { readShape } from '../archive/json-shape.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import { mapConcurrently } from '../memory/map-concurrently.ts'
import { fromReset, fromStored, type GroupSnapshot } from './group-snapshot.ts'
import { type StoredGroupSnapshot, storedSnapshot } from './reset-entries.ts'
import { type ResetPlace, type ResetWriting, readReset, readResets } from './reset-journal.ts'
import { assertChangeId, resetBeginKey, resetEndKey, snapshotKey, snapshotsPrefix } from './reset-keys.ts'

const READ_CONCURRENCY = 8
const SUFFIX = '.json'

export async function writeSnapshot(
  { store, backupId, environment, signal }: ResetWriting,
  snapshot: StoredGroupSnapshot,
): Promise<void> {
  const key = snapshotKey(backupId, snapshot.snapshotId)
  const foreign = await createObject(store, { key, bytes: sealJson(snapshot) }, { environment, signal })
  if (foreign === null) return
  throw new KbackupError('KB_USAGE', {
    message: `there is a group snapshot ${snapshot.snapshotId} already`,
    hint: 'give another id, or none',
    details: { snapshotId: snapshot.snapshotId },
  })
}

/** Snapshots, and what resets found before they began; newest first. */
export async function readSnapshots(
  place: ResetPlace,
  signal: AbortSignal | undefined,
): Promise<readonly GroupSnapshot[]> {
  const prefix = snapshotsPrefix(place.backupId)
  const ids: string[] = []
  for await (const { key } of place.store.list(prefix, { signal })) ids.push(key.slice(prefix.length, -SUFFIX.length))
  const taken = await mapConcurrently(ids, { concurrency: READ_CONCURRENCY, signal }, (id) =>
    readTaken(place, id, signal),
  )
  const resets = await readResets(place, signal)
  const all = [...taken.flatMap((snapshot) => snapshot ?? []), ...resets.map(fromReset)]
  return all.sort((left, right) => Number(right.takenAtMs - left.takenAtMs))
}

/** @throws KbackupError `KB_SNAPSHOT_NOT_FOUND` */
export async function readSnapshot(
  place: ResetPlace,
  snapshotId: string,
  signal: AbortSignal | undefined,
): Promise<GroupSnapshot> {
  assertChangeId(snapshotId)
  const taken = await readTaken(place, snapshotId, signal)
  if (taken !== undefined) return taken
  const reset = await readReset(place, snapshotId, signal)
  if (reset !== undefined) return fromReset(reset)
  const known = (await readSnapshots(place, signal)).map((each) => each.snapshotId)
  throw new KbackupError('KB_SNAPSHOT_NOT_FOUND', {
    message: `the archive ${place.backupId} has no group snapshot ${snapshotId}`,
    hint: known.length === 0 ? 'it has none at all' : `it has ${known.join(', ')}`,
    details: { snapshotId, known },
  })
}

/** Deletes a snapshot; of a reset, what it found and how it ended, but not while it is unfinished. */
export async function deleteSnapshot(
  place: ResetPlace,
  snapshotId: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { kind, finished } = await readSnapshot(place, snapshotId, signal)
  if (!finished) {
    throw new KbackupError('KB_USAGE', {
      message: `the reset ${snapshotId} was cut short: what it found is needed to undo it`,
      hint: 'run kbackup offset-reset execute, which brings it to its end first, then delete it',
      details: { snapshotId },
    })
  }
  const { store, backupId } = place
  // The beginning goes first: an end alone is no reset.
  const reset = [resetBeginKey(backupId, snapshotId), resetEndKey(backupId, snapshotId)]
  const keys = kind === 'snapshot' ? [snapshotKey(backupId, snapshotId)] : reset
  for (const key of keys) await store.delete(key, { signal })
}

async function readTaken(
  { store, backupId }: ResetPlace,
  snapshotId: string,
  signal: AbortSignal | undefined,
): Promise<GroupSnapshot | undefined> {
  const key = snapshotKey(backupId, snapshotId)
  const bytes = await readIfPresent(store, key, signal)
  return bytes === undefined ? undefined : fromStored(readShape(storedSnapshot, openJson(bytes, key), key))
}
