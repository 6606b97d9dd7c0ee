import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The root of the repository. */
export const repositoryDirectory = fileURLToPath(new URL('../..', import.meta.url))

/** Where downloads and compiled helpers are kept between runs: `KBACKUP_CACHE`, or `.cache` in the repository. */
export function cacheDirectory(...path: readonly string[]): string {
  return join(process.env.KBACKUP_CACHE || join(repositoryDirectory, '.cache'), ...path)
}
