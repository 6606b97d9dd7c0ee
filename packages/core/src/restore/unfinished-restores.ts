import { KbackupError } from '../errors/kbackup-error.ts'
import { mapConcurrently } from '../memory/map-concurrently.ts'
import type { BlobStore } from '../storage/blob-store.ts'
import type { JournalEntry } from './journal-entries.ts'
import { type BeginEntry, readJournalHead } from './journal-head.ts'
import { lastEntryNumbers } from './restore-history.ts'
import { restoreNotFound } from './restore-not-found.ts'
import type { RestoreRequest } from './restore-request.ts'

const READ_CONCURRENCY = 8

/** A restore that was begun. */
export interface BegunRestoreHead {
  readonly restoreId: string
  readonly begin: BeginEntry
}

/** A restore as its journal tells of it. */
export interface JournaledRestore extends BegunRestoreHead {
  readonly entries: readonly JournalEntry[]
}

export interface RestoreSearch {
  readonly store: BlobStore
  readonly request: RestoreRequest
  readonly clusterId: string
  readonly signal: AbortSignal | undefined
}

/**
 * Unfinished restores of the archive into this cluster, newest first; only the one that the request names, if it does and
 * that one was begun.
 *
 * A restore is finished when its journal says so: one whose receipt is there was perhaps killed before anybody saw that.
 *
 * @throws KbackupError `KB_RESTORE_NOT_FOUND` where the one to go on with was never begun; `KB_RESTORE_MISMATCH` for a named
 * one that is finished, or goes elsewhere
 */
export async function findUnfinished(search: RestoreSearch): Promise<readonly BegunRestoreHead[]> {
  const { restoreId, newRestoreId } = search.request
  if (restoreId !== null) return [(await findNamed(search, restoreId)) ?? (await notFound(search, restoreId))]
  const named = newRestoreId === null ? undefined : await findNamed(search, newRestoreId)
  return named === undefined ? findAll(search) : [named]
}

/** Throws `KB_RESTORE_MISMATCH` where the id for a new restore is that of another one. */
export async function assertUnusedId(search: RestoreSearch): Promise<void> {
  const { newRestoreId } = search.request
  if (newRestoreId === null) return
  const { head } = await readHead(search, newRestoreId)
  if (head.state === 'absent') return
  throw mismatch(
    newRestoreId,
    'was begun before',
    'ask for no new restore to go on with it, or give an id that was not used',
  )
}

async function findAll(search: RestoreSearch): Promise<readonly BegunRestoreHead[]> {
  const { store, request, signal } = search
  const last = await lastEntryNumbers({ store, backupId: request.backupId }, signal)
  const begun = [...last].sort(([left], [right]) => (left < right ? 1 : -1))
  const heads = await mapConcurrently(begun, { concurrency: READ_CONCURRENCY, signal }, ([restoreId, lastNumber]) =>
    readHead(search, restoreId, lastNumber),
  )
  return heads.flatMap(({ restoreId, head }) =>
    head.state === 'unfinished' && goesInto(head.begin, search) ? [{ restoreId, begin: head.begin }] : [],
  )
}

async function findNamed(search: RestoreSearch, restoreId: string): Promise<BegunRestoreHead | undefined> {
  const { head } = await readHead(search, restoreId)
  if (head.state === 'absent') return undefined
  if (head.state === 'finished') {
    throw mismatch(
      restoreId,
      'is finished',
      'there is nothing left to go on with: leave the id out, or begin a new restore with startNew, or with newRestoreId and an id that was not used',
    )
  }
  if (!goesInto(head.begin, search)) {
    throw mismatch(restoreId, 'goes into another cluster', 'check the target, or leave the restore id out')
  }
  return { restoreId, begin: head.begin }
}

function goesInto({ identity }: BeginEntry, { clusterId }: RestoreSearch): boolean {
  return identity.targetClusterId === clusterId
}

async function readHead({ store, request, signal }: RestoreSearch, restoreId: string, lastNumber?: number) {
  const place = { store, backupId: request.backupId, restoreId }
  return { restoreId, head: await readJournalHead(place, { lastNumber, signal }) }
}

async function notFound({ store, request: { backupId }, signal }: RestoreSearch, restoreId: string): Promise<never> {
  const remark = ' to go on with; nothing was written'
  const advice = 'leave the id out to go on with an unfinished restore of the same, or to begin a new one'
  throw await restoreNotFound({ store, backupId }, { restoreId, remark, advice, signal })
}

function mismatch(restoreId: string, what: string, hint: string): KbackupError {
  return new KbackupError('KB_RESTORE_MISMATCH', {
    message: `restore ${restoreId} ${what}`,
    hint,
    details: { restoreId },
  })
}
