import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { KbackupError } from '@kbackup/core'
import type { StorageConfig } from '../config/storage-schema.ts'

const CLOUD = /^(s3|gs|gcs|az|azure|abfss?|https?):\/\//i

/** The folder of a `storage` section. */
export function storageDirectory({ path, prefix }: StorageConfig): string {
  return prefix === undefined ? (path ?? '.') : join(path ?? '.', prefix)
}

/** The folder that `--path` names: a path, or a `file:` URL. */
export function pathDirectory(path: string): string {
  if (CLOUD.test(path)) {
    throw new KbackupError('KB_UNSUPPORTED', {
      message: `--path ${withoutSecrets(path)}: object storage is not supported by this version`,
      hint: 'it comes with a later release; until then give the path of a folder',
    })
  }
  return path.startsWith('file:') ? fileUrlDirectory(path) : path
}

function fileUrlDirectory(path: string): string {
  try {
    return fileURLToPath(path)
  } catch (cause) {
    throw new KbackupError('KB_USAGE', {
      message: `--path ${path} is not a file URL`,
      hint: 'write file:///folder, or the path alone',
      cause,
    })
  }
}

function withoutSecrets(url: string): string {
  return url.replace(/\/\/[^/@]*@/, '//').replace(/\?.*$/, '')
}
