import assert from 'node:assert/strict'
import { assertInvisible, keysOf, type StoreCase } from './store-case.ts'

/** `delete` makes an object absent, and resolves where it is absent already. */
export const deleteCases: readonly StoreCase[] = [
  {
    name: 'delete takes one object away and leaves its neighbours',
    run: async ({ store, folder }) => {
      for (const name of ['a', 'a-b', 'b/c', 'b/d']) await store.put(folder + name, Buffer.from(name))
      await store.delete(`${folder}a`)
      await store.delete(`${folder}b/c`)
      await assertInvisible(store, `${folder}b/c`)
      assert.deepEqual(await keysOf(store, folder), [`${folder}a-b`, `${folder}b/d`])
    },
  },
  {
    name: 'delete of a missing key resolves',
    run: async ({ store, folder }) => {
      await store.delete(`${folder}missing`)
      await store.delete(`${folder}no/such/folder`)
      await store.put(`${folder}twice`, Buffer.from('x'))
      await store.delete(`${folder}twice`)
      await store.delete(`${folder}twice`)
    },
  },
  {
    name: 'delete of what is only the beginning of other keys leaves them',
    run: async ({ store, folder }) => {
      await store.put(`${folder}a/b`, Buffer.from('x'))
      await store.delete(`${folder}a`)
      assert.deepEqual(await keysOf(store, folder), [`${folder}a/b`])
    },
  },
]
