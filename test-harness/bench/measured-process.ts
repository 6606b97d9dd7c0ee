import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { guardWithParent } from '../src/process/parent-guard.ts'
import { childrenCpuSeconds, peakRssMiB } from './process-figures.ts'

/** A command that is measured from outside. */
export interface MeasuredCommand {
  readonly command: string
  readonly args: readonly string[]
  /** Whether what it prints is worth keeping; records that a tool prints are not. */
  readonly keepsOutput: boolean
}

/** What a process took, over its whole life. */
export interface ProcessFigures {
  readonly wallSeconds: number
  /** User and system time; undefined where the system has no /proc. */
  readonly cpuSeconds: number | undefined
  readonly peakRssMiB: number | undefined
  readonly stdout: string
}

const SAMPLE_MS = 20

/** Runs a command to its end; one at a time, since its CPU time is that of all children that ended meanwhile. */
export async function measuredProcess({ command, args, keepsOutput }: MeasuredCommand): Promise<ProcessFigures> {
  const cpuBefore = await childrenCpuSeconds()
  const startedAt = performance.now()
  const child = spawn(command, args, { stdio: ['ignore', keepsOutput ? 'pipe' : 'ignore', 'pipe'] })
  await once(child, 'spawn')
  const pid = child.pid ?? -1
  const release = guardWithParent({ kill: pid })
  const closed = once(child, 'close')
  const peak = watchedPeak(pid)
  const [stdout, stderr] = await Promise.all([textOf(child.stdout), textOf(child.stderr), closed])
  const wallSeconds = (performance.now() - startedAt) / 1000
  const cpuAfter = await childrenCpuSeconds()
  release()
  if (child.exitCode !== 0) throw new Error(failure(command, args, stderr || stdout))
  const cpuSeconds = cpuBefore === undefined || cpuAfter === undefined ? undefined : cpuAfter - cpuBefore
  return { wallSeconds, cpuSeconds, peakRssMiB: peak(), stdout }
}

/** Looks at the high-water mark of the process now and then; the last look is near its end. */
function watchedPeak(pid: number): () => number | undefined {
  let peak: number | undefined
  const look = async () => {
    peak = (await readFile(`/proc/${pid}/status`, 'utf8').then(peakRssMiB, () => undefined)) ?? peak
  }
  const timer = setInterval(() => void look(), SAMPLE_MS)
  return () => {
    clearInterval(timer)
    return peak
  }
}

async function textOf(stream: Readable | null): Promise<string> {
  return stream === null ? '' : text(stream)
}

function failure(command: string, args: readonly string[], output: string): string {
  return `${command} ${args.join(' ').slice(0, 300)} failed:\n${output.slice(-4_000)}`
}
