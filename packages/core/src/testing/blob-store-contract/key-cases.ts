import assert from 'node:assert/strict'
import { KbackupError } from '../../errors/kbackup-error.ts'
import { assertInvisible, rejectionOf, type StoreCase } from './store-case.ts'

const SEGMENT = 'a'.repeat(255)

const REFUSED: readonly (readonly [description: string, key: string])[] = [
  ['the empty key', ''],
  ['a leading slash', '/a'],
  ['a trailing slash', 'a/'],
  ['two slashes in a row', 'a//b'],
  ['a segment `.`', './a'],
  ['a segment `..`', 'a/../b'],
  ['a first segment `..`', '../a'],
  ['a backslash', 'a\\b'],
  ['a blank', 'a b'],
  ['a colon', 'a:b'],
  ['a NUL byte', 'a\0b'],
  ['a line feed', 'a\n'],
  ['a letter beyond ASCII', 'ä'],
  ['a segment of 256 bytes', 'a'.repeat(256)],
  ['1,001 bytes together', `${'abcdefghi/'.repeat(100)}j`],
]

/** A key is made of the permitted characters; any other is refused before any I/O. */
export const keyCases: readonly StoreCase[] = [
  {
    name: 'a key may use every permitted character, dots beside others, 255 bytes a segment and 1,000 together',
    run: async ({ store, folder }) => {
      const filled = fillUp(`${folder}${SEGMENT.replaceAll('a', 'b')}/`)
      const keys = ['AZaz09._=-~%+@,', '%2e%2e', '...', '.hidden', 'a..', '-', '~', SEGMENT].map(
        (name) => folder + name,
      )
      for (const key of [...keys, filled]) {
        await store.put(key, Buffer.from(key), { ifAbsent: true })
        assert.equal((await store.get(key)).toString(), key)
      }
    },
  },
  ...REFUSED.map(
    ([description, key]): StoreCase => ({
      name: `a key with ${description} is refused with KB_BLOB_KEY_INVALID by every operation`,
      run: async ({ store }) => {
        await rejectionOf(store.put(key, Buffer.from('x')), 'KB_BLOB_KEY_INVALID')
        await rejectionOf(store.put(key, Buffer.from('x'), { ifAbsent: true }), 'KB_BLOB_KEY_INVALID')
        await rejectionOf(store.get(key), 'KB_BLOB_KEY_INVALID')
        await rejectionOf(store.head(key), 'KB_BLOB_KEY_INVALID')
        await rejectionOf(store.delete(key), 'KB_BLOB_KEY_INVALID')
        if (store.mayCreate !== undefined) await rejectionOf(store.mayCreate(key), 'KB_BLOB_KEY_INVALID')
      },
    }),
  ),
  {
    name: 'an object beside those that it would be the folder of is whole, or its key is refused with KB_BLOB_KEY_INVALID',
    run: async ({ store, folder }) => {
      await store.put(`${folder}a/b`, Buffer.from('inside'))
      try {
        await store.put(`${folder}a`, Buffer.from('beside'), { ifAbsent: true })
        assert.equal((await store.get(`${folder}a`)).toString(), 'beside')
      } catch (error) {
        if (!KbackupError.is(error, 'KB_BLOB_KEY_INVALID')) throw error
        await rejectionOf(store.get(`${folder}a`), 'KB_BLOB_NOT_FOUND')
      }
      assert.equal((await store.get(`${folder}a/b`)).toString(), 'inside')
    },
  },
  {
    name: 'whether an object may be created is found out without writing, where the store can',
    run: async ({ store, folder }) => {
      for (const key of [`${folder}forecast`, `${folder}no/such/folder`]) {
        if ((await store.mayCreate?.(key)) === false) continue
        await assertInvisible(store, key)
        await store.put(key, Buffer.from('created'), { ifAbsent: true })
        assert.equal((await store.get(key)).toString(), 'created')
      }
    },
  },
  {
    name: 'keys that differ in case only are two objects',
    run: async ({ store, folder }) => {
      await store.put(`${folder}Topic`, Buffer.from('upper'), { ifAbsent: true })
      await store.put(`${folder}topic`, Buffer.from('lower'), { ifAbsent: true })
      assert.equal((await store.get(`${folder}Topic`)).toString(), 'upper')
      assert.equal((await store.get(`${folder}topic`)).toString(), 'lower')
    },
  },
]

function fillUp(start: string): string {
  let key = start
  while (key.length < 1_000) key += key.length % 200 === 0 ? '/' : 'x'
  return key.endsWith('/') ? `${key.slice(0, -1)}x` : key
}
