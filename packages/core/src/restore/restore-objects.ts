import { createObject } from '../archive/create-object.ts'
import type { Environment } from '../archive/environment.ts'
import { openJson, sealJson, sha256Hex } from '../archive/json-object.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import type { BlobStore } from '../storage/blob-store.ts'

export interface ObjectStoring {
  readonly store: BlobStore
  readonly environment: Environment
  readonly signal: AbortSignal
}

/**
 * Writes a sealed JSON object of a restore once. A process that was killed behind this step wrote the same, or as good:
 * what was there first stays.
 *
 * @returns the SHA-256 of what stands there
 */
export async function writeOnce(
  { store, environment, signal }: ObjectStoring,
  key: string,
  value: object,
): Promise<string> {
  const bytes = sealJson(value)
  const first = await createObject(store, { key, bytes }, { environment, signal })
  if (first !== null) openJson(first, key)
  return sha256Hex(first ?? bytes)
}

/**
 * Writes a sealed JSON object of a restore that every process must write alike.
 *
 * @throws KbackupError `KB_RESTORE_UNVERIFIED` where another one stands there
 */
export async function writeAlike(storing: ObjectStoring, key: string, value: object): Promise<void> {
  if ((await writeOnce(storing, key, value)) === sha256Hex(sealJson(value))) return
  throw new KbackupError('KB_RESTORE_UNVERIFIED', {
    message: `records of this restore stand elsewhere in the target than ${key} says: the target lost them since, and got them again`,
    hint: "groups cannot be set by it: restore into a new topic, or make this one anew (existingTopics: 'recreate')",
    details: { key },
  })
}
