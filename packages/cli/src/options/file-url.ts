import { fileURLToPath } from 'node:url'
import { KbackupError } from '@kbackup/core'

/** The folder that a `file:` URL names. */
export function fileUrlDirectory(path: string): string {
  try {
    return fileURLToPath(path)
  } catch (cause) {
    throw new KbackupError('KB_USAGE', {
      message: `${path} is not a file URL`,
      hint: 'write file:///folder, or the path alone',
      cause,
    })
  }
}
