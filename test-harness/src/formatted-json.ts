import { join } from 'node:path'
import { repositoryDirectory } from './cache-directory.ts'
import { runCommand } from './process/run-command.ts'

const BIOME = join(repositoryDirectory, 'node_modules', '@biomejs', 'biome', 'bin', 'biome')

/** JSON as the formatter of the repository lays it out. */
export async function formattedJson(value: unknown): Promise<string> {
  const args = [BIOME, 'format', '--stdin-file-path=value.json']
  const { stdout } = await runCommand(process.execPath, args, {
    cwd: repositoryDirectory,
    input: JSON.stringify(value, undefined, 2),
  })
  return stdout
}
