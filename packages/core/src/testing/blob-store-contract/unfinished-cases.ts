import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { BlobStore } from '../../storage/blob-store.ts'
import type { UnfinishedUpload } from '../../storage/unfinished-uploads.ts'
import { assertInvisible, failureOf, type StoreCase } from './store-case.ts'
import { thenSilence, thenThrow } from './streams.ts'

/** More than a part of an upload, so that one is begun. */
const LONG = 17 * 1024 * 1024
const LOOKS = 25
const LOOK_MS = 20

/** Uploads that became no object are found and discarded, where the store shows them at all. */
export const unfinishedCases: readonly StoreCase[] = [
  {
    name: 'an upload that failed or was aborted is not among the unfinished ones',
    run: async ({ store, folder }) => {
      await failureOf(store.put(`${folder}failed`, thenThrow(Buffer.alloc(LONG, 7), new Error('the source broke'))))
      const aborter = new AbortController()
      const body = thenSilence(Buffer.alloc(LONG, 7), () => aborter.abort(new Error('cancelled')))
      await failureOf(store.put(`${folder}aborted`, body, { ifAbsent: true, signal: aborter.signal }))
      assert.deepEqual(await unfinishedOf(store, folder), [])
    },
  },
  {
    name: 'of an upload that is discarded under way nothing is visible, or the whole object if its put stands, and no parts stay',
    run: async ({ store, folder }) => {
      const key = `${folder}under-way`
      const goOn = new AbortController()
      const putting = outcomeOf(store.put(key, pausing(goOn.signal), { ifAbsent: true }))
      const found = await waitForUploads(store, folder)
      for (const upload of found) assert.ok(upload.startedAtMs > 1_500_000_000_000, `${upload.key} has no time`)
      for (const upload of [...found, ...found]) await store.unfinishedUploads?.discard(upload)
      assert.deepEqual(await unfinishedOf(store, folder), [])
      goOn.abort()
      if (await putting)
        assert.ok((await store.get(key)).equals(Buffer.alloc(2 * LONG, 7)), 'an object stands that is not whole')
      else await assertInvisible(store, key)
      assert.deepEqual(await unfinishedOf(store, folder), [])
    },
  },
  {
    name: 'unfinished uploads are listed below their prefix only',
    run: async ({ store, folder }) => {
      const goOn = new AbortController()
      const putting = outcomeOf(store.put(`${folder}a/under-way`, pausing(goOn.signal)))
      const found = await waitForUploads(store, `${folder}a/`)
      assert.deepEqual(await unfinishedOf(store, `${folder}b/`), [])
      goOn.abort()
      assert.equal(await putting, true, `a put failed while ${found.length} uploads were looked at`)
    },
  },
]

async function unfinishedOf(store: BlobStore, prefix: string): Promise<readonly UnfinishedUpload[]> {
  const found: UnfinishedUpload[] = []
  for await (const upload of store.unfinishedUploads?.list(prefix) ?? []) found.push(upload)
  return found
}

/** Stores that cannot tell, and those that leave out what lives, give none. */
async function waitForUploads(store: BlobStore, prefix: string): Promise<readonly UnfinishedUpload[]> {
  if (store.unfinishedUploads === undefined) return []
  for (let look = 0; look < LOOKS; look += 1) {
    const found = await unfinishedOf(store, prefix)
    if (found.length > 0) return found
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
  return []
}

async function* pausing(goOn: AbortSignal): AsyncGenerator<Uint8Array, void, void> {
  yield Buffer.alloc(LONG, 7)
  if (!goOn.aborted) await once(goOn, 'abort')
  yield Buffer.alloc(LONG, 7)
}

function outcomeOf(putting: Promise<void>): Promise<boolean> {
  return putting.then(
    () => true,
    () => false,
  )
}
