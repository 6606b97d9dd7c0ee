import type { CrashJob } from './crash-job.ts'
import type { TopicContent } from './crash-topic.ts'
import { type JobEnd, JobProcess, type RequestMoment } from './job-process.ts'

/** Numbers in [0, 1) that follow from a seed. */
export type Random = () => number

/** How a series of kills went. */
export interface KillTally {
  /** Kills that struck while a request was in flight; only they count. */
  kills: number
  /** Processes that had nothing in flight when they were killed. */
  missed: number
  /** Jobs that came to their end. */
  rounds: number
  /** Jobs that gave up by themselves, by the code of their error. */
  readonly gaveUp: Record<string, number>
  /** How often a request of that name was in flight at a kill. */
  readonly inFlight: Record<string, number>
  /** Records that were compared with what a Java consumer reads, over all rounds; and what was found to differ. */
  recordsCompared: number
  differences: number
}

export function newTally(): KillTally {
  return { kills: 0, missed: 0, rounds: 0, gaveUp: {}, inFlight: {}, recordsCompared: 0, differences: 0 }
}

export interface KillSeries {
  readonly tally: KillTally
  /** Kills in flight after which the job is left alone; asked for anew before each. */
  readonly killsWanted: () => number
  readonly nextMoment: () => RequestMoment
  /** Is called before each process is started. */
  readonly beforeStart?: () => void
  /** Codes of errors with which a process may give up, because brokers are away; it is started again as after a kill. */
  readonly mayGiveUp?: readonly string[]
  /** Looks at what a kill has left. */
  readonly afterKill?: () => Promise<void>
}

/**
 * Runs a job in one process after the other, and kills each with a request in flight, until one comes to its end.
 *
 * @throws Error where a process ends otherwise than by being killed, with success, or as it may, or prints a warning.
 */
export async function runUntilDone(job: CrashJob, series: KillSeries): Promise<Record<string, string | number>> {
  const { tally, killsWanted, nextMoment } = series
  for (;;) {
    series.beforeStart?.()
    const process = await JobProcess.start(job)
    if (tally.kills < killsWanted() && (await process.until(nextMoment()))) process.signal('SIGKILL')
    const end = await process.ended
    if (end.stderr !== '') throw new Error(`the process printed ${end.stderr}`)
    if (end.outcome !== undefined && !gaveUp(end, series)) {
      tally.rounds += 1
      return doneOf(end)
    }
    note(end, tally)
    await series.afterKill?.()
  }
}

function doneOf({ outcome }: JobEnd): Record<string, string | number> {
  if (outcome !== undefined && 'done' in outcome) return outcome.done
  throw new Error(`the process failed: ${outcome === undefined ? 'it said nothing' : outcome.message}`)
}

function gaveUp({ outcome }: JobEnd, { mayGiveUp = [] }: KillSeries): boolean {
  return outcome !== undefined && 'failed' in outcome && mayGiveUp.includes(outcome.failed)
}

function note({ inFlight, wasKilled, outcome }: JobEnd, tally: KillTally): void {
  if (outcome !== undefined && 'failed' in outcome) {
    tally.gaveUp[outcome.failed] = (tally.gaveUp[outcome.failed] ?? 0) + 1
    return
  }
  if (!wasKilled) throw new Error('the process ended by itself and said nothing')
  const names = Object.keys(inFlight)
  if (names.length === 0) tally.missed += 1
  else tally.kills += 1
  for (const name of names) tally.inFlight[name] = (tally.inFlight[name] ?? 0) + 1
}

/** Takes down what a comparison found. */
export function noteComparison(tally: KillTally, content: TopicContent, faults: readonly string[]): void {
  for (const records of content.values()) tally.recordsCompared += records.length
  tally.differences += faults.length
}

/** One of the items, each as likely. */
export function pick<Item>(random: Random, items: readonly [Item, ...Item[]]): Item {
  return items[Math.floor(random() * items.length)] ?? items[0]
}
