import { describe, expect, it } from 'vitest'
import { KbackupError } from '../errors/kbackup-error.ts'
import type { BlobCallOptions, BlobInfo, BlobStore, GetOptions, PutOptions } from '../storage/blob-store.ts'
import { blobStoreContract } from './blob-store-contract.ts'
import { MemoryBlobStore } from './memory-blob-store.ts'

const SMALL = { longListing: 20, largeObjectBytes: 100_000 }

describe('MemoryBlobStore keeps the contract of a store:', () => {
  for (const { name, run } of blobStoreContract(() => new MemoryBlobStore())) it(name, run)
})

describe('blobStoreContract', () => {
  it('deletes everything it wrote and touches nothing else, on a store that all cases share', async () => {
    const store = new MemoryBlobStore()
    await store.put('prod/archive.json', Buffer.from('{}'))
    for (const { run } of blobStoreContract(() => store, { prefix: 'prod/check/', ...SMALL })) await run()
    expect(store.keys()).toEqual(['prod/archive.json'])
  })

  it('begins a case anew whose request failed in passing, and fails where that does not pass', async () => {
    const passing = { left: 2 }
    expect(await failedCases(() => new Passing(passing))).toEqual([])
    const lasting = { left: Number.POSITIVE_INFINITY }
    expect(await failedCases(() => new Passing(lasting))).not.toEqual([])
  })

  const broken: readonly (readonly [fault: string, caughtBy: RegExp, make: () => BlobStore])[] = [
    ['overwrites under ifAbsent', /concurrent creates/, () => new Overwriting()],
    ['clips ranges', /KB_BLOB_RANGE/, () => new Clipping()],
    ['forgets the signal', /delete with an already aborted/, () => new Deaf()],
    ['answers any error of head with undefined', /refused with KB_BLOB_KEY_INVALID/, () => new Forgetful()],
    ['lists folders only', /need not end at a slash/, () => new FolderListing()],
    ['lists folder by folder', /sorted by the bytes/, () => new FolderOrder()],
    ['stores what came of a torn stream', /stream that throws/, () => new Tearing()],
  ]
  it.each(broken)('catches a store that %s', async (_fault, caughtBy, make) => {
    expect(await failedCases(make)).toContainEqual(expect.stringMatching(caughtBy))
  })
})

async function failedCases(make: () => BlobStore): Promise<readonly string[]> {
  const failed: string[] = []
  for (const { name, run } of blobStoreContract(make, SMALL)) await run().catch(() => failed.push(name))
  return failed
}

/** Some listings fail as they do where a connection breaks. */
class Passing extends MemoryBlobStore {
  readonly #failures: { left: number }

  constructor(failures: { left: number }) {
    super()
    this.#failures = failures
  }

  override async *list(prefix: string, options?: BlobCallOptions): AsyncGenerator<BlobInfo, void, void> {
    this.#failures.left -= 1
    if (this.#failures.left >= 0) throw new KbackupError('KB_STORE_UNAVAILABLE', { message: 'reset', retryable: true })
    yield* super.list(prefix, options)
  }
}

class Overwriting extends MemoryBlobStore {
  override put(key: string, body: Uint8Array, options: PutOptions = {}): Promise<void> {
    return super.put(key, body, { ...options, ifAbsent: false })
  }
}

class Clipping extends MemoryBlobStore {
  override async get(key: string, { range, ...options }: GetOptions = {}): Promise<Buffer> {
    const bytes = await super.get(key, options)
    return range === undefined ? bytes : bytes.subarray(range.start, range.end)
  }
}

class Deaf extends MemoryBlobStore {
  override delete(key: string): Promise<void> {
    return super.delete(key)
  }
}

class Forgetful extends MemoryBlobStore {
  override head(key: string, options?: BlobCallOptions): Promise<BlobInfo | undefined> {
    return super.head(key, options).catch(() => undefined)
  }
}

class FolderListing extends MemoryBlobStore {
  override async *list(prefix: string, options?: BlobCallOptions): AsyncGenerator<BlobInfo, void, void> {
    for await (const info of super.list(prefix, options)) if (prefix.endsWith('/')) yield info
  }
}

class FolderOrder extends MemoryBlobStore {
  override async *list(prefix: string, options?: BlobCallOptions): AsyncGenerator<BlobInfo, void, void> {
    const infos: BlobInfo[] = []
    for await (const info of super.list(prefix, options)) infos.push(info)
    const walked = (key: string): string => key.replaceAll('/', '\0')
    yield* infos.sort((left, right) => (walked(left.key) < walked(right.key) ? -1 : 1))
  }
}

class Tearing extends MemoryBlobStore {
  override async put(key: string, body: Uint8Array | AsyncIterable<Uint8Array>, options?: PutOptions): Promise<void> {
    await super.put(key, Buffer.from('torn'), options)
    await super.put(key, body, { ...options, ifAbsent: false })
  }
}
