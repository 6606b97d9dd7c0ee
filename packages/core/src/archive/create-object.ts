import { KbackupError } from '../errors/kbackup-error.ts'
import { isUnknownOutcome } from '../storage/blob-error.ts'
import type { BlobStore } from '../storage/blob-store.ts'
import { MAX_READS } from '../storage/retry-policy.ts'
import type { Environment } from './environment.ts'
import { damagedObject, isSealed } from './json-object.ts'
import type { BlobReader } from './read-soundly.ts'

const FIRST_DELAY_MS = 100
const MAX_DELAY_MS = 10_000

/** An object to create unless there is one. */
export interface ObjectToCreate {
  readonly key: string
  readonly bytes: Buffer
}

export interface CreateOptions {
  readonly environment: Environment
  readonly signal?: AbortSignal | undefined
}

/**
 * Creates an object, or gives the bytes of the one that was there first; `null` means that ours stands.
 *
 * While the answer is unknown (`KB_STORE_UNAVAILABLE`, `KB_STORE_THROTTLED`), the same bytes are tried under the same key
 * again: an absent object proves nothing then, because a late request may still land. Only the signal ends that.
 */
export async function createObject(
  store: BlobStore,
  { key, bytes }: ObjectToCreate,
  { environment, signal }: CreateOptions,
): Promise<Buffer | null> {
  for (let attempt = 0; ; attempt++) {
    try {
      await store.put(key, bytes, { ifAbsent: true, signal })
      return null
    } catch (error) {
      if (KbackupError.is(error, 'KB_BLOB_EXISTS')) return foreignBytes(store, { key, bytes }, signal)
      if (!isUnknownOutcome(error)) throw error
    }
    await environment.sleep(
      jitteredDelayMs(environment, { attempt, firstMs: FIRST_DELAY_MS, maxMs: MAX_DELAY_MS }),
      signal,
    )
  }
}

/** How long to wait before a further attempt: random, within a bound that doubles. */
export function jitteredDelayMs(
  environment: Environment,
  { attempt, firstMs, maxMs }: { readonly attempt: number; readonly firstMs: number; readonly maxMs: number },
): number {
  const bound = Math.min(maxMs, firstMs * 2 ** Math.min(attempt, 30))
  return Math.ceil(bound * (0.5 + environment.random() / 2))
}

/** The object may be our own, from an attempt that was thought to have failed. */
async function foreignBytes(
  store: BlobStore,
  { key, bytes }: ObjectToCreate,
  signal: AbortSignal | undefined,
): Promise<Buffer | null> {
  const found = await readIfPresent(store, key, signal)
  if (found === undefined)
    throw damagedObject(key, 'it could not be created because it exists, and then it was not there')
  return found.equals(bytes) ? null : found
}

/**
 * The bytes of a JSON object; `undefined` only where the store says explicitly that there is none. They are read again where
 * they are not as they were sealed, in case they were changed on the way.
 */
export async function readIfPresent(
  store: BlobReader,
  key: string,
  signal: AbortSignal | undefined,
): Promise<Buffer | undefined> {
  try {
    for (let reads = 1; ; reads += 1) {
      const bytes = await store.get(key, { signal })
      if (reads === MAX_READS || isSealed(bytes)) return bytes
    }
  } catch (error) {
    if (KbackupError.is(error, 'KB_BLOB_NOT_FOUND')) return undefined
    throw error
  }
}
