import { restoresPrefix } from '../archive/archive-keys.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import { mapConcurrently } from '../memory/map-concurrently.ts'
import type { BlobStore } from '../storage/blob-store.ts'
import type { JournalEntry } from './journal-entries.ts'
import { type BeginEntry, entryNumberOf, readJournalHead } from './journal-head.ts'
import { restoreIdOfKey } from './restore-keys.ts'
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
 * Unfinished restores of the archive into this cluster, newest first; only the one that the request names, if it does.
 *
 * A restore is finished when its journal says so: one whose receipt is there was perhaps killed before anybody saw that.
 *
 * @throws KbackupError `KB_RESTORE_MISMATCH` for a named one that is finished, or goes elsewhere
 */
export async function findUnfinished(search: RestoreSearch): Promise<readonly BegunRestoreHead[]> {
  const { request, signal } = search
  if (request.restoreId !== null) return findNamed(search, request.restoreId)
  const begun = [...(await lastNumbers(search))].sort(([left], [right]) => (left < right ? 1 : -1))
  const heads = await mapConcurrently(begun, { concurrency: READ_CONCURRENCY, signal }, ([restoreId, lastNumber]) =>
    readHead(search, restoreId, lastNumber),
  )
  return heads.flatMap(({ restoreId, head }) =>
    head.state === 'unfinished' && goesInto(head.begin, search) ? [{ restoreId, begin: head.begin }] : [],
  )
}

/** The number of the last journal entry of each restore. */
async function lastNumbers({ store, request, signal }: RestoreSearch): Promise<ReadonlyMap<string, number>> {
  const { backupId } = request
  const last = new Map<string, number>()
  for await (const { key } of store.list(restoresPrefix(backupId), { signal })) {
    const restoreId = restoreIdOfKey(backupId, key)
    const number = entryNumberOf({ backupId, restoreId }, key)
    if (number !== undefined) last.set(restoreId, Math.max(number, last.get(restoreId) ?? 0))
  }
  return last
}

async function findNamed(search: RestoreSearch, restoreId: string): Promise<readonly BegunRestoreHead[]> {
  const { head } = await readHead(search, restoreId)
  if (head.state === 'absent') return []
  if (head.state === 'finished') {
    throw mismatch(restoreId, 'is finished', 'leave the restore id out, or give one that was not used')
  }
  if (!goesInto(head.begin, search)) {
    throw mismatch(restoreId, 'goes into another cluster', 'check the target, or leave the restore id out')
  }
  return [{ restoreId, begin: head.begin }]
}

function goesInto({ identity }: BeginEntry, { clusterId }: RestoreSearch): boolean {
  return identity.targetClusterId === clusterId
}

async function readHead({ store, request, signal }: RestoreSearch, restoreId: string, lastNumber?: number) {
  const place = { store, backupId: request.backupId, restoreId }
  return { restoreId, head: await readJournalHead(place, { lastNumber, signal }) }
}

function mismatch(restoreId: string, what: string, hint: string): KbackupError {
  return new KbackupError('KB_RESTORE_MISMATCH', {
    message: `restore ${restoreId} ${what}`,
    hint,
    details: { restoreId },
  })
}
