import { describe, expect, it } from 'vitest'
import { KbackupError } from '../../errors/kbackup-error.ts'
import type { BlobCallOptions, BlobInfo } from '../../storage/blob-store.ts'
import type { UnfinishedUploads } from '../../storage/unfinished-uploads.ts'
import { MemoryBlobStore } from '../memory-blob-store.ts'
import { checkStorage } from './check-storage.ts'

/** Shows nobody its unfinished uploads. */
class BlindStore extends MemoryBlobStore {
  readonly unfinishedUploads: UnfinishedUploads = {
    list: () => {
      throw new KbackupError('KB_STORE_FORBIDDEN', { message: 'uploads are not shown' })
    },
    discard: async () => undefined,
  }
}

const PASSING = new KbackupError('KB_STORE_UNAVAILABLE', { message: 'HTTP 500' })

/** Answers one write of bytes of so many with an error that passes; parts of streams are tried again inside a store. */
class Flaky extends MemoryBlobStore {
  failures = 0
  #calls = 0
  readonly #every: number

  constructor(every: number) {
    super()
    this.#every = every
  }

  override async put(...call: Parameters<MemoryBlobStore['put']>): Promise<void> {
    if (call[1] instanceof Uint8Array) this.#calls += 1
    if (call[1] instanceof Uint8Array && this.#calls % this.#every === 0) {
      this.failures += 1
      throw PASSING
    }
    return super.put(...call)
  }
}

/** Never answers a listing that one promise is about. */
class Silent extends MemoryBlobStore {
  override async *list(prefix: string, options?: BlobCallOptions): AsyncGenerator<BlobInfo, void, void> {
    if (prefix.endsWith('no/such/folder/')) throw PASSING
    yield* super.list(prefix, options)
  }
}

describe('checkStorage', () => {
  it.each(['', '/', 'payments/', 'payments', 'payments/topics/'])(
    'removes nothing that it has not written: folder %j',
    async (folder) => {
      const store = new MemoryBlobStore()
      const keys = ['payments/archive.json', 'payments/topics/a']
      for (const key of keys) await store.put(key, Buffer.from('x'))
      const code = expect.stringMatching(/^KB_(CONFIG_INVALID|BLOB_KEY_INVALID)$/)
      await expect(checkStorage(store, { folder, rounds: 1 })).rejects.toMatchObject({ code })
      expect(store.keys()).toEqual(keys)
    },
  )

  it('looks at a store below a folder that is named', async () => {
    const store = new MemoryBlobStore()
    await store.put('checks-of-others', Buffer.from('x'))
    expect(await checkStorage(store, { folder: 'checks/', rounds: 2 })).toMatchObject({ fit: true, leftKeys: [] })
    expect(store.keys()).toEqual(['checks-of-others'])
  })

  it('removes its objects also where unfinished uploads may not be seen', async () => {
    const store = new BlindStore()
    const report = await checkStorage(store, { rounds: 1 })
    expect(report.rights).toContainEqual(
      expect.objectContaining({ call: 'list unfinished uploads', outcome: 'forbidden' }),
    )
    expect(report).toMatchObject({ fit: false, leftKeys: [] })
    expect(store.keys()).toEqual([])
  })

  it('tries again what failed in passing, and finds a store fit that is', async () => {
    const store = new Flaky(97)
    const retries: string[] = []
    const report = await checkStorage(store, { rounds: 5, onRetry: ({ operation }) => retries.push(operation) })
    expect(report).toMatchObject({ fit: true, leftKeys: [] })
    expect(store.failures).toBeGreaterThan(3)
    expect(retries).toContain('put')
  }, 60_000)

  it('calls no promise broken that could not be tried', async () => {
    const report = await checkStorage(new Silent(), { rounds: 1 })
    const untried = report.promises.filter(({ couldNotBeTried }) => couldNotBeTried)
    expect(untried).toContainEqual(expect.objectContaining({ group: 'listings' }))
    expect(report.promises.filter(({ failure }) => failure !== null)).toEqual(untried)
    expect(report.fit).toBe(false)
  }, 120_000)

  it('refuses to let writers race never, which would keep every promise', async () => {
    const refused = { code: 'KB_CONFIG_INVALID', message: expect.stringContaining('rounds is 0') }
    await expect(checkStorage(new MemoryBlobStore(), { rounds: 0 })).rejects.toMatchObject(refused)
  })
})
