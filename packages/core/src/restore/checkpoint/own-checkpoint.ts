import { KbackupError } from '../../errors/kbackup-error.ts'
import type { BlobStore } from '../../storage/blob-store.ts'
import { journaledDifferences } from '../journaled-difference.ts'
import { readEntry } from '../restore-journal.ts'
import type { RestoreRequest } from '../restore-request.ts'
import type { RestoreSession } from '../restore-session.ts'
import { type CheckpointOwner, checkpointOwner, configHash } from './restore-checkpoint.ts'

interface CheckpointQuestion {
  readonly store: BlobStore
  readonly request: RestoreRequest
  readonly signal: AbortSignal | undefined
}

type FileOwner = Omit<CheckpointOwner, 'startedAtMs'>

/**
 * Throws `KB_RESTORE_MISMATCH` where the checkpoint file of a restore holds anything but a checkpoint of a restore with the
 * same configuration: it would be overwritten.
 */
export async function assertOwnCheckpoint(session: RestoreSession, question: CheckpointQuestion): Promise<void> {
  const { checkpoint } = question.request
  if (checkpoint === null) return
  const { file } = checkpoint
  const text = await file.read()
  if (text === undefined) return
  const owner = checkpointOwner(text)
  if (owner === undefined) throw noCheckpoint(file.name)
  if (owner.configHash === configHash(session.identity)) return
  throw foreignCheckpoint(file.name, owner, await differencesOf(owner, session, question))
}

/** In words; nothing where the archive does not tell. */
async function differencesOf(
  { backupId, restoreId }: FileOwner,
  { selected }: RestoreSession,
  { store, request, signal }: CheckpointQuestion,
): Promise<readonly string[]> {
  if (backupId !== request.backupId) return []
  const begin = await readEntry({ store, backupId, restoreId }, 1, signal)
  return begin?.type === 'begin' ? journaledDifferences(begin, { request, selected }) : []
}

function foreignCheckpoint(file: string, owner: FileOwner, differences: readonly string[]): KbackupError {
  const { backupId, restoreId } = owner
  const why = differences.length === 0 ? '' : `: ${differences.join('; ')}`
  return new KbackupError('KB_RESTORE_MISMATCH', {
    message: `the checkpoint file ${file} belongs to another restore, ${restoreId} of ${backupId}${why}; it was left as it is`,
    hint: 'run that restore with the configuration that it was begun with; or remove the file, or name another one',
    details: { file, restoreId, backupId, differences },
  })
}

function noCheckpoint(file: string): KbackupError {
  return new KbackupError('KB_RESTORE_MISMATCH', {
    message: `the file ${file} is no checkpoint of a restore, and would be overwritten; it was left as it is`,
    hint: 'name another file, or remove this one',
    details: { file },
  })
}
