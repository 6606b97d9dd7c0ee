import { KbackupError } from '../errors/kbackup-error.ts'
import type { KafkaCluster } from '../kafka/kafka-cluster.ts'
import { mapConcurrently } from '../memory/map-concurrently.ts'
import { ABSENT, readGroupPositions, samePosition } from '../offsets/group-position-exchange.ts'
import type { GroupReset } from '../offsets/group-reset.ts'
import { rollBackGroups } from '../offsets/group-rollback.ts'
import type { GroupClaim } from './group-claim.ts'
import type { ResetBegin, ResetGroupEnd, ResetGroupEntry } from './reset-entries.ts'
import { type ResetWriting, unfinishedResets, writeResetEnd } from './reset-journal.ts'

export interface RecoveryOptions extends ResetWriting {
  readonly cluster: KafkaCluster
  readonly clusterId: string
  readonly claim: GroupClaim
  readonly concurrency: number
}

/** What became of a reset that an earlier process had begun and not ended. */
export interface RecoveredReset {
  readonly resetId: string
  /** `finished`: all groups stood where they were to stand. `undone`: they were given back what they had. */
  readonly outcome: 'finished' | 'undone'
  readonly groups: readonly ResetGroupEnd[]
}

/**
 * Brings resets of this cluster to their end that were cut short: where each group stands as it was to stand, nothing is
 * left to do; otherwise all are given back what they had. Groups that were moved since, or have members, are left.
 */
export async function recoverResets(options: RecoveryOptions): Promise<readonly RecoveredReset[]> {
  const unfinished = await unfinishedResets(options, options.signal)
  const recovered: RecoveredReset[] = []
  // The newest first: it began where the one before it had left the groups.
  for (const begin of unfinished.toReversed()) {
    if (begin.clusterId === options.clusterId) recovered.push(await recover(begin, options))
  }
  return recovered
}

async function recover(begin: ResetBegin, options: RecoveryOptions): Promise<RecoveredReset> {
  const { resetId } = begin
  const isDone = await standsAsWanted(begin, options)
  const groups = isDone ? begin.groups.map(asReset) : await undo(begin, options)
  const unknown = groups.filter(({ outcome }) => outcome === 'rollback-failed')
  // Without an end the next run tries it again.
  if (unknown.length > 0) throw notUndone(resetId, unknown)
  await writeResetEnd(options, resetId, { format: 1, endedAtMs: BigInt(options.environment.nowMs()), groups })
  return { resetId, outcome: isDone ? 'finished' : 'undone', groups }
}

async function standsAsWanted({ groups }: ResetBegin, options: RecoveryOptions): Promise<boolean> {
  const { cluster, concurrency, signal } = options
  const stands = await mapConcurrently(groups, { concurrency, signal }, async ({ groupId, wanted }, context) => {
    const found = await readGroupPositions(cluster, { groupId, partitions: wanted }, context)
    return found.every((each, index) => samePosition(each, wanted[index]))
  })
  return stands.every((stand) => stand)
}

async function undo({ groups }: ResetBegin, options: RecoveryOptions): Promise<readonly ResetGroupEnd[]> {
  const { cluster, claim, concurrency, signal } = options
  const rollbacks = groups.map((entry) => ({ set: setOf(entry), before: entry.before }))
  const reports = await rollBackGroups({
    cluster,
    groups: rollbacks,
    assertHeld: claim.assertHeld,
    concurrency,
    signal,
  })
  signal?.throwIfAborted()
  return reports
}

function setOf({ groupId, wanted }: ResetGroupEntry): GroupReset {
  return {
    groupId,
    positions: wanted.filter(({ offset }) => offset !== ABSENT),
    absent: wanted.filter(({ offset }) => offset === ABSENT),
  }
}

function notUndone(resetId: string, groups: readonly ResetGroupEnd[]): KbackupError {
  const named = groups.map(({ groupId, reason }) => `${groupId} (${reason})`).join(', ')
  return new KbackupError('KB_GROUP_RESET_FAILED', {
    message: `the reset ${resetId}, which was cut short, could not be undone for ${named}; nothing else was changed`,
    hint: 'look at the coordinators of these groups, and run the same again',
    details: { resetId, groups: groups.map(({ groupId }) => groupId) },
  })
}

function asReset({ groupId }: ResetGroupEntry): ResetGroupEnd {
  return { groupId, outcome: 'reset', reason: null }
}
