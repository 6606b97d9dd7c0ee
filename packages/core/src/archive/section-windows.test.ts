import { describe, expect, it } from 'vitest'
import { KbackupError } from '../errors/kbackup-error.ts'
import { FaultBlobStore } from '../testing/fault-blob-store.ts'
import { MemoryBlobStore } from '../testing/memory-blob-store.ts'
import type { SectionEntry } from './commit.ts'
import { SectionWindows } from './section-windows.ts'
import { sectionAt as entryAt, lineageOf } from './testing/commit-fixture.ts'

const KEY = 'payments/bundles/00.zst'
const LENGTH = 100

function sectionAt(position: number, length = 10): SectionEntry {
  return { ...entryAt(lineageOf(0), [0n, 1n], KEY), position, length }
}

async function storeOf(length = LENGTH) {
  const inner = new MemoryBlobStore()
  await inner.put(KEY, Buffer.from(Array.from({ length }, (_, index) => index)))
  return new FaultBlobStore(inner)
}

function windowsOver(store: FaultBlobStore, sections: readonly SectionEntry[], signal?: AbortSignal) {
  return new SectionWindows({ store, sections, windowBytes: 30, signal })
}

const range = (start: number, end: number) => ({ range: { start, end } })

describe('windows over sections', () => {
  it('read sections that lie side by side with one request, whoever asks for which part', async () => {
    const store = await storeOf()
    const windows = windowsOver(
      store,
      [20, 0, 10].map((position) => sectionAt(position)),
    )
    const parts = await Promise.all([windows.get(KEY, range(12, 14)), windows.get(KEY, range(20, 30))])
    expect(parts.map((part) => [...part])).toEqual([
      [12, 13],
      [20, 21, 22, 23, 24, 25, 26, 27, 28, 29],
    ])
    expect([...(await windows.get(KEY, range(0, 3)))]).toEqual([0, 1, 2])
    expect(store.log).toHaveLength(1)
  })

  it('pass on what is large, what lies apart, and what is not of a section', async () => {
    const store = await storeOf()
    const windows = windowsOver(store, [sectionAt(0, 40), sectionAt(40), sectionAt(60)])
    for (const [start, end] of [
      [0, 40],
      [55, 58],
      [35, 45],
    ] as const) {
      expect((await windows.get(KEY, range(start, end)))[0]).toBe(start)
    }
    expect(await windows.get(KEY)).toHaveLength(LENGTH)
    expect(store.log).toHaveLength(4)
  })

  it('give what is there of an object that is too short, and the error for the rest', async () => {
    const store = await storeOf(15)
    const windows = windowsOver(store, [sectionAt(0), sectionAt(10)])
    expect([...(await windows.get(KEY, range(0, 10)))]).toHaveLength(10)
    await expect(windows.get(KEY, range(10, 20))).rejects.toMatchObject({ code: 'KB_BLOB_RANGE' })
  })

  it('read again after a failure, and hold few windows', async () => {
    const store = await storeOf()
    let isDown = true
    const failing = {
      get: (...args: Parameters<FaultBlobStore['get']>) =>
        isDown ? Promise.reject(new KbackupError('KB_STORE_UNAVAILABLE', { message: 'down' })) : store.get(...args),
    }
    const sections = Array.from({ length: 10 }, (_, index) => sectionAt(index * 10))
    const windows = new SectionWindows({ store: failing, sections, windowBytes: 20, signal: undefined })
    await expect(windows.get(KEY, range(0, 1))).rejects.toMatchObject({ code: 'KB_STORE_UNAVAILABLE' })
    isDown = false
    for (let start = 0; start < LENGTH; start++)
      expect([...(await windows.get(KEY, range(start, start + 1)))]).toEqual([start])
    expect(store.log).toHaveLength(5)
  })

  it('let one who gives up leave, and serve the others', async () => {
    const store = await storeOf()
    const windows = windowsOver(store, [sectionAt(0), sectionAt(10)])
    const stop = new AbortController()
    const left = windows.get(KEY, { ...range(0, 1), signal: stop.signal })
    const stays = windows.get(KEY, range(1, 2))
    stop.abort('enough')
    await expect(left).rejects.toBe('enough')
    expect([...(await stays)]).toEqual([1])
  })
})
