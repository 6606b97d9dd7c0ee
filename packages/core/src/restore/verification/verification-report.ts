import { createObject } from '../../archive/create-object.ts'
import { sealJson } from '../../archive/json-object.ts'
import { timedId } from '../../archive/timed-id.ts'
import { KbackupError } from '../../errors/kbackup-error.ts'
import { jsonValue } from '../../json/json-value.ts'
import type { RestoreIdentity } from '../journal-entries.ts'
import { verificationKey } from '../restore-keys.ts'
import type { ObjectStoring } from '../restore-objects.ts'
import { streamReceipt } from '../restore-receipt.ts'
import type { ActiveStream } from '../stream-run.ts'
import { differingStreams, proofFailed, type RestoreProof } from './restore-proof.ts'

const NONCE_BYTES = 8

/** A restore that was read back. */
export interface VerifiedRestore {
  readonly restoreId: string
  readonly identity: RestoreIdentity
  readonly active: readonly ActiveStream[]
  readonly proof: RestoreProof
}

/**
 * Puts what was read back into the archive, beside the journal: counts and places of each partition, its digests, and where it
 * differs first. Each time another object.
 *
 * @returns its key; `null` where the archive may not be written to
 */
export async function writeVerification(storing: ObjectStoring, verified: VerifiedRestore): Promise<string | null> {
  const { store, environment, signal } = storing
  const { restoreId, identity } = verified
  const verifiedAtMs = BigInt(environment.nowMs())
  const id = timedId(verifiedAtMs, environment.nonce(NONCE_BYTES))
  const key = verificationKey(identity.backupId, restoreId, id)
  const bytes = sealJson(reportOf(verified, verifiedAtMs))
  try {
    await createObject(store, { key, bytes }, { environment, signal })
    return key
  } catch (error) {
    if (KbackupError.is(error, 'KB_STORE_FORBIDDEN')) return null
    throw error
  }
}

/** Throws `KB_RESTORE_UNVERIFIED` where the target differs; the report of it is in the archive by then. */
export async function assertProved(storing: ObjectStoring, verified: VerifiedRestore): Promise<void> {
  const differing = differingStreams(verified.proof)
  if (differing.length === 0) return
  const reportKey = await writeVerification(storing, verified).catch(() => {
    storing.signal?.throwIfAborted()
    // What was found must not be hidden by a store that does not take the report.
    return null
  })
  throw proofFailed(differing, reportKey)
}

function reportOf({ restoreId, identity, active, proof }: VerifiedRestore, verifiedAtMs: bigint): object {
  const { backupId, commit, targetClusterId } = identity
  const isEqual = differingStreams(proof).length === 0
  const streams = active.map(streamReceipt)
  return jsonValue({
    restoreId,
    backupId,
    commit,
    targetClusterId,
    verifiedAtMs,
    isEqual,
    streams,
    verification: proof,
  })
}
