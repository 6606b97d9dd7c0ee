import { describe, expect, it } from 'vitest'
import { blobStoreContract } from '../testing/blob-store-contract.ts'
import { FaultBlobStore } from '../testing/fault-blob-store.ts'
import { MemoryBlobStore } from '../testing/memory-blob-store.ts'
import { limitedBlobStore } from './limited-blob-store.ts'

describe('a limited store keeps the contract:', () => {
  const make = () => limitedBlobStore(new MemoryBlobStore(), { maxConcurrency: 3 })
  for (const { name, run } of blobStoreContract(make, { longListing: 20, largeObjectBytes: 100_000 })) it(name, run)
})

describe('a limited store', () => {
  it('lets through as many calls as it may and no more, in their order', async () => {
    const waiting: (() => void)[] = []
    const faulty = new FaultBlobStore(new MemoryBlobStore(), {
      schedule: () => ({ kind: 'delay', delayMs: 1 }),
      sleep: () => new Promise<void>((resolve) => waiting.push(resolve)),
    })
    const store = limitedBlobStore(faulty, { maxConcurrency: 2 })
    const calls = Array.from({ length: 5 }, (_, index) => store.put(`${index}`, Buffer.alloc(1)))
    for (let done = 0; done < 5; done += 1) {
      await settled()
      expect(faulty.log.filter(({ outcome }) => outcome === 'pending').length).toBe(Math.min(2, 5 - done))
      waiting.shift()?.()
    }
    await Promise.all(calls)
    expect(faulty.log.map(({ key }) => key)).toEqual(['0', '1', '2', '3', '4'])
  })

  it('lets the reader of a listing make calls of its own', async () => {
    const store = limitedBlobStore(new MemoryBlobStore(), { maxConcurrency: 1 })
    await store.put('a', Buffer.from('x'))
    for await (const { key } of store.list('')) expect((await store.get(key)).toString()).toBe('x')
  })

  it('takes a waiting call back when its signal aborts, and gives its place to the next', async () => {
    const faulty = new FaultBlobStore(new MemoryBlobStore(), {
      schedule: ({ step }) => (step === 1 ? { kind: 'hang' } : undefined),
    })
    const store = limitedBlobStore(faulty, { maxConcurrency: 1 })
    const [first, second] = [new AbortController(), new AbortController()]
    const hanging = store.get('hanging', { signal: first.signal })
    const waiting = store.get('waiting', { signal: second.signal })
    const last = store.head('last')
    second.abort('second')
    await expect(waiting).rejects.toBe('second')
    first.abort('first')
    await expect(hanging).rejects.toBe('first')
    await expect(last).resolves.toBeUndefined()
    expect(faulty.log.map(({ key }) => key)).toEqual(['hanging', 'last'])
  })

  it.each([0, -1, 1.5, Number.NaN])('refuses a limit of %d', (maxConcurrency) => {
    expect(() => limitedBlobStore(new MemoryBlobStore(), { maxConcurrency })).toThrow(
      expect.objectContaining({ code: 'KB_CONFIG_INVALID' }),
    )
  })
})

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
