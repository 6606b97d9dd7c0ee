import assert from 'node:assert/strict'
import { compareBlobKeys } from '../../storage/keys.ts'
import { forEachOf, infosOf, keysOf, rejectionOf, type StoreCase } from './store-case.ts'

const PREFIX_NAMES = [
  'topics/orders/0',
  'topics/orders/1',
  'topics/orders-dlq/0',
  'topics/orderly',
  'topics/zebra',
  'top',
]

// Folders, taken one by one, would give another order: `a/x` before `a-b/x`, though `-` is a smaller byte than `/`.
const ORDER_NAMES = ['a/x', 'a-b/x', 'a.b', 'a%', 'a=1/x', 'A/y', '_', '~', 'a0', 'a/b/c', 'a/b-c', 'a,b/x', 'B/x']

/** `list` gives every object below a prefix, by the bytes of its key. */
export const listCases: readonly StoreCase[] = [
  {
    name: 'list of a prefix that nothing begins with is empty',
    run: async ({ store, folder }) => {
      assert.deepEqual(await keysOf(store, folder), [])
      assert.deepEqual(await keysOf(store, `${folder}no/such/folder/`), [])
    },
  },
  {
    name: 'list gives key, size and time of writing of each object',
    run: async ({ store, folder }) => {
      await store.put(`${folder}one`, Buffer.from('1'))
      await store.put(`${folder}three`, Buffer.from('333'))
      const infos = await infosOf(store, folder)
      assert.deepEqual(
        infos.map(({ key, size }) => [key, size]),
        [
          [`${folder}one`, 1],
          [`${folder}three`, 3],
        ],
      )
      for (const info of infos) assert.ok(info.modifiedAtMs > 1_500_000_000_000, `${info.key} has no time of writing`)
    },
  },
  {
    name: 'the prefix of a listing need not end at a slash',
    run: async ({ store, folder }) => {
      await forEachOf(PREFIX_NAMES, (name) => store.put(folder + name, Buffer.from(name)))
      for (const prefix of ['', 't', 'top', 'topics/', 'topics/o', 'topics/order', 'topics/orders', 'topics/orders/']) {
        const expected = PREFIX_NAMES.filter((name) => name.startsWith(prefix)).sort(compareBlobKeys)
        assert.deepEqual(
          await keysOf(store, folder + prefix),
          expected.map((name) => folder + name),
          `prefix ${prefix}`,
        )
      }
    },
  },
  {
    name: 'a listing is sorted by the bytes of whole keys, not folder by folder',
    run: async ({ store, folder }) => {
      await forEachOf(ORDER_NAMES, (name) => store.put(folder + name, Buffer.from(name)))
      const expected = ORDER_NAMES.map((name) => folder + name).sort((left, right) =>
        Buffer.compare(Buffer.from(left), Buffer.from(right)),
      )
      assert.deepEqual(await keysOf(store, folder), expected)
    },
  },
  {
    name: 'a listing is complete and sorted beyond a thousand objects',
    run: async ({ store, folder, longListing }) => {
      const names = Array.from({ length: longListing }, (_, index) => `many/${index % 7}-${index}`)
      await forEachOf(names, (name) => store.put(folder + name, Buffer.from('.')))
      const expected = names.map((name) => folder + name).sort(compareBlobKeys)
      assert.deepEqual(await keysOf(store, `${folder}many/`), expected)
      assert.deepEqual(
        await keysOf(store, `${folder}many/3`),
        expected.filter((key) => key.startsWith(`${folder}many/3`)),
      )
    },
  },
  {
    name: 'a reader may leave a listing early',
    run: async ({ store, folder }) => {
      await forEachOf(['a', 'b', 'c'], (name) => store.put(folder + name, Buffer.from(name)))
      const seen: string[] = []
      for await (const { key } of store.list(folder)) {
        seen.push(key)
        break
      }
      assert.deepEqual(seen, [`${folder}a`])
    },
  },
  {
    name: 'a prefix that no key can begin with is refused with KB_BLOB_KEY_INVALID',
    run: async ({ store }) => {
      for (const prefix of ['../', 'a/../', '/', 'a//', 'a b', './', 'a\0'])
        await rejectionOf(keysOf(store, prefix), 'KB_BLOB_KEY_INVALID')
    },
  },
]
