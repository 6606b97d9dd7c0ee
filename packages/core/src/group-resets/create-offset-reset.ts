import { type Environment, systemEnvironment } from '../archive/environment.ts'
import { assertOptions } from '../config/assert-options.ts'
import { CALL_OPTIONS, RUN_OPTIONS } from '../config/common-options.ts'
import { instantToMs } from '../config/instant.ts'
import type { CallOptions, KafkaCluster } from '../kafka/kafka-cluster.ts'
import type { GroupDescription } from '../kafka/kafka-groups.ts'
import { memberText } from '../restore/hazards/active-groups.ts'
import type { BlobStore } from '../storage/blob-store.ts'
import { retryingBlobStore } from '../storage/retrying-blob-store.ts'
import { claimGroups } from './group-claim.ts'
import { type JournaledReset, runJournaledReset } from './journaled-reset.ts'
import { type RecoveredReset, recoverResets } from './recover-resets.ts'
import { OFFSET_RESET_OPTIONS, type OffsetResetOptions, readMaxConcurrent } from './reset-options.ts'
import { makeResetResult, type OffsetResetPlan, type OffsetResetResult } from './reset-plan.ts'
import { type PlannedReset, planReset, type ResetPlanning } from './reset-planner.ts'

/** What a reset says while it runs. */
export type OffsetResetEvent =
  /** A reset that was cut short has been brought to its end. */
  | { readonly type: 'reset-recovered'; readonly reset: RecoveredReset }
  /** The reset goes on when the group has no members; said at once, and again while it waits. */
  | { readonly type: 'group-wait'; readonly groupId: string; readonly members: readonly string[] }

/** What a run of a reset takes. */
export interface RunOffsetResetOptions extends CallOptions {
  /** Is called with every event, in order; what it throws is ignored. */
  readonly onEvent?: ((event: OffsetResetEvent) => void) | undefined
}

/** A reset of consumer groups that can be planned and run. */
export interface OffsetReset extends AsyncDisposable {
  /**
   * Says where each group would be set, and what stands in the way, without writing anything.
   *
   * @throws KbackupError `KB_USAGE` where no restore into the cluster has ended, or none that is like `restored`; `KB_RESTORE_NOT_FOUND`,
   * `KB_RESTORE_MISMATCH`, `KB_GROUP_NOT_FOUND`, and what cluster and store may answer
   */
  plan(options?: CallOptions): Promise<OffsetResetPlan>
  /**
   * Sets all groups, or none: each with one commit, read back from its coordinator. What stood there, absence included, is
   * in the archive before the first change. A run that was killed is undone, or found to be finished, by the next one.
   *
   * @throws KbackupError as `plan`; `KB_GROUP_RESET_FAILED` where a group has members or a position cannot be (nothing was
   * changed), and where a group failed on the way (all were rolled back but those that `details.notRolledBack` names);
   * `KB_RESTORE_FENCED` where another process changes groups of the cluster, and has taken over what this one had begun
   */
  run(options?: RunOffsetResetOptions): Promise<OffsetResetResult>
  /** Closes the target. */
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Makes a reset of consumer groups to their archived positions, by the offset map of a restore that has ended; nothing is
 * read or written before `plan` or `run`.
 *
 * @example
 * ```ts
 * import { createOffsetReset } from '@kbackup/core'
 * import { kafka } from '@kbackup/kafka-io'
 * import { fs } from '@kbackup/storage-fs'
 *
 * await using reset = createOffsetReset({
 *   storage: fs({ directory: './backups' }),
 *   backupId: 'payments',
 *   target: kafka({ brokers: ['localhost:9092'] }),
 *   groups: ['payment-*'],
 *   waitUntilEmptyMs: 300_000,
 * })
 * const plan = await reset.plan()
 * if (plan.faults.length === 0) await reset.run()
 * ```
 */
export function createOffsetReset(options: OffsetResetOptions): OffsetReset {
  assertOptions('createOffsetReset', options, OFFSET_RESET_OPTIONS)
  const parts = readParts(options)
  return {
    async plan(call = {}) {
      assertOptions('plan', call, CALL_OPTIONS)
      return (await planReset(await planningOf(parts, call.signal))).plan
    },
    async run(run = {}) {
      assertOptions('run', run, RUN_OPTIONS)
      return runReset(parts, run)
    },
    [Symbol.asyncDispose]: () => options.target.close(),
  }
}

interface ResetParts {
  readonly store: BlobStore
  readonly cluster: KafkaCluster
  readonly environment: Environment
  readonly concurrency: number
  readonly waitMs: number
  readonly asked: Pick<ResetPlanning, 'backupId' | 'restoreId' | 'restored' | 'atMs' | 'groups'>
}

function readParts(options: OffsetResetOptions): ResetParts {
  const { storage, target, backupId, restoreId, restored, at, groups, environment = systemEnvironment } = options
  return {
    store: retryingBlobStore(storage, { sleep: environment.sleep, random: environment.random }),
    cluster: target,
    environment,
    concurrency: readMaxConcurrent(options.maxConcurrent),
    waitMs: options.waitUntilEmptyMs ?? 0,
    asked: { backupId, restoreId, restored, groups, atMs: at === undefined ? undefined : instantToMs(at, 'at') },
  }
}

async function planningOf(
  { store, cluster, asked }: ResetParts,
  signal: AbortSignal | undefined,
): Promise<ResetPlanning> {
  signal?.throwIfAborted()
  const { clusterId } = await cluster.describeCluster({ signal })
  return { ...asked, store, cluster, clusterId, signal }
}

async function runReset(parts: ResetParts, { signal, onEvent }: RunOffsetResetOptions): Promise<OffsetResetResult> {
  const startedAtMs = parts.environment.nowMs()
  const emit = quietly(onEvent)
  const planning = await planningOf(parts, signal)
  const claiming = { ...planning, environment: parts.environment, concurrency: parts.concurrency }
  const writing = { ...claiming, claim: await claimGroups(claiming) }
  const recovered = await recoverResets(writing)
  for (const reset of recovered) emit({ type: 'reset-recovered', reset })
  const planned = await planReset(planning)
  const done = await runJournaledReset({
    ...writing,
    groups: planned.resets,
    look: planned.look,
    origin: { kind: 'restore', id: planned.plan.restoreId },
    waitMs: parts.waitMs,
    onWait: (active) => announceWait(active, emit),
  })
  if (done.error !== null) throw done.error
  return resultOf(planned, done, { recovered, durationMs: parts.environment.nowMs() - startedAtMs })
}

function resultOf(
  { plan }: PlannedReset,
  { resetId, groups: reset }: JournaledReset,
  more: Pick<OffsetResetResult, 'recovered' | 'durationMs'>,
): OffsetResetResult {
  const set = new Map(reset.map(({ groupId, positions }) => [groupId, positions.length]))
  const groups = plan.groups.map(({ groupId }) => {
    const partitions = set.get(groupId)
    return partitions === undefined
      ? ({ groupId, outcome: 'nothing-to-set', partitions: 0 } as const)
      : ({ groupId, outcome: 'reset', partitions } as const)
  })
  return makeResetResult({ resetId, plan, groups, ...more })
}

type Emit = (event: OffsetResetEvent) => void

function announceWait(active: readonly GroupDescription[], emit: Emit): void {
  for (const { groupId, members } of active) emit({ type: 'group-wait', groupId, members: members.map(memberText) })
}

/** A listener that throws must not leave groups half-way. */
function quietly(onEvent: Emit | undefined): Emit {
  return (event) => {
    try {
      onEvent?.(event)
    } catch {}
  }
}
