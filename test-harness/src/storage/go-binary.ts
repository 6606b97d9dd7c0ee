import { access, constants, mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheDirectory } from '../cache-directory.ts'
import { runCommand } from '../process/run-command.ts'
import { withProgressLine } from '../progress-line.ts'

/** A program that Go builds from its published sources. */
export interface GoProgram {
  /** What `go install` takes, without the version. */
  readonly module: string
  readonly version: string
  /** The name of the executable. */
  readonly name: string
  /** What the error says one can do instead of installing Go. */
  readonly otherwise: string
  readonly signal?: AbortSignal | undefined
}

/**
 * The path of a program, built once per version and kept in the cache; a build takes minutes.
 *
 * @throws Error that names what to install, when there is no Go or it cannot build the program.
 */
export async function goBinary(program: GoProgram): Promise<string> {
  const path = cacheDirectory('go', `${program.name}-${program.version}`)
  if (await isExecutable(path)) return path
  const what = `building ${program.name} ${program.version} with Go, once`
  await withProgressLine(what, () => buildInto(path, program))
  return path
}

/** Builds beside the final place and renames, so that a killed build or a second one at the same time leaves no half. */
async function buildInto(path: string, program: GoProgram): Promise<void> {
  await mkdir(cacheDirectory('go'), { recursive: true })
  const work = await mkdtemp(cacheDirectory('go', `.${program.name}-`))
  try {
    await install(work, program)
    await rename(join(work, program.name), path)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

async function install(work: string, { module, version, name, otherwise, signal }: GoProgram): Promise<void> {
  const target = `${module}@v${version}`
  try {
    await runCommand('go', ['install', '-ldflags', '-s -w', target], { cwd: work, env: { GOBIN: work }, signal })
  } catch (cause) {
    signal?.throwIfAborted()
    throw new Error(
      `${name} ${version} could not be built: install Go 1.24 or later (and see that it reaches its module proxy), or ${otherwise}`,
      { cause },
    )
  }
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}
