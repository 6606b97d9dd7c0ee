import { describe, expect, it } from 'vitest'
import { blobStoreContract } from '../testing/blob-store-contract.ts'
import { MemoryBlobStore } from '../testing/memory-blob-store.ts'
import { blobBodyChunks } from './blob-body.ts'
import { type PacedBlobStoreOptions, pacedBlobStore } from './paced-blob-store.ts'

/** Time passes only where somebody sleeps. */
class SleptTime {
  nowMs = 0
  readonly clock = {
    nowMs: () => this.nowMs,
    sleep: async (delayMs: number, signal?: AbortSignal) => {
      signal?.throwIfAborted()
      this.nowMs += delayMs
    },
  }
}

function paced(options: PacedBlobStoreOptions) {
  const time = new SleptTime()
  const inner = new MemoryBlobStore()
  return { time, inner, store: pacedBlobStore(inner, { ...options, clock: time.clock }) }
}

describe('a paced store keeps the contract:', () => {
  const make = () =>
    pacedBlobStore(new MemoryBlobStore(), { maxUploadBytesPerSecond: 1e9, maxDownloadBytesPerSecond: 1e9 })
  for (const { name, run } of blobStoreContract(make, { longListing: 20, largeObjectBytes: 100_000 })) it(name, run)
})

describe('a paced store', () => {
  it('lets all uploads together send no more than so many bytes a second', async () => {
    const { time, store } = paced({ maxUploadBytesPerSecond: 1_000 })
    await Promise.all(['a', 'b', 'c', 'd', 'e'].map((key) => store.put(key, Buffer.alloc(500))))
    // The last may begin when those before it have had their time.
    expect(time.nowMs).toBeGreaterThanOrEqual(2_000)
  })

  it('holds streams up chunk by chunk', async () => {
    const { time, inner, store } = paced({ maxUploadBytesPerSecond: 1_000 })
    const sentAtMs: number[] = []
    inner.put = async (_key, body) => {
      for await (const _chunk of blobBodyChunks(body)) sentAtMs.push(time.nowMs)
    }
    await store.put(
      'a',
      (async function* () {
        for (let chunk = 0; chunk < 4; chunk++) yield Buffer.alloc(250)
      })(),
    )
    expect(sentAtMs).toEqual([0, 250, 500, 750])
  })

  it('counts what comes, by the range that is asked for or by the object', async () => {
    const { time, inner, store } = paced({ maxDownloadBytesPerSecond: 100 })
    await inner.put('a', Buffer.alloc(300))
    await store.get('a', { range: { start: 0, end: 100 } })
    expect(time.nowMs).toBe(0)
    await store.get('a')
    expect(time.nowMs).toBe(1_000)
    await store.get('a', { range: { start: 0, end: 1 } })
    expect(time.nowMs).toBe(4_000)
  })

  it('saves nothing up while nothing passes', async () => {
    const { time, store } = paced({ maxUploadBytesPerSecond: 1_000 })
    await store.put('a', Buffer.alloc(1_000))
    time.nowMs = 60_000
    for (const key of ['b', 'c', 'd']) await store.put(key, Buffer.alloc(1_000))
    expect(time.nowMs).toBe(62_000)
  })

  it('limits one way only where only that is limited', async () => {
    const { time, store } = paced({ maxUploadBytesPerSecond: 1 })
    await store.put('a', Buffer.alloc(1))
    for (let read = 0; read < 5; read++) await store.get('a')
    expect(time.nowMs).toBe(0)
  })

  it('stops waiting with the reason of the signal, before anything is sent', async () => {
    const aborter = new AbortController()
    const { inner, store } = paced({ maxUploadBytesPerSecond: 1 })
    await store.put('a', Buffer.alloc(10))
    aborter.abort('enough')
    await expect(store.put('b', Buffer.alloc(10), { signal: aborter.signal })).rejects.toBe('enough')
    expect(await inner.head('b')).toBeUndefined()
  })

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('refuses a limit of %d', (limit) => {
    expect(() => paced({ maxDownloadBytesPerSecond: limit })).toThrow(
      expect.objectContaining({ code: 'KB_CONFIG_INVALID' }),
    )
  })
})
