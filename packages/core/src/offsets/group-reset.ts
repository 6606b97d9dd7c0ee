import { KbackupError } from '../errors/kbackup-error.ts'
import type { CallOptions, KafkaCluster } from '../kafka/kafka-cluster.ts'
import type { GroupOffset, GroupOffsets } from '../kafka/kafka-groups.ts'
import { partitionName, type TopicPartition } from '../kafka/topic-partition.ts'
import { mapConcurrently } from '../memory/map-concurrently.ts'
import type { GroupBefore } from '../restore/journal-entries.ts'
import { inCommitOrder } from './commit-order.ts'
import { type GroupLook, lookAtGroups } from './group-look.ts'
import { assertChanged, changeOf, changePositions, positionsIn, wantedPositions } from './group-position-exchange.ts'
import { assertResettable } from './group-reset-check.ts'
import { resetError, resetReport } from './group-reset-report.ts'
import { rollBackGroups } from './group-rollback.ts'

/** The position that a group is to have in one target partition. */
export type GroupResetPosition = TopicPartition & Pick<GroupOffset, 'offset' | 'metadata'>

/** One group and all positions that it is to have; positions elsewhere stay as they are. */
export interface GroupReset {
  readonly groupId: string
  readonly positions: readonly GroupResetPosition[]
  /** Partitions in which it is to have no position; none where absent. */
  readonly absent?: readonly TopicPartition[] | undefined
}

/** How {@link resetGroups} goes about it. */
export interface GroupResetOptions extends CallOptions {
  readonly cluster: KafkaCluster
  readonly groups: readonly GroupReset[]
  /** Keeps what stood there for good; nothing is changed before it resolves. Called at most once. */
  readonly recordBefore: (before: readonly GroupBefore[]) => Promise<void>
  /** What was just seen of the groups, all of them; they are looked at where it is absent. */
  readonly look?: GroupLook | undefined
  /** What was recorded for these groups by a run before this one, which was cut short; it is not read again. */
  readonly recorded?: readonly GroupBefore[] | undefined
  /** Called before each group is changed; where it rejects, so does the reset, and nothing more is changed or rolled back. */
  readonly assertHeld?: (() => Promise<void>) | undefined
  /** Groups at the same time; 50 where absent. */
  readonly concurrency?: number | undefined
  /** How long rolling back may take, also after the signal was aborted; 60,000 where absent. */
  readonly rollbackTimeoutMs?: number | undefined
}

/**
 * What became of a group.
 *
 * - `reset`: all its positions were written and read back.
 * - `untouched`: nothing was written, because another group had failed.
 * - `rolled-back`: it has again what it had before, absence included.
 * - `rollback-refused`: it has gained members, or somebody else has moved it since; it was left as it is.
 * - `rollback-failed`: what it has now is not known.
 */
export type GroupResetOutcome = 'reset' | 'untouched' | 'rolled-back' | 'rollback-refused' | 'rollback-failed'

export interface GroupPositionReport extends TopicPartition {
  /** `null`: the group had no position there. */
  readonly before: bigint | null
  /** Where it was to be set, and, for `reset`, where it was read back; `null`: it was to have none. */
  readonly position: bigint | null
}

export interface GroupResetReport {
  readonly groupId: string
  readonly outcome: GroupResetOutcome
  /** Why it was not reset, or not rolled back, if it was that group which failed. */
  readonly reason: string | null
  readonly positions: readonly GroupPositionReport[]
}

export interface GroupsResetReport {
  /** In the order of the request. */
  readonly groups: readonly GroupResetReport[]
  /** `KB_GROUP_RESET_FAILED` unless all groups were reset. */
  readonly error: KbackupError | null
}

const DEFAULT_CONCURRENCY = 50
const DEFAULT_ROLLBACK_TIMEOUT_MS = 60_000

/**
 * Sets groups to positions: each group with one commit, all of them or none.
 *
 * Everything is checked first, because brokers accept negative positions and such beyond the end. What stood there is
 * recorded before the first change. If one group fails, no further one is begun and those that were changed are rolled
 * back; a group that has gained members meanwhile refuses that, and is reported, not forced.
 *
 * @throws KbackupError `KB_GROUP_RESET_FAILED` where a check fails; nothing was changed then. A group that fails later
 * is in the report. The signal's reason where it was aborted, after the groups were rolled back.
 */
export async function resetGroups(options: GroupResetOptions): Promise<GroupsResetReport> {
  const { cluster, groups, signal } = options
  const look = options.look ?? (await lookAtGroups(cluster, groups, { signal }))
  assertResettable(groups, look)
  const before = await recordedBefore(options, look)
  const attempts = new Attempts()
  try {
    await setAll(options, look, attempts)
  } catch (error) {
    if (signal?.aborted) await rollBack(options, before, attempts)
    throw error
  }
  const rollbacks = attempts.failed ? await rollBack(options, before, attempts) : []
  const report = resetReport({ groups, before, failures: attempts.failures, rollbacks })
  return { groups: report, error: resetError(report) }
}

/** What is known of the attempts: which groups may have been changed, and why which failed. */
class Attempts {
  readonly begun = new Set<string>()
  readonly failures = new Map<string, string>()

  get failed(): boolean {
    return this.failures.size > 0
  }

  fail({ groupId }: GroupReset, error: unknown): void {
    this.failures.set(groupId, error instanceof Error ? error.message : String(error))
  }
}

async function recordedBefore(options: GroupResetOptions, look: GroupLook): Promise<ReadonlyMap<string, GroupBefore>> {
  const known = new Map((options.recorded ?? []).map((group) => [group.groupId, group]))
  for (const group of options.groups) if (known.has(group.groupId)) beforeOf(group, known.get(group.groupId))
  const unknown = options.groups.filter(({ groupId }) => !known.has(groupId))
  const found = unknown.map((group): GroupBefore => {
    const { groupId } = group
    return { groupId, offsets: positionsIn({ groupId, partitions: wantedPositions(group) }, look.offsets.get(groupId)) }
  })
  if (found.length > 0) await options.recordBefore(found)
  options.signal?.throwIfAborted()
  for (const group of found) known.set(group.groupId, group)
  return known
}

/** What stood where a group is to be changed, in the order of {@link wantedPositions}. */
function beforeOf(group: GroupReset, before: GroupBefore | undefined): readonly GroupOffset[] {
  const { groupId } = group
  const known = new Map((before?.offsets ?? []).map((offset) => [partitionName(offset), offset]))
  return wantedPositions(group).map((position) => {
    const offset = known.get(partitionName(position))
    if (offset !== undefined) return offset
    throw new KbackupError('KB_RESTORE_MISMATCH', {
      message: `it was not recorded what group ${groupId} had in ${partitionName(position)} before it was first changed`,
      hint: 'undo the restore that was cut short, or go on with it as it was begun',
      details: { groupId, topic: position.topic, partition: position.partition },
    })
  })
}

/**
 * Changes groups, and reads back with one call as many as may be worked on at once, while others are being changed.
 *
 * A failed group lets those under way come to their end, so that as little as possible is unknown when rolling back.
 */
async function setAll(options: GroupResetOptions, { offsetsLeaders }: GroupLook, attempts: Attempts): Promise<void> {
  const { signal, concurrency = DEFAULT_CONCURRENCY } = options
  const groups = concurrency === 1 ? options.groups : inCommitOrder(options.groups, offsetsLeaders)
  const changed: GroupReset[] = []
  await mapConcurrently(groups, { concurrency, signal }, async (group, context) => {
    if (attempts.failed) return
    await options.assertHeld?.()
    if (await isChanged(options, group, { attempts, ...context })) changed.push(group)
    if (changed.length >= concurrency) await readBack(options, changed.splice(0), { attempts, ...context })
  })
  if (changed.length > 0 && !attempts.failed) await readBack(options, changed, { attempts, signal })
}

interface AttemptContext extends CallOptions {
  readonly attempts: Attempts
}

async function isChanged(
  { cluster, signal: asked }: GroupResetOptions,
  group: GroupReset,
  { attempts, signal }: AttemptContext,
): Promise<boolean> {
  attempts.begun.add(group.groupId)
  try {
    await changePositions(cluster, changeOf(group), { signal })
    return true
  } catch (error) {
    asked?.throwIfAborted()
    attempts.fail(group, error)
    return false
  }
}

async function readBack(
  { cluster, signal: asked }: GroupResetOptions,
  groups: readonly GroupReset[],
  { attempts, signal }: AttemptContext,
): Promise<void> {
  try {
    const groupIds = groups.map(({ groupId }) => groupId)
    const found = await cluster.fetchGroupOffsets(groupIds, { signal })
    const byId = new Map(found.map((each) => [each.groupId, each]))
    for (const group of groups) compare(group, byId.get(group.groupId), attempts)
  } catch (error) {
    asked?.throwIfAborted()
    for (const group of groups) attempts.fail(group, error)
  }
}

function compare(group: GroupReset, found: GroupOffsets | undefined, attempts: Attempts): void {
  try {
    assertChanged(changeOf(group), found)
  } catch (error) {
    attempts.fail(group, error)
  }
}

function rollBack(options: GroupResetOptions, before: ReadonlyMap<string, GroupBefore>, attempts: Attempts) {
  const { cluster, assertHeld, concurrency, rollbackTimeoutMs = DEFAULT_ROLLBACK_TIMEOUT_MS } = options
  const begun = options.groups.filter(({ groupId }) => attempts.begun.has(groupId))
  const groups = begun.map((set) => ({ set, before: beforeOf(set, before.get(set.groupId)) }))
  return rollBackGroups({ cluster, groups, assertHeld, concurrency, signal: AbortSignal.timeout(rollbackTimeoutMs) })
}
