import { readFile } from 'node:fs/promises'

/** What Linux counts CPU time in, for programs; the same on every machine of today. */
const TICKS_PER_SECOND = 100

/** Places in /proc/<pid>/stat behind the command's name (proc(5), fields 14 to 17 less the first two). */
const OWN_CPU = [11, 12]
const CHILDREN_CPU = [13, 14]

/** User and system time of a running process so far; undefined where it cannot be known. */
export function processCpuSeconds(pid: number): Promise<number | undefined> {
  return cpuSeconds(String(pid), OWN_CPU)
}

/** User and system time of all children of this process that have ended. */
export function childrenCpuSeconds(): Promise<number | undefined> {
  return cpuSeconds('self', CHILDREN_CPU)
}

/** The greatest resident set so far, from the text of /proc/<pid>/status. */
export function peakRssMiB(status: string): number | undefined {
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]
  return kibibytes === undefined ? undefined : Number(kibibytes) / 1024
}

async function cpuSeconds(process: string, places: readonly number[]): Promise<number | undefined> {
  const stat = await readFile(`/proc/${process}/stat`, 'utf8').catch(() => undefined)
  if (stat === undefined) return undefined
  // The name may hold blanks and parentheses; nothing behind it does.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return places.reduce((sum, place) => sum + Number(fields[place]), 0) / TICKS_PER_SECOND
}
