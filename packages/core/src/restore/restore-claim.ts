import { sequenceOfKey } from '../archive/archive-keys.ts'
import { createObject, readIfPresent } from '../archive/create-object.ts'
import { damagedObject, openJson, sealJson, sha256Hex } from '../archive/json-object.ts'
import { object, readShape, text } from '../archive/json-shape.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import type { RestoreIdentity } from './journal-entries.ts'
import { readJournalHead } from './journal-head.ts'
import { claimKey, claimsPrefix } from './restore-keys.ts'
import type { RestoreRunOptions } from './restore-run.ts'
import type { SessionOptions } from './restore-session.ts'

const NONCE_BYTES = 16

/** Says which restore a process has begun, or was about to begin. */
export interface RestoreClaim {
  /** From 1; 0 where nothing was claimed yet. */
  readonly number: number
  readonly restoreId: string | null
}

/**
 * Makes sure that of several processes that begin the same restore at the same time only one does: each would produce
 * under producer ids of its own, and nothing in the target could tell that they are one.
 *
 * Restores that are told the same share a list of claims, numbered and created if absent. A process reads the newest one
 * before it looks at anything else, and claims the next number before it writes anything else: whoever did so in between
 * wins.
 *
 * @returns the id of the restore to begin: `restoreId`, or that of a process that died between its claim and its first entry
 * @throws KbackupError `KB_RESTORE_FENCED` where another process has just begun it
 */
export async function claimRestore(options: RestoreRunOptions, restoreId: string): Promise<string> {
  const { store, request, session, environment, signal } = options
  const { newestClaim } = session
  if (newestClaim.restoreId === restoreId) return restoreId
  if (newestClaim.restoreId !== null && (await isUnused(options, newestClaim.restoreId))) return newestClaim.restoreId
  const key = claimKey(request.backupId, claimDigest(session.identity), newestClaim.number + 1)
  const bytes = sealJson({ restoreId, nonce: environment.nonce(NONCE_BYTES) })
  const foreign = await createObject(store, { key, bytes }, { environment, signal })
  if (foreign !== null) throw begunElsewhere(readClaim(foreign, key).restoreId)
  return restoreId
}

/** The commit is not part of it: processes that saw different ones would still produce the same records to the same place. */
function claimDigest({ requestDigest, targetClusterId }: RestoreIdentity): string {
  return sha256Hex(JSON.stringify([requestDigest, targetClusterId]))
}

/** The newest claim of a restore that is told the same. */
export async function readNewestClaim(
  { store, signal }: Pick<SessionOptions, 'store' | 'signal'>,
  identity: RestoreIdentity,
): Promise<RestoreClaim> {
  const digest = claimDigest(identity)
  const prefix = claimsPrefix(identity.backupId, digest)
  let number = 0
  for await (const { key } of store.list(prefix, { signal })) number = Math.max(number, sequenceOfKey(key, prefix) ?? 0)
  if (number === 0) return { number, restoreId: null }
  const key = claimKey(identity.backupId, digest, number)
  const bytes = await readIfPresent(store, key, signal)
  if (bytes === undefined) throw damagedObject(key, 'it was listed, and then it was not there')
  return { number, restoreId: readClaim(bytes, key).restoreId }
}

/** Whether a claimed restore was never begun, so that this process may. */
async function isUnused({ store, request, session, signal }: RestoreRunOptions, restoreId: string): Promise<boolean> {
  const head = await readJournalHead({ store, backupId: request.backupId, restoreId }, { signal })
  if (head.state === 'absent') {
    if (request.newRestoreId === null) return true
    if (!request.startNew) throw claimedElsewhere(restoreId, request.newRestoreId)
    return false
  }
  const isKnown = head.state === 'finished' || request.startNew || session.passedOver.has(restoreId)
  if (!isKnown) throw begunElsewhere(restoreId)
  return false
}

const claimShape = object<{ readonly restoreId: string; readonly nonce: string }>({ restoreId: text, nonce: text })

function readClaim(bytes: Buffer, key: string): { readonly restoreId: string } {
  return readShape(claimShape, openJson(bytes, key), key)
}

/** Whoever claimed it may be dead, or about to begin: then both would write the same records. */
function claimedElsewhere(restoreId: string, newRestoreId: string): KbackupError {
  return new KbackupError('KB_RESTORE_FENCED', {
    message: `another process was about to begin the same restore as ${restoreId}, and ${newRestoreId} might write its records again; nothing was written`,
    hint: `let that process finish; where it is dead, give no new id, or ${restoreId}, and its restore is begun`,
    details: { restoreId, newRestoreId },
  })
}

function begunElsewhere(restoreId: string): KbackupError {
  return new KbackupError('KB_RESTORE_FENCED', {
    message: `another process has just begun the same restore, ${restoreId}`,
    hint: 'let that process finish, or stop it and run the restore again, which then goes on where it stands',
    details: { restoreId },
  })
}
