import assert from 'node:assert/strict'
import type { ErrorCode } from '../../errors/error-codes.ts'
import { KbackupError } from '../../errors/kbackup-error.ts'
import type { BlobCallOptions, BlobInfo, BlobStore } from '../../storage/blob-store.ts'

/** What a case of the contract works on. */
export interface StoreUnderTest {
  readonly store: BlobStore
  /** Ends in `/`; every key that the case writes begins with it. */
  readonly folder: string
  readonly longListing: number
  readonly largeObjectBytes: number
}

export interface StoreCase {
  readonly name: string
  readonly run: (tested: StoreUnderTest) => Promise<void>
}

/** Asserts that the promise rejects with a kbackup error of this code, and gives it. */
export async function rejectionOf(promise: Promise<unknown>, code: ErrorCode): Promise<KbackupError> {
  const error = await failureOf(promise)
  assert.ok(KbackupError.is(error), `expected ${code}, got ${String(error)}`)
  assert.equal(error.code, code, `expected ${code}, got ${error.code}: ${error.message}`)
  return error
}

/** Asserts that the promise rejects, and gives what it rejects with. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  const outcome = await promise.then(
    () => ({ rejected: false, reason: undefined }),
    (reason: unknown) => ({ rejected: true, reason }),
  )
  assert.ok(outcome.rejected, 'expected the call to reject, it resolved')
  return outcome.reason
}

/** Asserts that neither `get` nor `head` nor `list` sees the key. */
export async function assertInvisible(store: BlobStore, key: string): Promise<void> {
  await rejectionOf(store.get(key), 'KB_BLOB_NOT_FOUND')
  assert.equal(await store.head(key), undefined, `head sees ${key}`)
  assert.deepEqual(await keysOf(store, key), [], `list sees ${key}`)
}

export async function keysOf(store: BlobStore, prefix: string): Promise<readonly string[]> {
  return (await infosOf(store, prefix)).map(({ key }) => key)
}

export async function infosOf(
  store: BlobStore,
  prefix: string,
  options: BlobCallOptions = {},
): Promise<readonly BlobInfo[]> {
  const infos: BlobInfo[] = []
  for await (const info of store.list(prefix, options)) infos.push(info)
  return infos
}

/** Calls `perform` for each item, at most 16 at once, so that a real store is not flooded. */
export async function forEachOf<Item>(
  items: readonly Item[],
  perform: (item: Item) => Promise<unknown>,
): Promise<void> {
  for (let start = 0; start < items.length; start += 16) await Promise.all(items.slice(start, start + 16).map(perform))
}
