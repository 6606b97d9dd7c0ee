import { createRestore } from '../create-restore.ts'
import type { RestoreOptions } from '../restore-options.ts'
import type { RestoreReceipt } from '../restore-receipt.ts'
import { type Fate, MortalProcess } from './mortal-process.ts'
import { RECORDS_BEFORE, type RestoreScenario, restoreScenario } from './restore-scenario.ts'
import { restoreFaults } from './restored-state.ts'

export const RESTORE_ID = 'r1'
const MOST_RUNS = 5

export type BeforeCall = (api: string) => Promise<void>

export interface ScenarioRun {
  readonly options?: Partial<RestoreOptions> | undefined
  readonly beforeCall?: BeforeCall | undefined
  readonly signal?: AbortSignal | undefined
}

/** Lets one process run the restore of a scenario, perhaps to its death; the same restore in each. */
export function runIn(
  process: MortalProcess,
  scenario: RestoreScenario,
  { options = {}, beforeCall, signal }: ScenarioRun = {},
): Promise<RestoreReceipt> {
  return createRestore({
    ...scenario.options,
    storage: process.store(scenario.store),
    target: process.cluster(scenario.target, beforeCall),
    environment: process.environment,
    newRestoreId: RESTORE_ID,
    ...options,
  }).run({ signal })
}

/** The receipt, or what the run was rejected with. */
export function outcomeOf(run: Promise<RestoreReceipt>): Promise<unknown> {
  return run.catch((error: unknown) => error)
}

/** Whether a run has ended with a receipt, or with the answer to a restore that is finished already. */
export function isDone(outcome: unknown): boolean {
  if (typeof outcome !== 'object' || outcome === null) return false
  return 'code' in outcome ? outcome.code === 'KB_RESTORE_MISMATCH' : 'restoreId' in outcome
}

/** The code of what a run was rejected with; `done` for a receipt. */
export function codeOf(outcome: unknown): unknown {
  if (isDone(outcome)) return 'done'
  return typeof outcome === 'object' && outcome !== null && 'code' in outcome ? outcome.code : outcome
}

/** Runs the restore again until it has succeeded, or says that it had. */
export function runUntilDone(scenario: RestoreScenario, run: ScenarioRun = {}): Promise<void> {
  return untilDone((process) => runIn(process, scenario, run))
}

/** Runs a restore in one process after the other until it has succeeded, or says that it had. */
export async function untilDone(run: (process: MortalProcess) => Promise<RestoreReceipt>): Promise<void> {
  for (let attempt = 1; attempt <= MOST_RUNS; attempt++) {
    const outcome = await outcomeOf(run(new MortalProcess(undefined, attempt)))
    if (isDone(outcome)) return
    // A write of the dead process has landed in its journal after this one had read it: that is told, and tried again.
    if (codeOf(outcome) !== 'KB_RESTORE_FENCED') throw outcome
  }
  throw new Error('the restore does not come to its end')
}

/** All that is wrong with the target, the stored offset map and the group, as sentences. */
export function faultsOf(scenario: RestoreScenario, restoreId = RESTORE_ID): Promise<readonly string[]> {
  const targetStart = scenario.options.existingTopics === 'append' ? BigInt(RECORDS_BEFORE) : 0n
  return restoreFaults(scenario, { restoreId, targetStart })
}

export interface StruckScenario {
  readonly scenario: RestoreScenario
  readonly process: MortalProcess
  /** How the process ends: soon where it was killed, when it is woken where it was stopped. */
  readonly outcome: Promise<unknown>
  readonly call: number
}

/** A new scenario for each call of a restore, with a process that met its fate there; ends when the restore has no more. */
export async function* struckAtEachCall(
  fateAt: (call: number) => Fate,
  { isAppend = false, every = 1 }: { readonly isAppend?: boolean; readonly every?: number } = {},
): AsyncGenerator<StruckScenario> {
  for (let call = 1; ; call += every) {
    const scenario = await restoreScenario({ isAppend })
    const process = new MortalProcess(fateAt(call))
    const outcome = outcomeOf(runIn(process, scenario))
    await Promise.race([outcome, struck(process)])
    if (!process.isStruck) return
    yield { scenario, process, outcome, call }
  }
}

async function struck(process: MortalProcess): Promise<void> {
  while (!process.isStruck) await new Promise((resolve) => setTimeout(resolve, 1))
}
