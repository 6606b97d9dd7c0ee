import { restoresPrefix } from '../archive/archive-keys.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import type { BlobStore } from '../storage/blob-store.ts'
import type { JournalEntry } from './journal-entries.ts'
import { readJournal } from './restore-journal.ts'
import { journalPrefix, receiptKey, restoreIdOfKey } from './restore-keys.ts'
import type { RestoreRequest } from './restore-request.ts'

type BeginEntry = Extract<JournalEntry, { readonly type: 'begin' }>

/** A restore as its journal tells of it. */
export interface JournaledRestore {
  readonly restoreId: string
  readonly begin: BeginEntry
  readonly entries: readonly JournalEntry[]
}

export interface RestoreSearch {
  readonly store: BlobStore
  readonly request: RestoreRequest
  readonly clusterId: string
  readonly signal: AbortSignal | undefined
}

/**
 * Unfinished restores of the archive into this cluster, newest first; only the one that the request names, if it does.
 *
 * @throws KbackupError `KB_RESTORE_NOT_FOUND`, `KB_RESTORE_MISMATCH` for a named one
 */
export async function findUnfinished(search: RestoreSearch): Promise<readonly JournaledRestore[]> {
  const { store, request, signal } = search
  if (request.restoreId !== null) return findNamed(search, request.restoreId)
  const begun = new Set<string>()
  const finished = new Set<string>()
  for await (const { key } of store.list(restoresPrefix(request.backupId), { signal })) {
    const restoreId = restoreIdOfKey(request.backupId, key)
    if (key.startsWith(journalPrefix(request.backupId, restoreId))) begun.add(restoreId)
    if (key === receiptKey(request.backupId, restoreId)) finished.add(restoreId)
  }
  const unfinished = [...begun]
    .filter((restoreId) => !finished.has(restoreId))
    .sort()
    .reverse()
  const restores = await Promise.all(unfinished.map((restoreId) => readRestore(search, restoreId)))
  return restores.filter((restore) => restore !== undefined).filter((restore) => goesInto(restore, search))
}

async function findNamed(search: RestoreSearch, restoreId: string): Promise<readonly JournaledRestore[]> {
  const restore = await readRestore(search, restoreId)
  if (restore === undefined) return []
  if (restore.entries.some(({ type }) => type === 'end')) {
    throw mismatch(restoreId, 'is finished', 'leave the restore id out, or give one that was not used')
  }
  if (!goesInto(restore, search)) {
    throw mismatch(restoreId, 'goes into another cluster', 'check the target, or leave the restore id out')
  }
  return [restore]
}

function goesInto({ begin }: JournaledRestore, { clusterId }: RestoreSearch): boolean {
  return begin.identity.targetClusterId === clusterId
}

async function readRestore(
  { store, request, signal }: RestoreSearch,
  restoreId: string,
): Promise<JournaledRestore | undefined> {
  const entries = await readJournal({ store, backupId: request.backupId, restoreId }, signal)
  const [begin] = entries
  return begin?.type === 'begin' ? { restoreId, begin, entries } : undefined
}

function mismatch(restoreId: string, what: string, hint: string): KbackupError {
  return new KbackupError('KB_RESTORE_MISMATCH', {
    message: `restore ${restoreId} ${what}`,
    hint,
    details: { restoreId },
  })
}
