import assert from 'node:assert/strict'
import { assertInvisible, failureOf, infosOf, rejectionOf, type StoreCase } from './store-case.ts'
import { inChunks, patternBytes, thenThrow } from './streams.ts'

const ODD_CHUNKS = [1, 65_537, 0, 8_191, 3, 1_048_577, 127]

/** An object is visible whole or not at all, and durable when `put` resolves. */
export const putCases: readonly StoreCase[] = [
  {
    name: 'when put resolves, get, head and list see the object',
    run: async ({ store, folder }) => {
      const key = `${folder}visible`
      await store.put(key, Buffer.from('payload'))
      assert.equal((await store.get(key)).toString(), 'payload')
      assert.equal((await store.head(key))?.size, 7)
      assert.deepEqual(
        (await infosOf(store, key)).map((info) => [info.key, info.size]),
        [[key, 7]],
      )
    },
  },
  {
    name: 'put without ifAbsent replaces an object as a whole',
    run: async ({ store, folder }) => {
      const key = `${folder}replaced`
      await store.put(key, Buffer.from('a longer first body'))
      await store.put(key, Buffer.from('second'))
      assert.equal((await store.get(key)).toString(), 'second')
      assert.equal((await store.head(key))?.size, 6)
    },
  },
  ...[true, false].map(
    (ifAbsent): StoreCase => ({
      name: `put takes empty bytes and an empty stream (ifAbsent ${ifAbsent})`,
      run: async ({ store, folder }) => {
        await store.put(`${folder}bytes`, Buffer.alloc(0), { ifAbsent })
        await store.put(`${folder}stream`, inChunks(Buffer.alloc(0), [1]), { ifAbsent })
        for (const key of [`${folder}bytes`, `${folder}stream`]) {
          assert.equal((await store.get(key)).length, 0)
          assert.equal((await store.head(key))?.size, 0)
        }
        assert.equal((await infosOf(store, folder)).length, 2)
      },
    }),
  ),
  ...[true, false].map(
    (ifAbsent): StoreCase => ({
      name: `a large streamed object arrives byte for byte, whatever its chunks (ifAbsent ${ifAbsent})`,
      run: async ({ store, folder, largeObjectBytes }) => {
        const key = `${folder}large`
        const bytes = patternBytes(largeObjectBytes + 13)
        await store.put(key, inChunks(bytes, ODD_CHUNKS), { ifAbsent })
        assert.equal((await store.head(key))?.size, bytes.length)
        assert.ok(bytes.equals(await store.get(key)), 'the object differs from what was streamed')
      },
    }),
  ),
  {
    name: 'put has done with a chunk when it asks for the next one, if the store says so',
    run: async ({ store, folder }) => {
      const chunk = Buffer.alloc(600_000)
      const fresh = () => (store.releasesChunks === true ? chunk : Buffer.alloc(chunk.length))
      async function* chunks() {
        for (let fill = 1; fill <= 20; fill++) yield fresh().fill(fill)
      }
      await store.put(`${folder}reused`, chunks())
      const expected = Buffer.concat(Array.from({ length: 20 }, (_, index) => Buffer.alloc(chunk.length, index + 1)))
      assert.ok(expected.equals(await store.get(`${folder}reused`)), 'the object differs from what was streamed')
    },
  },
  ...[true, false].map(
    (ifAbsent): StoreCase => ({
      name: `put has done with the last chunk when it settles, if the store says so (ifAbsent ${ifAbsent})`,
      run: async ({ store, folder }) => {
        const [chunk, expected] = [Buffer.alloc(600_000, 7), Buffer.alloc(600_000, 7)]
        const lent = () => inChunks(store.releasesChunks === true ? chunk : Buffer.from(chunk), [chunk.length])
        const key = `${folder}lent`
        await store.put(key, lent(), { ifAbsent })
        if (ifAbsent) await rejectionOf(store.put(key, lent(), { ifAbsent }), 'KB_BLOB_EXISTS')
        chunk.fill(0)
        assert.ok(expected.equals(await store.get(key)), 'the object differs from what was streamed')
      },
    }),
  ),
  {
    name: 'put keeps nothing of a buffer that its caller uses again once put has resolved',
    run: async ({ store, folder }) => {
      const bytes = Buffer.from('before')
      await store.put(`${folder}copied`, bytes)
      bytes.write('after!')
      assert.equal((await store.get(`${folder}copied`)).toString(), 'before')
    },
  },
  ...[1, 6 * 1024 * 1024].flatMap((length) =>
    [true, false].map(
      (ifAbsent): StoreCase => ({
        name: `a stream that throws after ${length} bytes makes put reject with that error and leaves nothing visible (ifAbsent ${ifAbsent})`,
        run: async ({ store, folder }) => {
          const failure = new Error('the source broke')
          const thrown = await failureOf(
            store.put(`${folder}torn`, thenThrow(patternBytes(length), failure), { ifAbsent }),
          )
          assert.equal(thrown, failure)
          await assertInvisible(store, `${folder}torn`)
        },
      }),
    ),
  ),
  {
    name: 'a stream that throws leaves the object that was there unchanged',
    run: async ({ store, folder }) => {
      const key = `${folder}kept`
      await store.put(key, Buffer.from('old'))
      await failureOf(store.put(key, thenThrow(patternBytes(100_000), new Error('the source broke'))))
      assert.equal((await store.get(key)).toString(), 'old')
    },
  },
]
