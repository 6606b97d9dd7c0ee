import { join } from 'node:path'
import { repositoryDirectory } from '../cache-directory.ts'
import { runCommand } from '../process/run-command.ts'

const PROGRAM = join('src', 'archive', 'testing', 'simulation', 'main.ts')

/** Which seeds a process runs: from the first on, every `step`-th. */
export interface Seeds {
  readonly first: number
  readonly step: number
  readonly count: number
}

/** What the simulation said of them; it ends at the first that fails. */
export interface SeedsResult {
  readonly seeds: number
  readonly cpuSeconds: number
  readonly figures: Readonly<Record<string, number>>
  readonly failure: { readonly seed: number; readonly faults: readonly string[] } | null
}

/** Runs seeds of the commit protocol's simulation in a process of its own, in the shipped source or in a mutant of it. */
export async function simulateSeeds(
  { first, step, count }: Seeds,
  directory = join(repositoryDirectory, 'packages', 'core'),
): Promise<SeedsResult> {
  const program = join(directory, PROGRAM)
  const args = ['--conditions=@kbackup/source', '--import', 'tsx', program, ...[first, step, count].map(String)]
  const { stdout } = await runCommand(process.execPath, args)
  return readResult(JSON.parse(stdout))
}

function readResult(value: unknown): SeedsResult {
  if (!isResult(value)) throw new Error('the simulation said something else')
  return value
}

function isResult(value: unknown): value is SeedsResult {
  return typeof value === 'object' && value !== null && 'seeds' in value && 'cpuSeconds' in value && 'failure' in value
}
