import type { BlobStore } from '../../storage/blob-store.ts'

/**
 * Removes everything below the folder of a check, and gives what could not be removed. No signal ends it: what was written
 * is removed after an interruption, too.
 */
export async function removeCheck(store: BlobStore, folder: string): Promise<readonly string[]> {
  // Who may not see unfinished uploads may delete objects all the same.
  await removeUploads(store, folder).catch(() => undefined)
  const left: string[] = []
  try {
    const keys: string[] = []
    for await (const { key } of store.list(folder)) keys.push(key)
    for (const key of keys) await store.delete(key).catch(() => left.push(key))
    await store.removeEmptyFolders?.(folder)
  } catch {
    left.push(folder)
  }
  return left
}

async function removeUploads({ unfinishedUploads }: BlobStore, folder: string): Promise<void> {
  for await (const upload of unfinishedUploads?.list(folder) ?? []) await unfinishedUploads?.discard(upload)
}
