import { type Environment, systemEnvironment } from '../archive/environment.ts'
import { assertOptions } from '../config/assert-options.ts'
import { CALL_OPTIONS, RUN_OPTIONS } from '../config/common-options.ts'
import { type OptionKind, optionKinds } from '../config/option-kinds.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import { EventStream } from '../events/event-stream.ts'
import type { EventListener, RestoreEvent, RunOutcome } from '../events/run-event.ts'
import type { CallOptions } from '../kafka/kafka-cluster.ts'
import { ownSignal } from '../memory/own-signal.ts'
import { retryingBlobStore } from '../storage/retrying-blob-store.ts'
import { assertOwnCheckpoint } from './checkpoint/own-checkpoint.ts'
import { remediesText } from './hazards/remedy.ts'
import { endedMeanwhile, planBlocked } from './restore-failure.ts'
import { RESTORE_OPTIONS, type RestoreOptions } from './restore-options.ts'
import type { RestorePlan } from './restore-plan.ts'
import { planRestore } from './restore-planner.ts'
import type { RestoreReceipt } from './restore-receipt.ts'
import { type RestoreRequest, readRestoreOptions } from './restore-request.ts'
import { runRestore } from './restore-run.ts'
import { openSession } from './restore-session.ts'
import { RestoreTally } from './restore-tally.ts'
import { type RestoreVerification, verifyRestore } from './verification/verify-restore.ts'

/** What a run of a restore takes. */
export interface RunRestoreOptions extends CallOptions {
  /** A plan that was looked at: its commit is restored, though the archive may have grown since. */
  readonly plan?: RestorePlan | undefined
  /** Is called with every event, in order; it should be quick, and what it throws is ignored. */
  readonly onEvent?: EventListener<RestoreEvent> | undefined
}

const RUN_RESTORE_OPTIONS = {
  ...RUN_OPTIONS,
  plan: optionKinds.record,
} satisfies Record<keyof RunRestoreOptions, OptionKind>

/** A restore that can be planned and run. */
export interface Restore extends AsyncDisposable {
  /**
   * Says what a run would do, and what is dangerous about it, without writing anything.
   *
   * @throws KbackupError `KB_ARCHIVE_NOT_FOUND`, `KB_TOPIC_NOT_FOUND`, `KB_NO_TOPICS_MATCHED`, `KB_GROUP_NOT_FOUND`, and what
   * target and store may answer
   */
  plan(options?: CallOptions): Promise<RestorePlan>
  /**
   * Restores, exactly once however often it is killed and run again: an unfinished restore with the same selection,
   * window, mapping and target goes on where it stands.
   *
   * @throws KbackupError `KB_TARGET_NOT_EMPTY` and `KB_PLAN_BLOCKED` where the plan has blockers, before anything is
   * written; `KB_ARCHIVE_DAMAGED` rather than a wrong record; `KB_RESTORE_FENCED` where another process goes on with it;
   * `KB_RESTORE_UNVERIFIED` where the target did not keep what was restored; `KB_GROUP_RESET_FAILED` where groups could not
   * be set: the records are restored then, and the groups are as they were.
   */
  run(options?: RunRestoreOptions): Promise<RestoreReceipt>
  /**
   * Reads back what a restore of the archive wrote, at any later time, and compares it with the archive, as deep as `verify`
   * of the options says. All else that it was told is in its journal, but for code: a transform, or a partitioner, has to be
   * given. What is found is put into the archive beside the journal, where that may be written to.
   *
   * @throws KbackupError `KB_RESTORE_NOT_FOUND`, `KB_RESTORE_MISMATCH` where it is unfinished, went to another cluster, or
   * was begun with other code; `KB_RESTORE_UNVERIFIED` with the first record that differs
   */
  verify(restoreId: string, options?: CallOptions): Promise<RestoreVerification>
  /** Closes the target. */
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Makes a restore of an archive into a cluster; nothing is read or written before `plan` or `run`.
 *
 * @example
 * ```ts
 * import { createRestore } from '@kbackup/core'
 * import { kafka } from '@kbackup/kafka-io'
 * import { fs } from '@kbackup/storage-fs'
 *
 * await using restore = createRestore({
 *   storage: fs({ directory: './backups' }),
 *   backupId: 'payments',
 *   target: kafka({ brokers: ['localhost:9092'] }),
 *   window: { end: '2026-11-20T14:29:59.999Z' },
 *   rename: (topic) => `restored.${topic}`,
 *   groups: ['payment-processor'],
 * })
 * const plan = await restore.plan()
 * if (plan.blockers.length === 0) await restore.run({ plan })
 * ```
 */
export function createRestore(options: RestoreOptions): Restore {
  assertOptions('createRestore', options, RESTORE_OPTIONS)
  const request = readRestoreOptions(options)
  const environment = options.environment ?? systemEnvironment
  const store = retryingBlobStore(options.storage, { sleep: environment.sleep, random: environment.random })
  const parts = { store, cluster: options.target, environment }
  return {
    async plan(call = {}) {
      assertOptions('plan', call, CALL_OPTIONS)
      const { signal } = call
      signal?.throwIfAborted()
      const session = await openSession({ ...parts, request, signal })
      await assertOwnCheckpoint(session, { store, request, signal })
      return (await planRestore(session, { ...parts, request, signal, checksRights: true })).plan
    },
    async run(runOptions = {}) {
      assertOptions('run', runOptions, RUN_RESTORE_OPTIONS)
      return runObserved({ ...parts, request: pinnedTo(request, runOptions.plan) }, runOptions)
    },
    async verify(restoreId, call = {}) {
      assertOptions('verify', call, CALL_OPTIONS)
      call.signal?.throwIfAborted()
      const signal = ownSignal(call.signal ?? new AbortController().signal)
      return verifyRestore({ ...parts, request, restoreId, signal })
    },
    [Symbol.asyncDispose]: () => options.target.close(),
  }
}

function pinnedTo(request: RestoreRequest, plan: RestorePlan | undefined): RestoreRequest {
  if (plan === undefined || request.commit !== null) return request
  return { ...request, commit: plan.commit }
}

type RunParts = Parameters<typeof openSession>[0] & { readonly environment: Environment }

async function runObserved(parts: Omit<RunParts, 'signal'>, options: RunRestoreOptions): Promise<RestoreReceipt> {
  options.signal?.throwIfAborted()
  const signal = ownSignal(options.signal)
  const events = new EventStream<RestoreEvent>({ onEvent: options.onEvent })
  const emit = (event: RestoreEvent) => events.emit(event)
  const tally = new RestoreTally({ emit, nowMs: parts.environment.nowMs })
  const end = (outcome: RunOutcome, error?: unknown) => {
    const code = KbackupError.is(error) ? error.code : undefined
    emit({ type: 'run-end', run: 'restore', outcome, durationMs: tally.elapsedMs, code })
  }
  try {
    const receipt = await planAndRun({ ...parts, signal }, { emit, tally, shown: options.plan })
    end('completed')
    return receipt
  } catch (error) {
    end(signal.aborted ? 'aborted' : 'failed', error)
    throw signal.aborted ? signal.reason : error
  }
}

/** What was shown to go on must not begin anew because another process has ended it: its records would be written twice. */
function assertSameRestore({ resumes: shown }: RestorePlan, { resumes }: RestorePlan): void {
  if (shown !== null && shown !== resumes) throw endedMeanwhile(shown)
}

interface Observation {
  readonly emit: (event: RestoreEvent) => void
  readonly tally: RestoreTally
  /** The plan that was looked at. */
  readonly shown: RestorePlan | undefined
}

async function planAndRun(
  parts: Omit<RunParts, 'signal'> & { readonly signal: AbortSignal },
  { emit, tally, shown }: Observation,
): Promise<RestoreReceipt> {
  const session = await openSession(parts)
  await assertOwnCheckpoint(session, parts)
  const planned = await planRestore(session, { ...parts, checksRights: false })
  const { plan, topics } = planned
  if (shown !== undefined) assertSameRestore(shown, plan)
  const { backupId } = plan
  emit({
    type: 'run-start',
    run: 'restore',
    backupId,
    topicCount: topics.length,
    partitionCount: plan.partitions.length,
  })
  for (const { code, blocks, message, remedies, details } of plan.hazards) {
    emit({ type: 'hazard', code, blocks, message, hint: remediesText(remedies), remedies, details })
  }
  for (const message of plan.notes) emit({ type: 'note', message })
  if (plan.blockers.length > 0) throw planBlocked(plan)
  return runRestore({ ...parts, session, planned, emit, tally })
}
