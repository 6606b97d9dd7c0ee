import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setTimeout as sleepMs } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { builtProgram } from '../process/built-program.ts'
import { guardWithParent } from '../process/parent-guard.ts'
import { type CrashJob, type JobLine, readJobLine } from './crash-job.ts'

const PROGRAM = fileURLToPath(new URL('./run-job.ts', import.meta.url))

/** The moment at which something happens to a process: when the nth request of that name has begun, and a little later. */
export interface RequestMoment {
  readonly request: string
  readonly nth: number
  readonly delayMs: number
}

/** How a process ended. */
export interface JobEnd {
  readonly wasKilled: boolean
  /** Names and numbers of the requests that had begun and not ended. */
  readonly inFlight: Readonly<Record<string, number>>
  /** What it said at its end, unless it was killed before. */
  readonly outcome: Extract<JobLine, { done: unknown }> | Extract<JobLine, { failed: string }> | undefined
  /** Warnings of the runtime, and what else it printed there. */
  readonly stderr: string
}

/** A backup or a restore in a process of its own. */
export class JobProcess {
  readonly ended: Promise<JobEnd>
  readonly #child: ChildProcessWithoutNullStreams
  readonly #begun = new Map<string, number>()
  readonly #inFlight = new Map<string, number>()
  #moment: (RequestMoment & { readonly reached: () => void }) | undefined
  #outcome: JobEnd['outcome']

  private constructor(program: string, job: CrashJob) {
    this.#child = spawn(process.execPath, [program, JSON.stringify(job)])
    if (this.#child.pid !== undefined) this.#child.once('exit', guardWithParent({ kill: this.#child.pid }))
    this.ended = this.#follow()
  }

  static async start(job: CrashJob): Promise<JobProcess> {
    return new JobProcess(await builtProgram(PROGRAM), job)
  }

  /** Resolves to whether the moment came before the process ended. */
  async until({ request, nth, delayMs }: RequestMoment): Promise<boolean> {
    const reached = new Promise<boolean>((resolve) => {
      this.#moment = { request, nth, delayMs, reached: () => resolve(true) }
    })
    const came = await Promise.race([reached, this.ended.then(() => false)])
    if (came && delayMs > 0) await sleepMs(delayMs)
    return came
  }

  /** How many requests of that name are in flight, as far as it has told. */
  inFlight(name: string): number {
    return this.#inFlight.get(name) ?? 0
  }

  /** Lets a job go on that awaits it. */
  go(): void {
    this.#child.stdin.end()
  }

  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    this.#child.kill(signal)
  }

  async #follow(): Promise<JobEnd> {
    const closed = once(this.#child, 'close')
    const [stderr] = await Promise.all([textOf(this.#child.stderr), this.#readLines(), closed])
    const inFlight = Object.fromEntries([...this.#inFlight].filter(([, count]) => count > 0))
    return { wasKilled: this.#child.signalCode === 'SIGKILL', inFlight, outcome: this.#outcome, stderr }
  }

  async #readLines(): Promise<void> {
    for await (const line of createInterface({ input: this.#child.stdout })) this.#take(readJobLine(line))
  }

  #take(line: JobLine): void {
    if ('begins' in line) this.#begin(line.begins)
    else if ('ends' in line) add(this.#inFlight, line.ends, -1)
    else this.#outcome = line
  }

  #begin(name: string): void {
    add(this.#inFlight, name, 1)
    const moment = this.#moment
    if (add(this.#begun, name, 1) === moment?.nth && name === moment.request) moment.reached()
  }
}

/** `done`, or the code of the error with which a process ended. */
export function outcomeCode({ outcome, stderr }: JobEnd): string {
  if (outcome === undefined) return `nothing said; ${stderr}`
  return 'done' in outcome ? 'done' : outcome.failed
}

function add(counts: Map<string, number>, name: string, change: number): number {
  const count = (counts.get(name) ?? 0) + change
  counts.set(name, count)
  return count
}

async function textOf(stream: Readable): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString()
}
