import { sequenceOfKey } from '../archive/archive-keys.ts'
import { createObject, readIfPresent } from '../archive/create-object.ts'
import { damagedObject, openJson, sealJson, sha256Hex } from '../archive/json-object.ts'
import { object, readShape, text } from '../archive/json-shape.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import type { RestoreIdentity } from './journal-entries.ts'
import { readJournalHead } from './journal-head.ts'
import { claimKey, claimsPrefix } from './restore-keys.ts'
import type { RestoreRunOptions } from './restore-run.ts'

/**
 * Makes sure that of several processes that begin the same restore at the same time only one does: each would produce
 * under producer ids of its own, and nothing in the target could tell that they are one.
 *
 * Restores that are told the same share a list of claims, numbered and created if absent. The newest claim names the
 * restore that may be begun, once the one before it is finished, or is known and passed over on purpose.
 *
 * @returns the id of the restore to begin: `restoreId`, or that of a process that died between its claim and its first entry
 * @throws KbackupError `KB_RESTORE_FENCED` where another process has just begun it
 */
export async function claimRestore(options: RestoreRunOptions, restoreId: string): Promise<string> {
  const { store, request, session, environment, signal } = options
  const digest = claimDigest(session.identity)
  const newest = await newestClaim(options, digest)
  if (newest !== undefined && newest.restoreId !== restoreId) {
    const state = await stateOf(options, newest.restoreId)
    if (state === 'claimed' && request.restoreId === null) return newest.restoreId
    if (state === 'begun') throw begunElsewhere(newest.restoreId)
  }
  if (newest?.restoreId === restoreId) return restoreId
  const key = claimKey(request.backupId, digest, (newest?.number ?? 0) + 1)
  const bytes = sealJson({ restoreId, nonce: environment.nonce(16) })
  const foreign = await createObject(store, { key, bytes }, { environment, signal })
  if (foreign !== null) throw begunElsewhere(readClaim(foreign, key).restoreId)
  return restoreId
}

/** The commit is not part of it: processes that saw different ones would still produce the same records to the same place. */
function claimDigest({ requestDigest, targetClusterId }: RestoreIdentity): string {
  return sha256Hex(JSON.stringify([requestDigest, targetClusterId]))
}

interface Claim {
  readonly number: number
  readonly restoreId: string
}

async function newestClaim({ store, request, signal }: RestoreRunOptions, digest: string): Promise<Claim | undefined> {
  const prefix = claimsPrefix(request.backupId, digest)
  let number = 0
  for await (const { key } of store.list(prefix, { signal })) number = Math.max(number, sequenceOfKey(key, prefix) ?? 0)
  if (number === 0) return undefined
  const key = claimKey(request.backupId, digest, number)
  const bytes = await readIfPresent(store, key, signal)
  if (bytes === undefined) throw damagedObject(key, 'it was listed, and then it was not there')
  return { number, restoreId: readClaim(bytes, key).restoreId }
}

/** `open`: another restore may follow, because this one is finished, or is passed over on purpose. */
async function stateOf(
  { store, request, session, signal }: RestoreRunOptions,
  restoreId: string,
): Promise<'claimed' | 'begun' | 'open'> {
  if (request.startNew || session.passedOver.has(restoreId)) return 'open'
  const head = await readJournalHead({ store, backupId: request.backupId, restoreId }, { signal })
  if (head.state === 'absent') return 'claimed'
  return head.state === 'finished' ? 'open' : 'begun'
}

const claimShape = object<{ readonly restoreId: string; readonly nonce: string }>({ restoreId: text, nonce: text })

function readClaim(bytes: Buffer, key: string): { readonly restoreId: string } {
  return readShape(claimShape, openJson(bytes, key), key)
}

function begunElsewhere(restoreId: string): KbackupError {
  return new KbackupError('KB_RESTORE_FENCED', {
    message: `another process has just begun the same restore, ${restoreId}`,
    hint: 'let that process finish, or stop it and run the restore again, which then goes on where it stands',
    details: { restoreId },
  })
}
