import assert from 'node:assert/strict'
import type { BlobCallOptions, BlobStore } from '../../storage/blob-store.ts'
import { assertInvisible, failureOf, infosOf, keysOf, type StoreCase } from './store-case.ts'
import { patternBytes, thenSilence, watched } from './streams.ts'

const CALLS: readonly (readonly [
  operation: string,
  call: (store: BlobStore, key: string, options: BlobCallOptions) => Promise<unknown>,
])[] = [
  ['put', (store, key, options) => store.put(key, Buffer.from('new'), options)],
  [
    'put with ifAbsent',
    (store, key, options) => store.put(`${key}-new`, Buffer.from('new'), { ...options, ifAbsent: true }),
  ],
  ['get', (store, key, options) => store.get(key, options)],
  ['get of a range', (store, key, options) => store.get(key, { ...options, range: { start: 0, end: 1 } })],
  ['head', (store, key, options) => store.head(key, options)],
  ['list', (store, key, options) => infosOf(store, key, options)],
  ['delete', (store, key, options) => store.delete(key, options)],
  ['mayCreate', (store, key, options) => store.mayCreate?.(key, options) ?? Promise.reject(options.signal?.reason)],
]

/** A signal ends a call with its reason, and an aborted `put` leaves nothing visible. */
export const abortCases: readonly StoreCase[] = [
  ...CALLS.map(
    ([operation, call]): StoreCase => ({
      name: `${operation} with an already aborted signal rejects with its reason and does nothing`,
      run: async ({ store, folder }) => {
        const key = `${folder}there`
        await store.put(key, Buffer.from('old'))
        const reason = new Error('cancelled before')
        assert.equal(await failureOf(call(store, key, { signal: AbortSignal.abort(reason) })), reason)
        assert.deepEqual(await keysOf(store, folder), [key])
        assert.equal((await store.get(key)).toString(), 'old')
      },
    }),
  ),
  {
    name: 'put with an already aborted signal does not touch its stream',
    run: async ({ store, folder }) => {
      const { body, wasRead } = watched(Buffer.from('x'))
      await failureOf(store.put(`${folder}untouched`, body, { signal: AbortSignal.abort() }))
      assert.equal(wasRead(), false)
    },
  },
  ...[0, 6 * 1024 * 1024].flatMap((length) =>
    [true, false].map(
      (ifAbsent): StoreCase => ({
        name: `put aborted while its stream is silent after ${length} bytes rejects with the reason and leaves nothing visible (ifAbsent ${ifAbsent})`,
        run: async ({ store, folder }) => {
          const aborter = new AbortController()
          const reason = new Error('cancelled meanwhile')
          const body = thenSilence(patternBytes(length), () => aborter.abort(reason))
          const { signal } = aborter
          assert.equal(await failureOf(store.put(`${folder}aborted`, body, { ifAbsent, signal })), reason)
          await assertInvisible(store, `${folder}aborted`)
        },
      }),
    ),
  ),
  {
    name: 'an aborted put leaves the object that was there unchanged',
    run: async ({ store, folder }) => {
      const key = `${folder}kept`
      await store.put(key, Buffer.from('old'))
      const aborter = new AbortController()
      const body = thenSilence(patternBytes(100_000), () => aborter.abort(new Error('cancelled')))
      await failureOf(store.put(key, body, { signal: aborter.signal }))
      assert.equal((await store.get(key)).toString(), 'old')
    },
  },
  {
    name: 'a listing ends with the reason of a signal that aborts in its middle',
    run: async ({ store, folder }) => {
      for (const name of ['a', 'b', 'c']) await store.put(folder + name, Buffer.from(name))
      const aborter = new AbortController()
      const reason = new Error('cancelled in the middle')
      const read = async (): Promise<void> => {
        for await (const info of store.list(folder, { signal: aborter.signal })) if (info) aborter.abort(reason)
      }
      assert.equal(await failureOf(read()), reason)
    },
  },
]
