import { fileURLToPath } from 'node:url'
import { runCommand } from '../process/run-command.ts'
import { type ManyFigures, type ManyJob, readManyFigures } from './many-job.ts'

const PROGRAM = fileURLToPath(new URL('./run-many-job.ts', import.meta.url))

/** Runs a job in a process of its own, so that its memory is only its own. */
export async function measuredJob(job: ManyJob): Promise<ManyFigures> {
  const args = ['--conditions=@kbackup/source', '--import', 'tsx', PROGRAM, JSON.stringify(job)]
  return readManyFigures((await runCommand(process.execPath, args)).stdout)
}
