import { readIfPresent } from '../archive/create-object.ts'
import { openJson } from '../archive/json-object.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import { type ArchivePlace, type KnownRestore, readRestoreHistory, restoresText } from '../restore/restore-history.ts'
import { assertRestoreId, offsetMapKey } from '../restore/restore-keys.ts'
import { restoreNotFound } from '../restore/restore-not-found.ts'
import type { OffsetMap } from './offset-map.ts'
import { readOffsetMap } from './read-offset-map.ts'

/** The offset map of a restore, as it lies in the archive. */
export async function readStoredMap(
  place: ArchivePlace,
  restoreId: string,
  signal: AbortSignal | undefined,
): Promise<OffsetMap> {
  const { store, backupId } = place
  assertRestoreId(restoreId)
  const key = offsetMapKey(backupId, restoreId)
  const bytes = await readIfPresent(store, key, signal)
  if (bytes !== undefined) return readOffsetMap(openJson(bytes, key), key)
  const known = await readRestoreHistory(place, signal)
  const isKnown = known.some((restore) => restore.restoreId === restoreId)
  throw isKnown ? mapNotFound(place, restoreId, known) : await restoreNotFound(place, { restoreId, signal })
}

function mapNotFound({ backupId }: ArchivePlace, restoreId: string, known: readonly KnownRestore[]): KbackupError {
  return new KbackupError('KB_RESTORE_NOT_FOUND', {
    message: `the archive ${backupId} has no offset map of a restore ${restoreId}`,
    hint: `${restoresText(known)}; a map is written when all records are restored`,
    details: { backupId, restoreId, known: known.map((restore) => restore.restoreId) },
  })
}
