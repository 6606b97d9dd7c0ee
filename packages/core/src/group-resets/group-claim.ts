import { sequenceOfKey } from '../archive/archive-keys.ts'
import { createObject, readIfPresent } from '../archive/create-object.ts'
import { sealJson } from '../archive/json-object.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import type { ResetWriting } from './reset-journal.ts'
import { groupClaimKey, groupClaimsPrefix } from './reset-keys.ts'

const NONCE_BYTES = 16

export interface ClaimingOptions extends ResetWriting {
  readonly clusterId: string
}

/** The right of one process to change groups of a cluster, until another process takes it over. */
export interface GroupClaim {
  /** @throws KbackupError `KB_RESTORE_FENCED` where another process has taken it over; this one is to change nothing more */
  assertHeld(): Promise<void>
}

/**
 * Claims the groups of a cluster before anything is changed, and before what was cut short is brought to its end: who was
 * cut short and who still runs look the same in the archive, so whoever still runs has to stop first.
 *
 * Claims are numbered and created if absent. Of several processes that begin at the same time one gets the next number, and
 * the others change nothing. Who held the claim before looks for a newer one before each group, and stops where there is
 * one: the new holder then undoes or finishes what it had begun.
 *
 * @throws KbackupError `KB_RESTORE_FENCED` where another process has just claimed them
 */
export async function claimGroups(options: ClaimingOptions): Promise<GroupClaim> {
  const { store, backupId, clusterId, environment, signal } = options
  const number = (await newestNumber(options)) + 1
  const key = groupClaimKey(backupId, clusterId, number)
  const claim = { clusterId, claimedAtMs: BigInt(environment.nowMs()), nonce: environment.nonce(NONCE_BYTES) }
  const foreign = await createObject(store, { key, bytes: sealJson(claim) }, { environment, signal })
  if (foreign !== null) throw justClaimed(clusterId)
  return heldClaim(options, number)
}

async function newestNumber({ store, backupId, clusterId, signal }: ClaimingOptions): Promise<number> {
  const prefix = groupClaimsPrefix(backupId, clusterId)
  let newest = 0
  for await (const { key } of store.list(prefix, { signal })) newest = Math.max(newest, sequenceOfKey(key, prefix) ?? 0)
  return newest
}

/** Groups that are changed at the same time share a look. */
function heldClaim({ store, backupId, clusterId, signal }: ClaimingOptions, number: number): GroupClaim {
  const nextKey = groupClaimKey(backupId, clusterId, number + 1)
  let looking: Promise<void> | undefined
  const look = async () => {
    if ((await readIfPresent(store, nextKey, signal)) !== undefined) throw takenOver(clusterId)
  }
  return {
    assertHeld() {
      looking ??= look().finally(() => {
        looking = undefined
      })
      return looking
    },
  }
}

function justClaimed(clusterId: string): KbackupError {
  return new KbackupError('KB_RESTORE_FENCED', {
    message: `another process has just begun to change consumer groups of the cluster ${clusterId}; this one has changed nothing`,
    hint: 'let that process finish, and run one reset at a time',
    details: { clusterId },
  })
}

function takenOver(clusterId: string): KbackupError {
  return new KbackupError('KB_RESTORE_FENCED', {
    message: `another process has begun to change consumer groups of the cluster ${clusterId}; this one stopped, and the other undoes what it had begun`,
    hint: 'look where the groups stand when the other process has ended (kbackup offset-reset plan), and run one reset at a time',
    details: { clusterId },
  })
}
