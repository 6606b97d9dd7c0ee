import { dirname } from 'node:path'
import { blobExists, KbackupError } from '@kbackup/core'
import type { Files } from './files.ts'
import { folderInTheWay, linkRefused, outcomeUnknown, systemCode } from './filesystem-error.ts'
import { syncFolder } from './sync-folder.ts'

/** A complete temporary file, and the name that it is to have. */
export interface Publication {
  readonly store: string
  readonly key: string
  readonly temporary: string
  readonly path: string
}

// What says with certainty that no name was given; after any other failure of the call the name may be there.
const DEFINITE = new Set([
  'EACCES',
  'EPERM',
  'EROFS',
  'ENOSPC',
  'EDQUOT',
  'ENOENT',
  'ENOTDIR',
  'EISDIR',
  'ENOTEMPTY',
  'EEXIST',
  'EMLINK',
  'EXDEV',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
])
const NO_HARD_LINKS = new Set(['EPERM', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EXDEV'])

/** Gives a file its name if the name is free: `link` fails where `rename` would silently overwrite. */
export async function createName(files: Files, publication: Publication): Promise<void> {
  const { temporary, path } = publication
  try {
    await files.link(temporary, path)
  } catch (error) {
    const code = systemCode(error)
    // NFS answers EEXIST to its own repeated request: a name that is our file is our success.
    if (code !== 'EEXIST') throw hardLinksMissing(error, publication) ?? publicationError(error, publication)
    if (!(await isSameFile(files, publication))) throw await takenError(files, publication)
  }
  await makeDurable(files, publication)
}

/** Gives a file its name, and takes the name from another file at the same moment. */
export async function replaceName(files: Files, publication: Publication): Promise<void> {
  try {
    await files.rename(publication.temporary, publication.path)
  } catch (error) {
    throw publicationError(error, publication)
  }
  await makeDurable(files, publication)
}

async function makeDurable(files: Files, { path, store, key }: Publication): Promise<void> {
  try {
    await syncFolder(files, dirname(path))
  } catch (error) {
    throw outcomeUnknown(error, { store, key, action: 'make durable' })
  }
}

async function isSameFile(files: Files, { temporary, path }: Publication): Promise<boolean> {
  const [ours, there] = await Promise.all([files.lstat(temporary), files.lstat(path)])
  return ours.ino === there.ino && ours.dev === there.dev
}

async function takenError(files: Files, publication: Publication): Promise<KbackupError> {
  const { store, key, path } = publication
  const there = await files.lstat(path)
  if (there.isDirectory()) return folderInTheWay(store, key)
  if (!there.isFile()) return linkRefused(store, key)
  // The loser acts on what it lost to, so that must outlive a power failure too.
  await makeDurable(files, publication)
  return blobExists(store, key)
}

function publicationError(error: unknown, { store, key }: Publication): unknown {
  const code = systemCode(error) ?? ''
  if (code === 'EISDIR' || code === 'ENOTEMPTY' || code === 'EEXIST') return folderInTheWay(store, key)
  if (!DEFINITE.has(code)) return outcomeUnknown(error, { store, key, action: 'name' })
  return error
}

function hardLinksMissing(error: unknown, { store, key }: Publication): KbackupError | undefined {
  if (!NO_HARD_LINKS.has(systemCode(error) ?? '')) return undefined
  return new KbackupError('KB_STORE_FAILED', {
    message: `${store}: could not create ${key}, because the filesystem refuses hard links (${systemCode(error)})`,
    hint: 'creating an object only if it is absent needs them: use ext4, XFS, Btrfs, ZFS, APFS, NTFS or NFS, or an object store',
    details: { store, key, systemCode: systemCode(error) ?? null },
    cause: error,
  })
}
