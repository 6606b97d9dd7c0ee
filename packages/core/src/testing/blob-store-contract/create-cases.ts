import assert from 'node:assert/strict'
import { KbackupError } from '../../errors/kbackup-error.ts'
import { rejectionOf, type StoreCase, type StoreUnderTest } from './store-case.ts'
import { inChunks } from './streams.ts'

const WRITERS = 20
const ROUNDS = 5

type BodyOf = (writer: number) => Uint8Array | AsyncIterable<Uint8Array>

/** Of any number of concurrent creates of one key, exactly one wins. */
export const createCases: readonly StoreCase[] = [
  {
    name: 'put with ifAbsent creates an object that is not there',
    run: async ({ store, folder }) => {
      await store.put(`${folder}created`, Buffer.from('one'), { ifAbsent: true })
      assert.equal((await store.get(`${folder}created`)).toString(), 'one')
    },
  },
  {
    name: 'put with ifAbsent rejects with KB_BLOB_EXISTS, which is not retryable, and leaves the object untouched',
    run: async ({ store, folder }) => {
      const key = `${folder}taken`
      await store.put(key, Buffer.from('first'))
      const byBytes = await rejectionOf(store.put(key, Buffer.from('second'), { ifAbsent: true }), 'KB_BLOB_EXISTS')
      const stream = inChunks(Buffer.from('third'), [2])
      await rejectionOf(store.put(key, stream, { ifAbsent: true }), 'KB_BLOB_EXISTS')
      assert.equal(byBytes.retryable, false)
      assert.equal((await store.get(key)).toString(), 'first')
    },
  },
  {
    name: 'put with ifAbsent rejects with KB_BLOB_EXISTS even when the same bytes are there',
    run: async ({ store, folder }) => {
      const key = `${folder}same`
      await store.put(key, Buffer.from('same'), { ifAbsent: true })
      await rejectionOf(store.put(key, Buffer.from('same'), { ifAbsent: true }), 'KB_BLOB_EXISTS')
    },
  },
  {
    name: 'put with ifAbsent creates an object anew after it was deleted',
    run: async ({ store, folder }) => {
      const key = `${folder}again`
      await store.put(key, Buffer.from('first'), { ifAbsent: true })
      await store.delete(key)
      await store.put(key, Buffer.from('second'), { ifAbsent: true })
      assert.equal((await store.get(key)).toString(), 'second')
    },
  },
  {
    name: `of ${WRITERS} concurrent creates of one key, from bytes, exactly one wins, and its bytes stand`,
    run: (tested) => race(tested, bytesOf),
  },
  {
    name: `of ${WRITERS} concurrent creates of one key, from streams, exactly one wins, and its bytes stand`,
    run: (tested) => race(tested, (writer) => inChunks(bytesOf(writer), [7, 1, 1_024])),
  },
]

async function race({ store, folder }: StoreUnderTest, bodyOf: BodyOf): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) {
    const key = `${folder}race-${round}`
    const writers = Array.from({ length: WRITERS }, (_, writer) => writer)
    const outcomes = await Promise.allSettled(
      writers.map((writer) => store.put(key, bodyOf(writer), { ifAbsent: true })),
    )
    const winners = writers.filter((writer) => outcomes[writer]?.status === 'fulfilled')
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') assert.ok(isLoss(outcome.reason), `a loser heard ${String(outcome.reason)}`)
    }
    assert.equal(winners.length, 1, `round ${round} has ${winners.length} winners`)
    assert.ok((await store.get(key)).equals(bytesOf(winners[0] ?? -1)), `round ${round} holds another writer's bytes`)
  }
}

function bytesOf(writer: number): Buffer {
  return Buffer.from(`writer ${writer} `.repeat(200 + writer))
}

function isLoss(reason: unknown): boolean {
  return KbackupError.is(reason, 'KB_BLOB_EXISTS')
}
