import { retryingBlobStore } from '@kbackup/core'
import type { StoreAddress } from '../../src/storage/store-address.ts'
import { storeAt } from '../../src/storage/store-at.ts'
import type { ObjectMover } from './store-job.ts'

/** Objects by kbackup's adapters, with what they do by default, and calls repeated as in every run; SDKs repeat by themselves. */
export async function kbackupMover(address: StoreAddress): Promise<ObjectMover> {
  const store = retryingBlobStore(await storeAt(address))
  return {
    upload: (key, chunks) => store.put(key, chunks, { ifAbsent: true }),
    download: async (key, start, end) => (await store.get(key, { range: { start, end } })).length,
  }
}
