import { constants } from 'node:fs'
import { access, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { type CheckpointFile, KbackupError } from '@kbackup/core'

/** A file beside the archive, which a run replaces whole. */
export function localFile(path: string): CheckpointFile {
  return { name: path, read: () => readIfThere(path), replace: (text) => replaceFile(path, text) }
}

/**
 * Replaces a file: who reads it meanwhile, or after a crash, sees the old text or the new one.
 *
 * @throws KbackupError `KB_FILE_FAILED`
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`
  try {
    await writeDurably(temporary, text)
    await rename(temporary, path)
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => {})
    throw fileFailed(path, 'written', cause)
  }
}

/** Why a file could not be written where it is to be, as far as can be known without writing it. */
export async function writeObstacle(path: string): Promise<string | undefined> {
  const folder = dirname(resolve(path))
  if (!(await isFolder(folder))) return `there is no folder ${folder}; make it, or name another file`
  if (await isFolder(path)) return 'is a folder; name a file'
  return access(folder, constants.W_OK | constants.X_OK).then(
    () => undefined,
    () => `nothing may be written to the folder ${folder}; give the right to, or name another file`,
  )
}

async function writeDurably(path: string, text: string): Promise<void> {
  await using file = await open(path, 'w')
  await file.writeFile(text)
  await file.sync()
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return undefined
    throw fileFailed(path, 'read', cause)
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}

function fileFailed(path: string, what: 'read' | 'written', cause: unknown): KbackupError {
  return new KbackupError('KB_FILE_FAILED', {
    message: `the file ${path} could not be ${what}: ${codeOf(cause)}`,
    hint: 'look at its folder, the rights there and the room on its disk, then run the same command again',
    details: { path },
    cause,
  })
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
}
