import { describe, expect, it } from 'vitest'
import { KbackupError } from '../errors/kbackup-error.ts'
import { type ScriptedBlobFault, scriptedBlobFaults } from '../testing/blob-fault.ts'
import { blobStoreContract } from '../testing/blob-store-contract.ts'
import { FaultBlobStore } from '../testing/fault-blob-store.ts'
import { MemoryBlobStore } from '../testing/memory-blob-store.ts'
import { seededBlobFaults } from '../testing/seeded-blob-faults.ts'
import { type RetryingBlobStoreOptions, retryingBlobStore } from './retrying-blob-store.ts'

const body = Buffer.from('payload')
const FORBIDDEN = new KbackupError('KB_STORE_FORBIDDEN', { message: 'no' })
const NO_WAIT: RetryingBlobStoreOptions = { sleep: async () => undefined }

function setUp(script: readonly ScriptedBlobFault[], options: RetryingBlobStoreOptions = {}) {
  const memory = new MemoryBlobStore()
  const faulty = new FaultBlobStore(memory, { schedule: scriptedBlobFaults(script) })
  return { memory, faulty, store: retryingBlobStore(faulty, { ...NO_WAIT, ...options }) }
}

const SMALL = { longListing: 20, largeObjectBytes: 100_000 }

describe('a retrying store keeps the contract:', () => {
  for (const { name, run } of blobStoreContract(() => retryingBlobStore(new MemoryBlobStore()), SMALL)) it(name, run)
})

describe('a retrying store', () => {
  it.each([1, 2, 3])('survives the passing faults of seed %i in every operation', async (seed) => {
    const memory = new MemoryBlobStore()
    const faults = [{ kind: 'fail-before' }, { kind: 'fail-after' }, { kind: 'torn-put' }] as const
    const faulty = new FaultBlobStore(memory, { schedule: seededBlobFaults({ seed, rate: 0.3, faults }) })
    const store = retryingBlobStore(faulty, { ...NO_WAIT, maxAttempts: 50 })
    for (let index = 0; index < 100; index += 1) {
      const key = `k/${String(index).padStart(3, '0')}`
      await store.put(key, Buffer.from(key), { ifAbsent: true })
      expect((await store.get(key)).toString()).toBe(key)
      expect((await store.head(key))?.size).toBe(key.length)
    }
    const listed: string[] = []
    for await (const { key } of store.list('k/')) listed.push(key)
    expect(listed).toEqual(memory.keys())
    for (const key of listed) await store.delete(key)
    expect(memory.keys()).toEqual([])
    expect(faulty.log.filter(({ fault }) => fault !== undefined).length).toBeGreaterThan(50)
  })

  it('waits with jitter, twice as long each time, up to the longest wait, and tells so', async () => {
    const waits: number[] = []
    const { store } = setUp([{ times: 4, fault: { kind: 'fail-before' } }], {
      baseDelayMs: 100,
      maxDelayMs: 300,
      random: () => 0.5,
      sleep: async (delayMs) => waits.push(delayMs),
      onRetry: ({ attempt, delayMs }) => waits.push(-attempt, -delayMs),
    })
    await store.put('a', body)
    expect(waits).toEqual([-1, -50, 50, -2, -100, 100, -3, -150, 150, -4, -150, 150])
  })

  it('gives up after the last attempt with the error itself', async () => {
    const { store, faulty } = setUp([{ times: 99, fault: { kind: 'fail-before' } }], { maxAttempts: 3 })
    await expect(store.get('a')).rejects.toMatchObject({ code: 'KB_STORE_UNAVAILABLE' })
    expect(faulty.log).toHaveLength(3)
  })

  it('does not repeat what will not pass by itself', async () => {
    const { store, faulty } = setUp([{ fault: { kind: 'fail-before', error: FORBIDDEN } }])
    await expect(store.get('a')).rejects.toBe(FORBIDDEN)
    await expect(store.get('a')).rejects.toMatchObject({ code: 'KB_BLOB_NOT_FOUND' })
    expect(faulty.log).toHaveLength(2)
  })

  it('ends a wait with the reason of the signal', async () => {
    const aborter = new AbortController()
    const { store } = setUp([{ fault: { kind: 'fail-before' } }], {
      sleep: () => new Promise(() => queueMicrotask(() => aborter.abort('enough'))),
    })
    await expect(store.get('a', { signal: aborter.signal })).rejects.toBe('enough')
  })

  it('does not repeat a stream', async () => {
    const { store, memory, faulty } = setUp([{ fault: { kind: 'fail-before' } }])
    async function* stream() {
      yield body
    }
    await expect(store.put('a', stream())).rejects.toMatchObject({ code: 'KB_STORE_UNAVAILABLE' })
    expect(faulty.log).toHaveLength(1)
    expect(memory.keys()).toEqual([])
  })

  it('goes on with a broken listing behind its last key, giving none twice', async () => {
    const { store, memory } = setUp([{ operation: 'list', times: 2, fault: { kind: 'fail-after' } }])
    for (const key of ['a', 'b', 'c']) await memory.put(key, body)
    const listed: string[] = []
    for await (const { key } of store.list('')) listed.push(key)
    expect(listed).toEqual(['a', 'b', 'c'])
  })
})

describe('a create of unknown outcome', () => {
  it('that had taken effect is a success', async () => {
    const { store, memory } = setUp([{ operation: 'put', fault: { kind: 'fail-after' } }])
    await store.put('a', body, { ifAbsent: true })
    expect((await memory.get('a')).toString()).toBe('payload')
  })

  it('that lands late, before the second attempt, is a success', async () => {
    const { store } = setUp([{ operation: 'put', fault: { kind: 'late-put', landsAfterSteps: 1 } }])
    await store.put('a', body, { ifAbsent: true })
    expect((await store.get('a')).toString()).toBe('payload')
  })

  it.each(['another', 'PAYLOAD'])('that finds the bytes of another writer (%s) is a loss', async (theirs) => {
    const { store, memory } = setUp([{ operation: 'put', fault: { kind: 'fail-before' } }], {
      onRetry: () => void memory.put('a', Buffer.from(theirs)),
    })
    await expect(store.put('a', body, { ifAbsent: true })).rejects.toMatchObject({ code: 'KB_BLOB_EXISTS' })
    expect((await memory.get('a')).toString()).toBe(theirs)
  })

  it('that cannot be read back stays unknown', async () => {
    const { store } = setUp([
      { operation: 'put', fault: { kind: 'fail-after' } },
      { operation: 'head', fault: { kind: 'fail-before', error: FORBIDDEN } },
    ])
    const caught = await store.put('a', body, { ifAbsent: true }).catch((error: unknown) => error)
    expect(caught).toMatchObject({ code: 'KB_STORE_UNAVAILABLE', retryable: false, cause: FORBIDDEN })
  })

  it('is read back again when reading fails in passing', async () => {
    const { store } = setUp([
      { operation: 'put', fault: { kind: 'fail-after' } },
      { operation: 'get', fault: { kind: 'fail-before' } },
    ])
    await store.put('a', body, { ifAbsent: true })
  })

  it.each(['put', 'delete'] as const)(
    'of a %s stays unknown when a later attempt fails for certain',
    async (operation) => {
      const { store } = setUp([
        { operation, fault: { kind: 'fail-after' } },
        { operation, nth: 2, fault: { kind: 'fail-before', error: FORBIDDEN } },
      ])
      const call = operation === 'put' ? store.put('a', body, { ifAbsent: true }) : store.delete('a')
      await expect(call).rejects.toMatchObject({ code: 'KB_STORE_UNAVAILABLE', retryable: false, cause: FORBIDDEN })
    },
  )

  it('a first answer that the object exists is a loss, without reading back, even for equal bytes', async () => {
    const { store, memory, faulty } = setUp([])
    await memory.put('a', body)
    await expect(store.put('a', body, { ifAbsent: true })).rejects.toMatchObject({ code: 'KB_BLOB_EXISTS' })
    expect(faulty.log).toHaveLength(1)
  })
})

it('does not take its own object for that of another writer because it came back with a byte changed', async () => {
  const { store } = setUp([
    { operation: 'put', fault: { kind: 'fail-after' } },
    { operation: 'get', fault: { kind: 'flip-byte' } },
  ])
  await expect(store.put('a', body, { ifAbsent: true })).resolves.toBeUndefined()
})
