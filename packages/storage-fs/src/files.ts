import * as promises from 'node:fs/promises'

/** The calls of the operating system that the store makes; replaced in tests by ones that fail. */
export type Files = Pick<
  typeof promises,
  'access' | 'link' | 'lstat' | 'mkdir' | 'open' | 'opendir' | 'realpath' | 'rename' | 'rmdir' | 'stat' | 'unlink'
>

export const nodeFiles: Files = promises
