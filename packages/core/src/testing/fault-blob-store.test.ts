import { describe, expect, it } from 'vitest'
import { type BlobFault, type ScriptedBlobFault, scriptedBlobFaults } from './blob-fault.ts'
import { blobStoreContract } from './blob-store-contract.ts'
import { FaultBlobStore } from './fault-blob-store.ts'
import { MemoryBlobStore } from './memory-blob-store.ts'
import { seededBlobFaults } from './seeded-blob-faults.ts'

const UNAVAILABLE = expect.objectContaining({ code: 'KB_STORE_UNAVAILABLE', retryable: true })
const body = Buffer.from('0123456789')

function faulty(...script: readonly ScriptedBlobFault[]) {
  const memory = new MemoryBlobStore()
  return { memory, store: new FaultBlobStore(memory, { schedule: scriptedBlobFaults(script) }) }
}

function onPut(fault: BlobFault) {
  return faulty({ operation: 'put', fault })
}

describe('FaultBlobStore without a schedule keeps the contract:', () => {
  for (const { name, run } of blobStoreContract(() => new FaultBlobStore(new MemoryBlobStore()), {
    longListing: 20,
    largeObjectBytes: 100_000,
  }))
    it(name, run)
})

describe('a scheduled fault', () => {
  it('fail-before leaves the store as it was', async () => {
    const { memory, store } = onPut({ kind: 'fail-before' })
    await expect(store.put('a', body)).rejects.toEqual(UNAVAILABLE)
    expect(memory.keys()).toEqual([])
    await store.put('a', body)
    expect(memory.keys()).toEqual(['a'])
  })

  it('fail-before can reject with an error of its own', async () => {
    const { store } = onPut({ kind: 'fail-before', error: new Error('mine') })
    await expect(store.put('a', body)).rejects.toThrow('mine')
  })

  it('fail-after takes effect and hides it', async () => {
    const { memory, store } = onPut({ kind: 'fail-after' })
    await expect(store.put('a', body, { ifAbsent: true })).rejects.toEqual(UNAVAILABLE)
    expect(memory.keys()).toEqual(['a'])
    await expect(store.put('a', body, { ifAbsent: true })).rejects.toMatchObject({ code: 'KB_BLOB_EXISTS' })
  })

  it('torn-put takes part of a stream and leaves nothing', async () => {
    const { memory, store } = onPut({ kind: 'torn-put', afterBytes: 5 })
    let sent = 0
    async function* stream() {
      for (; sent < 10; sent += 1) yield Buffer.from('x')
    }
    await expect(store.put('a', stream())).rejects.toEqual(UNAVAILABLE)
    expect(sent).toBe(4)
    expect(memory.keys()).toEqual([])
  })

  it('late-put lands so many steps later, and not before', async () => {
    const { memory, store } = onPut({ kind: 'late-put', landsAfterSteps: 2 })
    await expect(store.put('a', body)).rejects.toEqual(UNAVAILABLE)
    expect(await store.head('a')).toBeUndefined()
    expect(memory.keys()).toEqual([])
    expect(await store.get('a')).toEqual(body)
  })

  it('late-put without a step lands when it is let, and loses a create to what is there by then', async () => {
    const { memory, store } = onPut({ kind: 'late-put' })
    await expect(store.put('a', body, { ifAbsent: true })).rejects.toEqual(UNAVAILABLE)
    await store.put('a', Buffer.from('winner'), { ifAbsent: true })
    expect(store.latePutCount).toBe(1)
    await store.landLatePuts()
    expect(store.latePutCount).toBe(0)
    expect((await memory.get('a')).toString()).toBe('winner')
  })

  it('a 503 strikes get, head and list', async () => {
    const fault = { kind: 'fail-before' } as const
    const { store } = faulty({ operation: 'get', fault }, { operation: 'head', fault }, { operation: 'list', fault })
    await expect(store.get('a')).rejects.toEqual(UNAVAILABLE)
    await expect(store.head('a')).rejects.toEqual(UNAVAILABLE)
    await expect(store.list('a').next()).rejects.toEqual(UNAVAILABLE)
  })

  it('fail-after of a listing strikes after its last key', async () => {
    const { memory, store } = faulty({ operation: 'list', fault: { kind: 'fail-after' } })
    await memory.put('a', body)
    const listing = store.list('')
    expect(await listing.next()).toMatchObject({ value: { key: 'a' } })
    await expect(listing.next()).rejects.toEqual(UNAVAILABLE)
  })

  it('flip-byte spoils one bit of what is read, and leaves the object sound', async () => {
    const { memory, store } = faulty({ operation: 'get', fault: { kind: 'flip-byte', at: 3 } })
    await memory.put('a', body)
    expect((await store.get('a')).toString()).toBe('0122456789')
    expect(await store.get('a')).toEqual(body)
  })

  it('flip-byte of a put spoils the object and not the bytes of the caller', async () => {
    const { store } = onPut({ kind: 'flip-byte', at: 0 })
    await store.put('a', body)
    expect((await store.get('a')).toString()).toBe('1123456789')
    expect(body.toString()).toBe('0123456789')
  })

  it('hang answers only to the signal', async () => {
    const { memory, store } = onPut({ kind: 'hang' })
    const aborter = new AbortController()
    const put = store.put('a', body, { signal: aborter.signal })
    aborter.abort('enough')
    await expect(put).rejects.toBe('enough')
    expect(memory.keys()).toEqual([])
  })

  it('delay ends with the reason of the signal', async () => {
    const aborter = new AbortController()
    const store = new FaultBlobStore(new MemoryBlobStore(), { schedule: () => ({ kind: 'delay', delayMs: 60_000 }) })
    const head = store.head('a', { signal: aborter.signal })
    aborter.abort('enough')
    await expect(head).rejects.toBe('enough')
  })

  it('delay waits, then does the call', async () => {
    const waits: number[] = []
    const store = new FaultBlobStore(new MemoryBlobStore(), {
      schedule: () => ({ kind: 'delay', delayMs: 250 }),
      sleep: async (delayMs) => waits.push(delayMs),
    })
    await store.put('a', body)
    expect(waits).toEqual([250])
  })

  it.each(['before', 'after'] as const)('halt %s the effect makes every later call fail', async (when) => {
    const { memory, store } = faulty({ key: 'b', fault: { kind: 'halt', when } })
    await store.put('a', body)
    await expect(store.put('b', body)).rejects.toEqual(UNAVAILABLE)
    await expect(store.put('c', body)).rejects.toEqual(UNAVAILABLE)
    await expect(store.get('a')).rejects.toEqual(UNAVAILABLE)
    expect(memory.keys()).toEqual(when === 'before' ? ['a'] : ['a', 'b'])
  })
})

describe('a script of faults', () => {
  it('strikes the nth matching call, so many times', async () => {
    const { store } = faulty({ operation: 'put', key: /^b/, nth: 2, times: 2, fault: { kind: 'fail-before' } })
    const outcomes = []
    for (const key of ['b1', 'a', 'b2', 'b3', 'b4']) outcomes.push(await store.put(key, body).catch(() => 'failed'))
    expect(outcomes).toEqual([undefined, undefined, 'failed', 'failed', undefined])
  })

  it('is told in the log, with what the caller heard', async () => {
    const { store } = faulty({ step: 2, fault: { kind: 'fail-before' } })
    await store.put('a', body)
    await store.get('a').catch(() => undefined)
    expect(store.log).toEqual([
      { step: 1, operation: 'put', key: 'a', fault: undefined, outcome: 'ok' },
      { step: 2, operation: 'get', key: 'a', fault: 'fail-before', outcome: { error: UNAVAILABLE } },
    ])
  })
})

describe('seeded faults', () => {
  const strike = (seed: number) => {
    const schedule = seededBlobFaults({ seed, rate: 0.3 })
    return Array.from({ length: 200 }, (_, index) => schedule({ step: index + 1, operation: 'put', key: 'a' })?.kind)
  }

  it('are the same for the same seed, others for another, and strike about the share that was asked for', () => {
    expect(strike(1)).toEqual(strike(1))
    expect(strike(1)).not.toEqual(strike(2))
    const struck = strike(1).filter((kind) => kind !== undefined).length
    expect(struck).toBeGreaterThan(30)
    expect(struck).toBeLessThan(90)
  })

  it('never strike a read with a fault of puts', () => {
    const schedule = seededBlobFaults({ seed: 3, rate: 1, faults: [{ kind: 'torn-put' }, { kind: 'late-put' }] })
    expect(schedule({ step: 1, operation: 'get', key: 'a' })).toBeUndefined()
  })
})
