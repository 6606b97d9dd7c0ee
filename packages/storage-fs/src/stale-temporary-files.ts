import { lstat, opendir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { filesystemError, isMissing } from './filesystem-error.ts'
import { isAlive, temporaryFileOwner } from './temporary-name.ts'

export interface RemoveStaleTemporaryFilesOptions {
  readonly directory: string
  /** How long nothing was written to a file before it counts as stale; a day by default. */
  readonly olderThanMs?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** The clock, in epoch milliseconds; `Date.now` by default. */
  readonly now?: (() => number) | undefined
}

const DAY_MS = 24 * 60 * 60 * 1_000

/**
 * Removes what killed writers left below a directory, and gives the paths of what it removed.
 *
 * A file of a process that still runs on this machine is never touched, however old. One of another machine, which may
 * share the directory, is judged by its age alone; should it belong to a writer after all, that writer's `put` rejects,
 * and nothing in the archive is harmed. Objects and all other files stay.
 */
export async function removeStaleTemporaryFiles(options: RemoveStaleTemporaryFilesOptions): Promise<readonly string[]> {
  const removed: string[] = []
  try {
    for await (const path of temporaryFiles(options.directory, options.signal)) {
      if (!(await isStale(path, options))) continue
      await unlink(path)
      removed.push(path)
    }
  } catch (error) {
    const store = `filesystem ${options.directory}`
    throw filesystemError(error, { store, action: 'remove temporary files from', key: '' })
  }
  return removed
}

async function* temporaryFiles(folder: string, signal?: AbortSignal): AsyncGenerator<string, void, void> {
  signal?.throwIfAborted()
  const folders: string[] = []
  for await (const entry of await opendir(folder)) {
    signal?.throwIfAborted()
    const path = join(folder, entry.name)
    if (entry.isDirectory()) folders.push(path)
    else if (entry.isFile() && isOrphan(entry.name)) yield path
  }
  for (const path of folders) yield* temporaryFiles(path, signal)
}

function isOrphan(name: string): boolean {
  const owner = temporaryFileOwner(name)
  return owner !== undefined && !isAlive(owner)
}

async function isStale(path: string, options: RemoveStaleTemporaryFilesOptions): Promise<boolean> {
  const { olderThanMs = DAY_MS, now = Date.now } = options
  try {
    return now() - (await lstat(path)).mtimeMs > olderThanMs
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
}
