import { join } from 'node:path'
import type { DamageShare, DamageReport as Damages } from '../../packages/core/src/restore/testing/damage-trials.ts'
import { repositoryDirectory } from './cache-directory.ts'
import { runCommand } from './process/run-command.ts'

const PROGRAM = join('src', 'restore', 'testing', 'damage-main.ts')

/** Garbage of thousands of trials is no measure: what one of them needs has to fit into this, and buffers come on top. */
const HEAP_LIMIT = '--max-old-space-size=96'

/** What a process says of its share. */
export interface DamageReport extends Damages {
  readonly peakRssMiB: number
}

/** Damages a small archive in a process of its own, in the shipped source or in a mutant of it; a crash rejects. */
export async function damageReport(
  { first, step, limit, seed }: DamageShare,
  directory = join(repositoryDirectory, 'packages', 'core'),
): Promise<DamageReport> {
  const share = [first, step, limit, seed].map(String)
  const args = [HEAP_LIMIT, '--conditions=@kbackup/source', '--import', 'tsx', join(directory, PROGRAM), ...share]
  const report: unknown = JSON.parse((await runCommand(process.execPath, args)).stdout)
  if (isReport(report)) return report
  throw new Error('the process said something else')
}

function isReport(value: unknown): value is DamageReport {
  return typeof value === 'object' && value !== null && 'faults' in value && 'peakRssMiB' in value
}
