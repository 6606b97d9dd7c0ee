import assert from 'node:assert/strict'
import { rejectionOf, type StoreCase } from './store-case.ts'
import { patternBytes } from './streams.ts'

const LENGTH = 1_000
const INSIDE = [
  [0, 1],
  [0, LENGTH],
  [1, 2],
  [17, 940],
  [LENGTH - 1, LENGTH],
] as const
const OUTSIDE = [
  [0, LENGTH + 1],
  [LENGTH - 1, LENGTH + 1],
  [LENGTH, LENGTH + 1],
  [5_000, 6_000],
  [0, 0],
  [5, 5],
  [6, 5],
  [-1, 5],
  [0.5, 2],
] as const

/** `get` and `head` say what is there, and only an explicit not-found means absent. */
export const readCases: readonly StoreCase[] = [
  {
    name: 'get of a missing key rejects with KB_BLOB_NOT_FOUND, which is not retryable',
    run: async ({ store, folder }) => {
      const error = await rejectionOf(store.get(`${folder}missing`), 'KB_BLOB_NOT_FOUND')
      assert.equal(error.retryable, false)
      await rejectionOf(store.get(`${folder}missing`, { range: { start: 0, end: 1 } }), 'KB_BLOB_NOT_FOUND')
      await rejectionOf(store.get(`${folder}no/such/folder`), 'KB_BLOB_NOT_FOUND')
    },
  },
  {
    name: 'head gives undefined for a missing key',
    run: async ({ store, folder }) => {
      assert.equal(await store.head(`${folder}missing`), undefined)
      assert.equal(await store.head(`${folder}no/such/folder`), undefined)
    },
  },
  {
    name: 'what lies below a key is not an object of that key',
    run: async ({ store, folder }) => {
      await store.put(`${folder}a/b`, Buffer.from('x'))
      await rejectionOf(store.get(`${folder}a`), 'KB_BLOB_NOT_FOUND')
      assert.equal(await store.head(`${folder}a`), undefined)
      await rejectionOf(store.get(`${folder}a/b/c`), 'KB_BLOB_NOT_FOUND')
      assert.equal(await store.head(`${folder}a/b/c`), undefined)
    },
  },
  {
    name: 'head tells key, size and the time of writing in epoch milliseconds',
    run: async ({ store, folder }) => {
      await store.put(`${folder}told`, patternBytes(LENGTH))
      const info = await store.head(`${folder}told`)
      assert.equal(info?.key, `${folder}told`)
      assert.equal(info?.size, LENGTH)
      const days = Math.abs(Date.now() - (info?.modifiedAtMs ?? 0)) / 86_400_000
      assert.ok(days < 2, `modifiedAtMs ${info?.modifiedAtMs} is not the time of writing`)
    },
  },
  {
    name: 'get with a range gives exactly these bytes',
    run: async ({ store, folder }) => {
      const bytes = patternBytes(LENGTH)
      await store.put(`${folder}ranged`, bytes)
      for (const [start, end] of INSIDE) {
        const part = await store.get(`${folder}ranged`, { range: { start, end } })
        assert.ok(part.equals(bytes.subarray(start, end)), `[${start}, ${end}) differs`)
      }
    },
  },
  {
    name: 'a range that is empty, or ends beyond the object, rejects with KB_BLOB_RANGE',
    run: async ({ store, folder }) => {
      await store.put(`${folder}ranged`, patternBytes(LENGTH))
      await store.put(`${folder}empty`, Buffer.alloc(0))
      for (const [start, end] of OUTSIDE) {
        await rejectionOf(store.get(`${folder}ranged`, { range: { start, end } }), 'KB_BLOB_RANGE')
      }
      await rejectionOf(store.get(`${folder}empty`, { range: { start: 0, end: 1 } }), 'KB_BLOB_RANGE')
    },
  },
  {
    name: 'each get gives a buffer of its own',
    run: async ({ store, folder }) => {
      await store.put(`${folder}own`, Buffer.from('abc'))
      const first = await store.get(`${folder}own`)
      first.fill(0)
      assert.equal((await store.get(`${folder}own`)).toString(), 'abc')
    },
  },
]
