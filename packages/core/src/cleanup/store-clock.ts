import { blobNotFound } from '../storage/blob-error.ts'
import type { BlobCallOptions, BlobStore } from '../storage/blob-store.ts'

/**
 * What the clock of a store says: when it says that an object was written which is written for that.
 *
 * The key is one that a writer of archives draws; should this process die, the object is one that no commit names, and the
 * next cleanup finds it.
 */
export async function storeNowMs(store: BlobStore, key: string, { signal }: BlobCallOptions): Promise<number> {
  await store.put(key, Buffer.alloc(0), { ifAbsent: true, signal })
  const info = await store.head(key, { signal })
  if (info === undefined) throw blobNotFound(store.name, key)
  return info.modifiedAtMs
}
