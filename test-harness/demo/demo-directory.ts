import { mkdir, readdir, rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { cacheDirectory } from '../src/index.ts'

/** An empty folder for the archive, which stays for looking around: the given one, or one that the next demo replaces. */
export async function demoDirectory(given: string | undefined): Promise<string> {
  if (given === undefined) await rm(cacheDirectory('demo'), { recursive: true, force: true })
  const directory = given === undefined ? cacheDirectory('demo') : resolve(given)
  await mkdir(directory, { recursive: true })
  if ((await readdir(directory)).length > 0) throw new Error(`${directory} is not empty: give another folder`)
  return directory
}
