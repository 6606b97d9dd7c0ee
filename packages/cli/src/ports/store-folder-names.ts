import type { BlobStore } from '@kbackup/core'

/** The names before the first slash of the keys of a store, sorted. */
export async function storeFolderNames(store: BlobStore, signal: AbortSignal): Promise<readonly string[]> {
  const names = new Set<string>()
  for await (const { key } of store.list('', { signal })) {
    const slash = key.indexOf('/')
    if (slash > 0) names.add(key.slice(0, slash))
  }
  return [...names]
}
