import { KbackupError } from '../errors/kbackup-error.ts'
import type { RunWarning } from '../events/run-warning.ts'
import { isUnknownOutcome } from '../storage/blob-error.ts'
import type { BlobStore } from '../storage/blob-store.ts'
import { type BlobRetry, withoutRetries } from '../storage/retrying-blob-store.ts'
import { archiveInfoKey } from './archive-keys.ts'
import type { ArchiveWriter } from './archive-writer.ts'
import { type CreateOptions, jitteredDelayMs, readIfPresent } from './create-object.ts'
import { damagedObject, openJson } from './json-object.ts'

const FIRST_DELAY_MS = 100
const MAX_DELAY_MS = 5_000
const MAX_UNANSWERED = 6
/**
 * A store of the user's own that repeats its calls may take its own first attempt, whose answer was lost, for a success; that
 * it does so each time is not to be expected.
 */
const MAX_CREATED = 3

/** An archive that is about to be written to. */
export interface WrittenArchive {
  /** The store, every call of which is tried once. */
  readonly store: BlobStore
  readonly backupId: string
  readonly archive: Pick<ArchiveWriter, 'admitSingleWriter'>
}

export interface ConditionOptions extends CreateOptions {
  /** Go on though the store ignores conditions: nobody else writes to the archive, which nobody but the user can know. */
  readonly unsafeSingleWriter: boolean
  readonly onRetry?: ((retry: BlobRetry) => void) | undefined
}

/**
 * Refuses to write to an archive on a store that ignores conditions, where two writers would overwrite each other's commits;
 * where it is used all the same, the commits of its writer say so.
 *
 * The archive's first object is created anew, which must fail. It takes one request and no right to delete, and where it
 * succeeds, nothing has changed: the bytes are those that were there, as their digest says. Stores that repeat calls are
 * asked past their repetitions.
 *
 * @returns what is to be told to the user
 * @throws KbackupError `KB_STORE_UNCONDITIONAL`, and what the store may answer
 */
export async function assertConditionalCreates(
  { store, backupId, archive }: WrittenArchive,
  { unsafeSingleWriter, ...options }: ConditionOptions,
): Promise<readonly RunWarning[]> {
  const isKept = await keepsConditions(withoutRetries(store), archiveInfoKey(backupId), options)
  if (unsafeSingleWriter && !isKept) archive.admitSingleWriter()
  if (unsafeSingleWriter) return [singleWriterWarning(store, isKept)]
  if (isKept) return []
  throw new KbackupError('KB_STORE_UNCONDITIONAL', {
    message: `${store.name} ignores conditions: it created ${archiveInfoKey(backupId)} again, which was there`,
    hint:
      'use a store that keeps If-None-Match, or a newer version of this one: kbackup storage check tells; ' +
      'unsafeSingleWriter goes on, where nothing else ever writes to the archive',
    details: { store: store.name, backupId },
  })
}

type AskingOptions = Omit<ConditionOptions, 'unsafeSingleWriter'>

async function keepsConditions(store: BlobStore, key: string, options: AskingOptions): Promise<boolean> {
  const { signal } = options
  const bytes = await answered({ operation: 'get', key }, options, () => readIfPresent(store, key, signal))
  if (bytes === undefined) throw damagedObject(key, 'it was there, and is gone')
  // Bytes that were changed on the way must not take the place of what is there.
  openJson(bytes, key)
  for (let created = 0; created < MAX_CREATED; created++) {
    const isKept = await answered({ operation: 'put', key }, options, () => losesTo(store, key, { bytes, signal }))
    if (isKept) return true
  }
  return false
}

async function losesTo(
  store: BlobStore,
  key: string,
  { bytes, signal }: { readonly bytes: Buffer; readonly signal: AbortSignal | undefined },
): Promise<boolean> {
  try {
    await store.put(key, bytes, { ifAbsent: true, signal })
    return false
  } catch (error) {
    if (KbackupError.is(error, 'KB_BLOB_EXISTS')) return true
    throw error
  }
}

async function answered<Value>(
  asked: Pick<BlobRetry, 'operation' | 'key'>,
  { environment, onRetry, signal }: AskingOptions,
  ask: () => Promise<Value>,
): Promise<Value> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await ask()
    } catch (error) {
      if (!isUnknownOutcome(error) || attempt + 1 >= MAX_UNANSWERED) throw error
      const delayMs = jitteredDelayMs(environment, { attempt, firstMs: FIRST_DELAY_MS, maxMs: MAX_DELAY_MS })
      onRetry?.({ ...asked, attempt: attempt + 1, delayMs, error })
      await environment.sleep(delayMs, signal)
    }
  }
}

function singleWriterWarning({ name }: BlobStore, isKept: boolean): RunWarning {
  if (isKept) {
    return {
      code: 'KB_WARNING_SINGLE_WRITER',
      message: `unsafe_single_writer is set, and ${name} keeps conditions`,
      hint: 'leave it out: then a store that does not would be refused',
      details: { store: name, conditions: true },
    }
  }
  return {
    code: 'KB_WARNING_SINGLE_WRITER',
    message: `${name} ignores conditions: a second writer, a cleanup included, would destroy commits of this archive, and nobody would notice`,
    hint: 'let exactly one process write to it, or use a store that keeps conditions',
    details: { store: name, conditions: false },
  }
}
