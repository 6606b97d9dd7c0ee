import { join } from 'node:path'
import type { Files } from './files.ts'
import { isMissing, systemCode } from './filesystem-error.ts'

/** Removes the folders below a folder, and then itself, as far as they hold nothing. Follows no links. */
export async function removeEmptyFolders(files: Files, folder: string): Promise<void> {
  for (const name of await foldersIn(files, folder)) await removeEmptyFolders(files, join(folder, name))
  await files.rmdir(folder).catch((error: unknown) => {
    if (!isMissing(error) && !['ENOTEMPTY', 'EEXIST'].includes(systemCode(error) ?? '')) throw error
  })
}

async function foldersIn(files: Files, folder: string): Promise<readonly string[]> {
  const names: string[] = []
  for await (const entry of await files.opendir(folder)) if (entry.isDirectory()) names.push(entry.name)
  return names
}
