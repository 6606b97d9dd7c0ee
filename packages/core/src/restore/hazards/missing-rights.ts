import { archiveInfoKey, pinKey } from '../../archive/archive-keys.ts'
import type { CommitReference } from '../../archive/commit.ts'
import { readIfPresent } from '../../archive/create-object.ts'
import type { Environment } from '../../archive/environment.ts'
import { pinCommit } from '../../archive/pins.ts'
import { KbackupError } from '../../errors/kbackup-error.ts'
import type { BlobStore } from '../../storage/blob-store.ts'
import { allClaimsPrefix, claimKey, journalEntryKey } from '../restore-keys.ts'
import type { Hazard } from '../restore-plan.ts'
import { advice } from './remedy.ts'

const REMEDIES = [
  advice('give the right to create objects below restores/ and pins/ of the archive'),
  advice('copy the archive to a place that can be written to, and restore from there'),
]

export interface RightsQuestion {
  readonly store: BlobStore
  readonly backupId: string
  readonly commit: CommitReference
  readonly environment: Environment
  readonly signal: AbortSignal | undefined
}

/**
 * Whether a restore could keep its journal in the archive.
 *
 * An object that is there cannot be created again, but who has no right to create hears that instead: so nothing is
 * written to find out. Only where rights differ within the archive, and nothing was restored from it before, a pin is
 * written for a moment.
 */
export async function findMissingRights(question: RightsQuestion): Promise<readonly Hazard[]> {
  const { store, backupId, signal } = question
  if (store.mayCreate !== undefined) return (await mayWriteAll(question)) ? [] : [missingRights(question)]
  for await (const { key } of store.list(allClaimsPrefix(backupId), { signal })) {
    return (await mayCreateAgain(question, key)) ? [] : [missingRights(question)]
  }
  if (await mayCreateAgain(question, archiveInfoKey(backupId))) return []
  return (await mayPin(question)) ? [] : [missingRights(question)]
}

/** Filesystems tell it of each folder by itself, written or not. */
async function mayWriteAll({ store, backupId, signal }: RightsQuestion): Promise<boolean> {
  const keys = [journalEntryKey(backupId, 'plan', 1), claimKey(backupId, 'plan', 1), pinKey(backupId, 'plan')]
  for (const key of keys) if ((await store.mayCreate?.(key, { signal })) === false) return false
  return true
}

/** The bytes are those that are there: should somebody delete the object just now, it would only be back. */
async function mayCreateAgain({ store, signal }: RightsQuestion, key: string): Promise<boolean> {
  const bytes = await readIfPresent(store, key, signal)
  return bytes === undefined || !(await isForbidden(() => store.put(key, bytes, { ifAbsent: true, signal })))
}

async function mayPin({ store, backupId, commit, environment, signal }: RightsQuestion): Promise<boolean> {
  return !(await isForbidden(async () => {
    const pin = await pinCommit(store, backupId, { commit, purpose: 'restore plan', environment, signal })
    await pin.release().catch(() => {})
  }))
}

async function isForbidden(create: () => Promise<unknown>): Promise<boolean> {
  try {
    await create()
  } catch (error) {
    if (KbackupError.is(error, 'KB_STORE_FORBIDDEN')) return true
    if (!KbackupError.is(error, 'KB_BLOB_EXISTS')) throw error
  }
  return false
}

function missingRights({ store, backupId }: RightsQuestion): Hazard {
  return {
    code: 'KB_HAZARD_RIGHTS',
    blocks: true,
    message: `nothing can be written to the archive ${backupId} (${store.name}), where a restore keeps its journal and its receipt`,
    remedies: REMEDIES,
    details: { backupId, store: store.name },
  }
}
