import { constants } from 'node:fs'
import type { Files } from './files.ts'
import { systemCode } from './filesystem-error.ts'

// Filesystems that cannot sync a folder say so in one of these ways; they have no stronger promise to give.
const NOT_SUPPORTED = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])

/** Makes the names in a folder durable. Windows has no such call, and keeps its journal by itself. */
export async function syncFolder(files: Files, path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await files.open(path, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    await folder.sync()
  } catch (error) {
    if (!NOT_SUPPORTED.has(systemCode(error) ?? '')) throw error
  } finally {
    await folder.close()
  }
}
