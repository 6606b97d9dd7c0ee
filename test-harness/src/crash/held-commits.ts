import { setTimeout as sleepMs } from 'node:timers/promises'
import type { BlobStore } from '@kbackup/core'
import { storeWithPut } from './store-with-put.ts'

const HOLD_MS = 500

/** A store that takes its time before it takes a commit: a kill then meets objects that are whole and that no commit names. */
export function heldCommits(inner: BlobStore): BlobStore {
  return storeWithPut(inner, async (key, body, options) => {
    if (key.includes('/commits/')) await sleepMs(HOLD_MS)
    await inner.put(key, body, options)
  })
}
