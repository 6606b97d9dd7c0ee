import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheDirectory, repositoryDirectory } from '../cache-directory.ts'
import { runCommand } from '../process/run-command.ts'

const SOURCES = join(repositoryDirectory, 'test-harness', 'java')

/** The folder with the classes of `test-harness/java`, compiled once for each state of the sources and version of Kafka. */
export async function compiledPrograms(libs: string, version: string): Promise<string> {
  const sources = (await readdir(SOURCES)).filter((name) => name.endsWith('.java')).sort()
  const classes = cacheDirectory('java', `${version}-${await digest(sources)}`)
  if (!existsSync(classes)) await compileInto(classes, libs, sources)
  return classes
}

async function digest(sources: readonly string[]): Promise<string> {
  const hash = createHash('sha256')
  for (const source of sources) hash.update(source).update(await readFile(join(SOURCES, source)))
  return hash.digest('hex').slice(0, 16)
}

/** Compiles beside the final place and renames, so that nobody sees half of it. */
async function compileInto(classes: string, libs: string, sources: readonly string[]): Promise<void> {
  await mkdir(cacheDirectory('java'), { recursive: true })
  const work = await mkdtemp(cacheDirectory('java', '.compiling-'))
  try {
    const paths = sources.map((source) => join(SOURCES, source))
    await runCommand('javac', ['-proc:none', '-encoding', 'UTF-8', '-d', work, '-cp', join(libs, '*'), ...paths])
    await rename(work, classes).catch((error: unknown) => {
      if (!existsSync(classes)) throw error
    })
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}
