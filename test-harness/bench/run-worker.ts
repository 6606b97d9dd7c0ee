import type { BenchSample } from './bench-sample.ts'
import { measuredProcess } from './measured-process.ts'
import type { WorkerJob, WorkerResult } from './worker-job.ts'

/** What a process of ours says, and its memory, seen from outside: it would count that of its parent in. */
export type WorkerSample = WorkerResult & Pick<BenchSample, 'peakRssMiB'>

/** A process of its own, so that memory and CPU time are those of the one job. */
export async function runWorker(
  { workerFile }: { readonly workerFile: string },
  job: WorkerJob,
): Promise<WorkerSample> {
  const args = [workerFile, JSON.stringify(job)]
  const { stdout, peakRssMiB } = await measuredProcess({ command: process.execPath, args, keepsOutput: true })
  return { ...JSON.parse(stdout), peakRssMiB }
}

export function assertRecords({ records }: Pick<WorkerResult, 'records'>, expected: number): void {
  if (records !== expected) throw new Error(`${records} records were moved instead of ${expected}`)
}
