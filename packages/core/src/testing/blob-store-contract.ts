import { randomBytes } from 'node:crypto'
import { KbackupError } from '../errors/kbackup-error.ts'
import type { BlobStore } from '../storage/blob-store.ts'
import { abortCases } from './blob-store-contract/abort-cases.ts'
import { createCases } from './blob-store-contract/create-cases.ts'
import { deleteCases } from './blob-store-contract/delete-cases.ts'
import { keyCases } from './blob-store-contract/key-cases.ts'
import { listCases } from './blob-store-contract/list-cases.ts'
import { putCases } from './blob-store-contract/put-cases.ts'
import { readCases } from './blob-store-contract/read-cases.ts'
import type { StoreCase, StoreUnderTest } from './blob-store-contract/store-case.ts'
import { unfinishedCases } from './blob-store-contract/unfinished-cases.ts'
import type { ContractCase } from './contract-case.ts'
import type { PromiseGroup } from './storage-check/storage-check-report.ts'

/** A promise of a store, and what it is about. */
export interface BlobStoreCase extends ContractCase {
  readonly group: PromiseGroup
}

const GROUPS: readonly (readonly [PromiseGroup, readonly StoreCase[]])[] = [
  ['names', keyCases],
  ['writes', putCases],
  ['creates', createCases],
  ['reads', readCases],
  ['listings', listCases],
  ['deletes', deleteCases],
  ['aborts', abortCases],
  ['uploads', unfinishedCases],
]

const MAX_ATTEMPTS = 3

export interface BlobStoreContractOptions {
  /** Every key that the suite writes begins with it, so that it can be run on a store that is in use; it ends in `/`. */
  readonly prefix?: string | undefined
  /** How many objects the longest listing has; more than the page of any store by default. */
  readonly longListing?: number | undefined
  /** How long the longest streamed object is; 20 MiB, more than two parts of an upload, by default. */
  readonly largeObjectBytes?: number | undefined
}

/**
 * The promises of {@link BlobStore}, sentence by sentence, as cases for any test runner.
 *
 * `makeStore` is called once for each case and may give the same store each time: every case writes below a folder of
 * its own, and deletes what it wrote, so that a bucket in use can be checked too. What it wrote stays where deleting is
 * not allowed. A case that fails with an error that is `retryable` begins anew, twice at most.
 *
 * @example
 * ```ts
 * import { blobStoreContract, MemoryBlobStore } from '@kbackup/core/testing'
 * import { it } from 'vitest'
 *
 * for (const { name, run } of blobStoreContract(() => new MemoryBlobStore())) it(name, run)
 * ```
 */
export function blobStoreContract(
  makeStore: () => BlobStore | Promise<BlobStore>,
  options: BlobStoreContractOptions = {},
): readonly BlobStoreCase[] {
  const sizes = {
    longListing: options.longListing ?? 1_100,
    largeObjectBytes: options.largeObjectBytes ?? 20 * 1024 * 1024,
  }
  const cases = GROUPS.flatMap(([group, ofGroup]) => ofGroup.map((one) => ({ ...one, group })))
  return cases.map(({ name, group, run }) => ({
    name,
    group,
    run: () =>
      untilItPasses(async () => {
        const folder = `${options.prefix ?? ''}contract-${randomBytes(8).toString('hex')}/`
        const tested: StoreUnderTest = { store: await makeStore(), folder, ...sizes }
        await runAndClean(tested, run)
      }),
  }))
}

/** What fails in passing breaks no promise: the case begins anew, a few times at most. */
async function untilItPasses(attempt: () => Promise<void>): Promise<void> {
  for (let attempts = 1; ; attempts += 1) {
    try {
      return await attempt()
    } catch (error) {
      if (attempts === MAX_ATTEMPTS || !KbackupError.is(error) || !error.retryable) throw error
    }
  }
}

async function runAndClean(tested: StoreUnderTest, run: StoreCase['run']): Promise<void> {
  const failures: unknown[] = []
  await run(tested).catch((error: unknown) => failures.push(error))
  await clean(tested).catch((error: unknown) => failures.push(error))
  if (failures.length > 0) throw failures[0]
}

async function clean({ store, folder }: StoreUnderTest): Promise<void> {
  const keys: string[] = []
  for await (const { key } of store.list(folder)) keys.push(key)
  for (let start = 0; start < keys.length; start += 16) {
    await Promise.all(keys.slice(start, start + 16).map((key) => store.delete(key)))
  }
}
