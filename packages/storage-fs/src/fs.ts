import { assertOptions, type BlobStore, KbackupError, type OptionKind, optionKinds } from '@kbackup/core'
import { nodeFiles } from './files.ts'
import { FilesystemStore } from './filesystem-store.ts'

export interface FsOptions {
  /** Where the archives lie; made at the first `put` if it does not exist. A relative path is one of the working directory. */
  readonly directory: string
}

const FS_OPTIONS = { directory: optionKinds.anything } satisfies Record<keyof FsOptions, OptionKind>

/**
 * A store in a directory of a filesystem, local or mounted; nothing is read or made before the first call.
 *
 * - An object is written to a temporary file of its folder, synced, and then named by a hard link (`rename` for
 *   overwriting), and its folder is synced: it is whole or absent, also after a power failure.
 * - `ifAbsent` needs a filesystem with hard links; on others `put` rejects with `KB_STORE_FAILED` and says so.
 * - Nothing outside of the directory is touched: symbolic links below it are refused with `KB_STORE_FORBIDDEN`.
 * - Each call holds at most one file handle; a listing holds none while its reader thinks.
 * - A killed process leaves its temporary files, which no call shows; see {@link removeStaleTemporaryFiles}.
 *
 * @example
 * ```ts
 * import { fs } from '@kbackup/storage-fs'
 *
 * const storage = fs({ directory: './backups' })
 * ```
 */
export function fs(options: FsOptions): BlobStore {
  assertOptions('fs', options, FS_OPTIONS)
  const { directory } = options
  if (typeof directory !== 'string' || directory === '' || directory.includes('\0')) {
    throw new KbackupError('KB_CONFIG_INVALID', {
      message: 'the filesystem store was given no directory',
      hint: "name one, for instance fs({ directory: './backups' })",
    })
  }
  return new FilesystemStore(directory, nodeFiles)
}
