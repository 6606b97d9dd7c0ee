import { assertBlobKey, type BlobInfo, compareBlobKeys } from '@kbackup/core'
import type { Files } from './files.ts'
import { isMissing, linkRefused } from './filesystem-error.ts'
import type { RootDirectory } from './root-directory.ts'

// How many files are asked for their size at once.
const LOOK_AHEAD = 32

export interface Listing {
  readonly store: string
  readonly files: Files
  readonly root: RootDirectory
}

interface Entry {
  readonly key: string
  readonly isFolder: boolean
}

/**
 * Every file below the root whose key begins with the prefix, in the byte order of whole keys.
 *
 * A folder takes its place as its name with a slash, since that is how the keys below it go on: `a-b/x` comes before
 * `a/x`, though `a` comes before `a-b`. Memory holds the names of one folder, and of those above it; no handle is kept
 * open while the reader thinks.
 */
export async function* listFiles(listing: Listing, prefix: string): AsyncGenerator<BlobInfo, void, void> {
  const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1)
  yield* walk(listing, { folder, prefix })
}

interface Walk {
  /** Empty, or ends in a slash. */
  readonly folder: string
  readonly prefix: string
}

async function* walk(listing: Listing, { folder, prefix }: Walk): AsyncGenerator<BlobInfo, void, void> {
  const entries = await entriesOf(listing, { folder, prefix })
  for (let start = 0; start < entries.length; start += LOOK_AHEAD) {
    const group = entries.slice(start, start + LOOK_AHEAD)
    const infos = await Promise.all(group.map((entry) => (entry.isFolder ? undefined : infoOf(listing, entry.key))))
    for (const [index, { key, isFolder }] of group.entries()) {
      const info = infos[index]
      if (isFolder) yield* walk(listing, { folder: key, prefix })
      else if (info !== undefined) yield info
    }
  }
}

async function entriesOf(listing: Listing, { folder, prefix }: Walk): Promise<readonly Entry[]> {
  const entries: Entry[] = []
  for await (const entry of readFolder(listing, folder)) {
    const key = entry.isFolder ? `${folder}${entry.name}/` : `${folder}${entry.name}`
    if (!(key.startsWith(prefix) || prefix.startsWith(key)) || !isKey(folder + entry.name)) continue
    if (entry.isLink) throw linkRefused(listing.store, key)
    if (entry.isFolder || (entry.isFile && key.startsWith(prefix))) entries.push({ key, isFolder: entry.isFolder })
  }
  return entries.sort((left, right) => compareBlobKeys(left.key, right.key))
}

interface FolderEntry {
  readonly name: string
  readonly isFolder: boolean
  readonly isFile: boolean
  readonly isLink: boolean
}

/** What a folder below the root holds; nothing where there is none. */
export async function* readFolder({ files, root }: Listing, folder: string): AsyncGenerator<FolderEntry, void, void> {
  const path = await root.folder(folder === '' ? [] : folder.slice(0, -1).split('/'))
  if (path === undefined) return
  try {
    for await (const entry of await files.opendir(path, { bufferSize: 1_024 })) {
      const { name } = entry
      yield { name, isFolder: entry.isDirectory(), isFile: entry.isFile(), isLink: entry.isSymbolicLink() }
    }
  } catch (error) {
    if (!isMissing(error)) throw error
  }
}

async function infoOf({ files, root }: Listing, key: string): Promise<BlobInfo | undefined> {
  try {
    const facts = await files.lstat(root.pathOf(key))
    return facts.isFile() ? { key, size: facts.size, modifiedAtMs: Math.trunc(facts.mtimeMs) } : undefined
  } catch (error) {
    // Deleted since the folder was read.
    if (isMissing(error)) return undefined
    throw error
  }
}

function isKey(key: string): boolean {
  try {
    assertBlobKey(key)
    return true
  } catch {
    return false
  }
}
