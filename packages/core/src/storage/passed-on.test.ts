import { describe, expect, it } from 'vitest'
import { MemoryBlobStore } from '../testing/memory-blob-store.ts'
import type { BlobStore } from './blob-store.ts'
import { limitedBlobStore } from './limited-blob-store.ts'
import { observedBlobStore } from './observed-blob-store.ts'
import { pacedBlobStore } from './paced-blob-store.ts'
import { retryingBlobStore } from './retrying-blob-store.ts'
import type { UnfinishedUpload } from './unfinished-uploads.ts'

const UPLOAD: UnfinishedUpload = { key: 'a', id: '1', startedAtMs: 0, bytes: 7 }

/** A store with everything that a store need not have. */
class FullStore extends MemoryBlobStore {
  readonly discarded: UnfinishedUpload[] = []
  readonly unfinishedUploads = {
    list: async function* () {
      yield UPLOAD
    },
    discard: async (upload: UnfinishedUpload) => void this.discarded.push(upload),
  }
  readonly #versioning = 'off'

  async mayCreate(key: string): Promise<boolean> {
    return key !== this.#versioning
  }

  async facts() {
    return [{ name: 'versioning', value: this.#versioning, meaning: '', endangers: false }]
  }
}

describe.each<[string, (inner: BlobStore) => BlobStore]>([
  ['retries', (inner) => retryingBlobStore(inner)],
  ['limits calls', (inner) => limitedBlobStore(inner, { maxConcurrency: 2 })],
  ['limits bandwidth', (inner) => pacedBlobStore(inner, { maxUploadBytesPerSecond: 1e9 })],
  ['observes', (inner) => observedBlobStore(inner, { onCall: () => undefined })],
])('a store that %s', (_what, wrap) => {
  it('passes on what the store beneath can do beside its calls', async () => {
    const inner = new FullStore()
    const store = wrap(inner)
    expect(store).toMatchObject({ name: inner.name, releasesChunks: true })
    expect(await store.mayCreate?.('a')).toBe(true)
    expect(await store.facts?.()).toEqual(await inner.facts())
    for await (const upload of store.unfinishedUploads?.list('') ?? []) await store.unfinishedUploads?.discard(upload)
    expect(inner.discarded).toEqual([UPLOAD])
  })

  it('claims nothing that the store beneath cannot do', () => {
    const store = wrap(new MemoryBlobStore())
    expect([store.mayCreate, store.facts, store.unfinishedUploads]).toEqual([undefined, undefined, undefined])
  })
})
