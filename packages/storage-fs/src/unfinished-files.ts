import { assertBlobPrefix, type UnfinishedUpload } from '@kbackup/core'
import { isMissing } from './filesystem-error.ts'
import { type Listing, readFolder } from './list-files.ts'
import { isAlive, temporaryFileOwner } from './temporary-name.ts'

/**
 * The temporary files below a prefix whose writers are not known to live; their paths below the root stand for the keys,
 * which nobody knows any more.
 *
 * A file of a process that runs on this machine is left out. One of another machine, which may share the folder, cannot be
 * told from one that was left; should it be discarded, that writer's `put` rejects.
 */
export async function* unfinishedFiles(listing: Listing, prefix: string): AsyncGenerator<UnfinishedUpload, void, void> {
  yield* walk(listing, prefix.slice(0, prefix.lastIndexOf('/') + 1), prefix)
}

async function* walk(listing: Listing, folder: string, prefix: string): AsyncGenerator<UnfinishedUpload, void, void> {
  const folders: string[] = []
  for await (const { name, isFolder, isFile } of readFolder(listing, folder)) {
    const path = folder + name
    if (isFolder && (path.startsWith(prefix) || prefix.startsWith(`${path}/`))) folders.push(`${path}/`)
    if (!isFile || !path.startsWith(prefix) || !isLeft(name)) continue
    const upload = await uploadOf(listing, path)
    if (upload !== undefined) yield upload
  }
  for (const path of folders) yield* walk(listing, path, prefix)
}

/** Removes a temporary file; anything else is not touched. */
export async function discardUnfinishedFile({ files, root }: Listing, path: string): Promise<void> {
  const folderEnd = path.lastIndexOf('/') + 1
  assertBlobPrefix(path.slice(0, folderEnd))
  if (temporaryFileOwner(path.slice(folderEnd)) === undefined) return
  if ((await root.folderOf(path)) === undefined) return
  try {
    await files.unlink(root.pathOf(path))
  } catch (error) {
    if (!isMissing(error)) throw error
  }
}

function isLeft(name: string): boolean {
  const owner = temporaryFileOwner(name)
  return owner !== undefined && !isAlive(owner)
}

async function uploadOf({ files, root }: Listing, path: string): Promise<UnfinishedUpload | undefined> {
  try {
    const { size, mtimeMs } = await files.lstat(root.pathOf(path))
    return { key: path, id: path, startedAtMs: Math.trunc(mtimeMs), bytes: size }
  } catch (error) {
    // Named, or removed, since the folder was read.
    if (isMissing(error)) return undefined
    throw error
  }
}
