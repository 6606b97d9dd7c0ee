import { dirname } from 'node:path'
import { KbackupError } from '@kbackup/core'
import type { Files } from './files.ts'
import { filesystemError, isMissing, systemCode } from './filesystem-error.ts'

export interface MakeFoldersOptions {
  /** The store's name, for messages. */
  readonly store: string
  readonly path: string
}

/**
 * Makes a folder and those above it, and gives the paths of what it made, outermost first.
 *
 * Each folder is one call. With `recursive: true` Node.js takes a missing folder for one whose parent is missing, and in
 * `/proc`, where every name is missing and none can be made, it goes on asking for ever.
 */
export async function makeFolders(files: Files, options: MakeFoldersOptions): Promise<readonly string[]> {
  const made: string[] = []
  for (const path of await missingFolders(files, options)) {
    if (await makeFolder(files, path, options)) made.push(path)
  }
  return made
}

/** What is missing of a path, outermost first. */
async function missingFolders(files: Files, { store, path }: MakeFoldersOptions): Promise<readonly string[]> {
  const missing: string[] = []
  for (let folder = path; ; folder = dirname(folder)) {
    const facts = await files.stat(folder).catch(ignoreMissing)
    if (facts?.isDirectory() === true) return missing
    if (facts !== undefined) throw notADirectory(store, folder)
    missing.unshift(folder)
    if (folder === dirname(folder)) return missing
  }
}

/** Whether this call made it; false where somebody else was faster. */
async function makeFolder(files: Files, path: string, { store }: MakeFoldersOptions): Promise<boolean> {
  try {
    await files.mkdir(path)
    return true
  } catch (error) {
    if (systemCode(error) === 'ENOENT') throw noFoldersHere(store, path, error)
    if (systemCode(error) !== 'EEXIST') throw filesystemError(error, { store, action: 'make the folder', key: path })
  }
  const facts = await files.stat(path).catch(ignoreMissing)
  if (facts?.isDirectory() === true) return false
  throw notADirectory(store, path)
}

/** The error for a folder that is there, and below which none can be made. */
export function noFoldersHere(store: string, path: string, cause: unknown): KbackupError {
  return new KbackupError('KB_STORE_FAILED', {
    message: `${store}: could not make the folder ${path}: ${dirname(path)} is there, and its filesystem takes no new folders (ENOENT)`,
    hint: 'name a directory of a filesystem that keeps files; /proc and the like do not',
    details: { store, path, systemCode: 'ENOENT' },
    cause,
  })
}

/** The error for a path that is a file, or a link that leads nowhere. */
export function notADirectory(store: string, path: string): KbackupError {
  return new KbackupError('KB_STORE_FAILED', {
    message: `${store}: ${path} is not a directory`,
    hint: 'name a directory, or one that can be made',
    details: { store, path },
  })
}

function ignoreMissing(error: unknown): undefined {
  if (!isMissing(error)) throw error
}
