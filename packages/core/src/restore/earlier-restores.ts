import type { EarlierRestore } from './hazards/existing-records.ts'
import { readRestoreHistory } from './restore-history.ts'
import type { RestoreSession, SessionOptions } from './restore-session.ts'

/** Restores of the archive that wrote to the target before, newest first; the one that goes on is none of them. */
export async function readEarlierRestores(
  { identity, unfinished }: RestoreSession,
  { store, request, signal }: Pick<SessionOptions, 'store' | 'request' | 'signal'>,
): Promise<readonly EarlierRestore[]> {
  const history = await readRestoreHistory({ store, backupId: request.backupId }, signal)
  return history
    .filter(({ hasWritten, restoreId }) => hasWritten && restoreId !== unfinished?.restoreId)
    .filter(({ begin }) => begin.identity.targetClusterId === identity.targetClusterId)
    .map((restore) => ({ ...restore, isSame: restore.begin.identity.requestDigest === identity.requestDigest }))
}
