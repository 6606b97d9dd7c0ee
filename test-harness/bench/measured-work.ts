import type { WorkerResult } from './worker-job.ts'

/** What was moved; the rest of a {@link WorkerResult} is measured around it. */
export type Moved = Pick<WorkerResult, 'records' | 'storedBytes'>

/** Does something, and tells what it took of this process. */
export async function measuredWork(work: () => Promise<Moved>): Promise<WorkerResult> {
  const startedAt = performance.now()
  const cpuBefore = process.cpuUsage()
  const { records, storedBytes } = await work()
  const cpu = process.cpuUsage(cpuBefore)
  return {
    records,
    storedBytes,
    seconds: (performance.now() - startedAt) / 1000,
    cpuSeconds: (cpu.user + cpu.system) / 1_000_000,
  }
}
