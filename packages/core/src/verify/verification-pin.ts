import { commitKey, pinKey } from '../archive/archive-keys.ts'
import type { CommitReference } from '../archive/commit.ts'
import { readCommitObject } from '../archive/commit-shape.ts'
import { readIfPresent } from '../archive/create-object.ts'
import { sha256Hex } from '../archive/json-object.ts'
import { type HeldPin, pinCommit } from '../archive/pins.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import type { RunWarning } from '../events/run-warning.ts'
import type { BlobStore } from '../storage/blob-store.ts'

export interface PinQuestion {
  readonly store: BlobStore
  readonly backupId: string
  /** The newest commit that there is; 0 for none. */
  readonly newest: number
  readonly signal: AbortSignal | undefined
}

/** The claim of a verification on the commit that it reads; of none, where there is none to pin, or no right to. */
export interface VerificationPin {
  /** `null` where nothing is pinned. */
  readonly key: string | null
  /** What there is to say of it so far. */
  readonly warnings: readonly RunWarning[]
  /** Removes it; never rejects. */
  release(): Promise<void>
}

/**
 * Pins the newest commit, so that nothing that it sees is deleted while it is verified.
 *
 * An archive that cannot be opened at that commit needs no pin: nobody could find out what to delete either. Who may not
 * create pins verifies all the same, and is warned.
 */
export async function pinNewest(question: PinQuestion): Promise<VerificationPin> {
  const warnings: RunWarning[] = []
  const commit = await soundReference(question)
  const pin = commit === undefined ? undefined : await pinOrWarn(question, commit, warnings)
  return {
    key: pin === undefined ? null : pinKey(question.backupId, pin.id),
    warnings,
    async release() {
      await pin
        ?.release()
        .catch((error: unknown) => warnings.push(leftBehind(pinKey(question.backupId, pin.id), error)))
    },
  }
}

async function soundReference({ store, backupId, newest, signal }: PinQuestion): Promise<CommitReference | undefined> {
  const key = commitKey(backupId, newest)
  const bytes = newest === 0 ? undefined : await readIfPresent(store, key, signal)
  if (bytes === undefined) return undefined
  return unlessDamaged(async () => {
    readCommitObject(bytes, key)
    return { sequence: newest, sha256: sha256Hex(bytes) }
  })
}

async function pinOrWarn(
  { store, backupId, signal }: PinQuestion,
  commit: CommitReference,
  warnings: RunWarning[],
): Promise<HeldPin | undefined> {
  try {
    return await unlessDamaged(() => pinCommit(store, backupId, { commit, purpose: 'validate', signal }))
  } catch (error) {
    if (!KbackupError.is(error, 'KB_STORE_FORBIDDEN', 'KB_STORE_FAILED')) throw error
    warnings.push(unpinned(commit, error))
    return undefined
  }
}

/** What is damaged is what the verification itself is to find. */
async function unlessDamaged<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (KbackupError.is(error, 'KB_ARCHIVE_DAMAGED', 'KB_ARCHIVE_FORMAT', 'KB_ARCHIVE_NOT_FOUND')) return undefined
    throw error
  }
}

function unpinned({ sequence }: CommitReference, error: KbackupError): RunWarning {
  return {
    code: 'KB_WARNING_PIN',
    message: `commit ${sequence} was verified without a pin: ${error.message}`,
    hint: 'an object that a cleaner deleted meanwhile would be told as missing; give the right to create objects below pins/ of the archive',
    details: { sequence },
  }
}

function leftBehind(key: string, error: unknown): RunWarning {
  return {
    code: 'KB_WARNING_PIN',
    message: `the pin of this verification could not be removed: ${error instanceof Error ? error.message : String(error)}`,
    hint: `remove ${key}: nothing that its commit sees is deleted while it stands`,
    details: { key },
  }
}
