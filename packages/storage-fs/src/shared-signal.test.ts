import { getEventListeners } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BlobInfo, BlobStore } from '@kbackup/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fs } from './fs.ts'

let root: string
const warnings: Error[] = []
const keepWarning = (warning: Error): void => void warnings.push(warning)

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'kbackup-signal-'))
  process.on('warning', keepWarning)
})
afterEach(async () => {
  process.off('warning', keepWarning)
  await rm(root, { recursive: true, force: true })
})

async function listed(store: BlobStore, signal: AbortSignal): Promise<readonly BlobInfo[]> {
  const found: BlobInfo[] = []
  for await (const info of store.list('', { signal })) found.push(info)
  return found
}

describe('a signal of the application', () => {
  it('may be shared by a thousand calls at once: one listener, none afterwards, and no warning of Node.js', async () => {
    const store = fs({ directory: root })
    const { signal } = new AbortController()
    const calls = Array.from({ length: 200 }, async (_, index) => {
      const key = `a/${index}`
      await store.put(key, Buffer.from('x'), { signal })
      await Promise.all([store.get(key, { signal }), store.head(key, { signal }), listed(store, signal)])
      await store.delete(key, { signal })
    })
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    await Promise.all(calls)
    expect(getEventListeners(signal, 'abort')).toHaveLength(0)
    // Node.js emits warnings in the next tick.
    await new Promise((resolve) => setImmediate(resolve))
    expect(warnings).toEqual([])
  })
})
