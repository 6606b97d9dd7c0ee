import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheDirectory } from '../cache-directory.ts'
import { SHORT_LIVED } from '../java/java-flags.ts'
import { sayProgress, withProgressLine } from '../progress-line.ts'
import { javaRuntime } from './java-runtime.ts'
import { startLocalKafka } from './local-kafka.ts'

/*
 * Java loads and checks thousands of classes before a broker serves. It can keep them in a file that later processes map:
 * a broker then starts with two seconds of CPU in place of five, a tool with half a second in place of one and a half.
 * https://docs.oracle.com/en/java/javase/17/vm/class-data-sharing.html
 */

/** What is to be kept: the classes that a broker of this version uses. */
export interface ClassArchiveOptions {
  readonly libs: string
  readonly version: string
  readonly signal?: AbortSignal | undefined
}

/** The file with the classes of these jars, where there is one; it is bound to the folder in which they lie. */
export function classArchive(libs: string): string | undefined {
  const archive = archivePath(libs)
  return existsSync(archive) ? archive : undefined
}

/** Makes the file with the classes of these jars, once; without it everything works, and starts more slowly. */
export async function recordClasses(options: ClassArchiveOptions): Promise<void> {
  if (classArchive(options.libs) !== undefined) return
  try {
    await withProgressLine(`keeping the classes of Kafka ${options.version} for faster starts, once`, () =>
      recordInto(archivePath(options.libs), options),
    )
  } catch (error) {
    options.signal?.throwIfAborted()
    sayProgress(`Java starts without kept classes: ${error instanceof Error ? error.message : error}`)
  }
}

/** Java writes the file at the orderly end of a broker: beside the final place, so that nobody sees half of it. */
async function recordInto(archive: string, { libs, version, signal }: ClassArchiveOptions): Promise<void> {
  await mkdir(cacheDirectory('java'), { recursive: true })
  const work = await mkdtemp(cacheDirectory('java', '.classes-'))
  try {
    const recorded = join(work, 'classes.jsa')
    const flags = [...SHORT_LIVED, `-XX:ArchiveClassesAtExit=${recorded}`]
    await using kafka = await startLocalKafka({ version, libs, signal, runtime: () => javaRuntime(libs, flags) })
    await kafka.brokers[0]?.stop()
    await rename(recorded, archive)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

function archivePath(libs: string): string {
  return cacheDirectory('java', `classes-${createHash('sha256').update(libs).digest('hex').slice(0, 16)}.jsa`)
}
