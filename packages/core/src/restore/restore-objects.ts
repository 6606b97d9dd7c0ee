import { createObject } from '../archive/create-object.ts'
import type { Environment } from '../archive/environment.ts'
import { openJson, sealJson, sha256Hex } from '../archive/json-object.ts'
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
