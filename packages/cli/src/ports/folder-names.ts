import { readdir } from 'node:fs/promises'
import { KbackupError } from '@kbackup/core'

const MISSING = new Set(['ENOENT', 'ENOTDIR'])
const NO_RIGHT = new Set(['EACCES', 'EPERM'])

/** The names of the folders and links in a folder, sorted; `undefined` where there is no such folder. */
export async function folderNames(directory: string): Promise<readonly string[] | undefined> {
  try {
    const entries = await readdir(directory, { withFileTypes: true })
    return entries
      .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
      .map(({ name }) => name)
      .sort()
  } catch (error) {
    const systemCode = codeOf(error)
    if (MISSING.has(systemCode)) return undefined
    throw new KbackupError(NO_RIGHT.has(systemCode) ? 'KB_STORE_FORBIDDEN' : 'KB_STORE_FAILED', {
      message: `filesystem ${directory}: could not list the directory (${systemCode})`,
      hint: 'give the user of this process the right to read the directory',
      details: { directory, systemCode },
      cause: error,
    })
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}
