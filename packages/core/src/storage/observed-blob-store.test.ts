import { describe, expect, it } from 'vitest'
import { blobStoreContract } from '../testing/blob-store-contract.ts'
import { FaultBlobStore } from '../testing/fault-blob-store.ts'
import { MemoryBlobStore } from '../testing/memory-blob-store.ts'
import { type BlobCall, observedBlobStore } from './observed-blob-store.ts'

function observed(inner = new MemoryBlobStore()) {
  const calls: BlobCall[] = []
  let nowMs = 0
  const store = observedBlobStore(inner, { onCall: (call) => calls.push(call), nowMs: () => nowMs })
  const pass = (ms: number) => {
    nowMs += ms
  }
  return { calls, store, pass }
}

async function* stream(...chunks: readonly string[]): AsyncGenerator<Uint8Array, void, void> {
  for (const chunk of chunks) yield Buffer.from(chunk)
}

describe('an observed store keeps the contract:', () => {
  const make = () => observedBlobStore(new MemoryBlobStore(), { onCall: () => undefined })
  for (const { name, run } of blobStoreContract(make, { longListing: 20, largeObjectBytes: 100_000 })) it(name, run)
})

describe('an observed store', () => {
  it('tells of each call with its bytes', async () => {
    const { calls, store } = observed()
    await store.put('a', Buffer.from('four'))
    await store.put('b', stream('one', 'two'))
    await store.get('b', { range: { start: 1, end: 3 } })
    await store.head('a')
    for await (const _ of store.list(''));
    await store.delete('a')
    const told = calls.map(({ operation, key, bytes, objects, outcome }) => [operation, key, bytes, objects, outcome])
    expect(told).toEqual([
      ['put', 'a', 4, undefined, 'ok'],
      ['put', 'b', 6, undefined, 'ok'],
      ['get', 'b', 2, undefined, 'ok'],
      ['head', 'a', 0, undefined, 'ok'],
      ['list', '', 0, 2, 'ok'],
      ['delete', 'a', 0, undefined, 'ok'],
    ])
  })

  it('tells of failures by their code, and of aborted calls', async () => {
    const aborter = new AbortController()
    const faults = new FaultBlobStore(new MemoryBlobStore(), {
      schedule: ({ step }) => (step === 1 ? { kind: 'hang' } : undefined),
    })
    const calls: BlobCall[] = []
    const store = observedBlobStore(faults, { onCall: (call) => calls.push(call) })
    const hanging = store.get('a', { signal: aborter.signal })
    aborter.abort('enough')
    await expect(hanging).rejects.toBe('enough')
    await expect(store.get('missing')).rejects.toMatchObject({ code: 'KB_BLOB_NOT_FOUND' })
    expect(calls.map(({ outcome }) => outcome)).toEqual(['aborted', 'KB_BLOB_NOT_FOUND'])
  })

  it('leaves out the time for which the reader of a listing, or the writer of a stream, takes', async () => {
    const { calls, store, pass } = observed()
    await store.put(
      'a',
      (async function* () {
        pass(500)
        yield Buffer.from('x')
        pass(250)
      })(),
    )
    for await (const _ of store.list('')) pass(1_000)
    expect(calls.map(({ durationMs }) => durationMs)).toEqual([0, 0])
  })

  it('is not disturbed by a listener that throws', async () => {
    const store = observedBlobStore(new MemoryBlobStore(), {
      onCall: () => {
        throw new Error('no counter')
      },
    })
    await store.put('a', Buffer.from('x'))
    expect((await store.get('a')).toString()).toBe('x')
  })
})
