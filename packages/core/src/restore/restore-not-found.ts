import { KbackupError } from '../errors/kbackup-error.ts'
import { type ArchivePlace, readRestoreHistory, restoresText } from './restore-history.ts'

export interface MissingRestore {
  readonly restoreId: string
  /** What the sentence goes on with behind the id: ` to go on with; nothing was written`. */
  readonly remark?: string
  /** What to do, beside naming one of those that there are. */
  readonly advice?: string
  readonly signal: AbortSignal | undefined
}

/** The error for a restore that an archive does not have: it names those that there are. */
export async function restoreNotFound(
  place: ArchivePlace,
  { restoreId, remark = '', advice, signal }: MissingRestore,
): Promise<KbackupError> {
  const { backupId } = place
  const known = await readRestoreHistory(place, signal)
  const there = restoresText(known)
  return new KbackupError('KB_RESTORE_NOT_FOUND', {
    message: `the archive ${backupId} has no restore ${restoreId}${remark}`,
    hint: advice === undefined ? there : `${there}; ${advice}`,
    details: { backupId, restoreId, known: known.map((restore) => restore.restoreId) },
  })
}
