import { setTimeout as sleepMs } from 'node:timers/promises'
import type { BlobStore } from '@kbackup/core'
import { storeWithPut } from './store-with-put.ts'

const HOLD_MS = 500

/**
 * A store that takes its time before it takes a commit: a kill then meets objects that are whole and that no commit names.
 * The first commit waits for `go` besides.
 */
export function heldCommits(inner: BlobStore, go: Promise<void> = Promise.resolve()): BlobStore {
  return storeWithPut(inner, async (key, body, options) => {
    if (key.includes('/commits/')) await Promise.all([sleepMs(HOLD_MS), go])
    await inner.put(key, body, options)
  })
}
