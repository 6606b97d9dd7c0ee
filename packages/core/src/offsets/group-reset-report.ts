import { KbackupError } from '../errors/kbackup-error.ts'
import { partitionName } from '../kafka/topic-partition.ts'
import type { GroupBefore } from '../restore/journal-entries.ts'
import { ABSENT, wantedPositions } from './group-position-exchange.ts'
import type { GroupReset, GroupResetReport } from './group-reset.ts'
import type { GroupRollbackReport } from './group-rollback.ts'

/** What happened in a reset, group by group. */
export interface ResetFacts {
  readonly groups: readonly GroupReset[]
  readonly before: ReadonlyMap<string, GroupBefore>
  /** Why groups could not be set. */
  readonly failures: ReadonlyMap<string, string>
  readonly rollbacks: readonly GroupRollbackReport[]
}

export function resetReport({ groups, before, failures, rollbacks }: ResetFacts): readonly GroupResetReport[] {
  const rolledBack = new Map(rollbacks.map((rollback) => [rollback.groupId, rollback]))
  return groups.map((group) => {
    const { groupId } = group
    const rollback = rolledBack.get(groupId)
    const outcome = rollback?.outcome ?? (failures.size === 0 ? 'reset' : 'untouched')
    const reasons = [failures.get(groupId), rollback?.reason].filter((reason) => reason != null)
    const reason = reasons.length === 0 ? null : reasons.join('; ')
    return { groupId, outcome, reason, positions: positionReports(group, before.get(groupId)) }
  })
}

function positionReports(group: GroupReset, before: GroupBefore | undefined) {
  const known = new Map((before?.offsets ?? []).map((each) => [partitionName(each), each.offset]))
  return wantedPositions(group).map(({ topic, partition, offset }) => ({
    topic,
    partition,
    before: presentOr(known.get(partitionName({ topic, partition })) ?? ABSENT),
    position: presentOr(offset),
  }))
}

function presentOr(offset: bigint): bigint | null {
  return offset === ABSENT ? null : offset
}

/** The error of a reset in which not all groups were reset; `null` of one in which they were. */
export function resetError(groups: readonly GroupResetReport[]): KbackupError | null {
  if (groups.every(({ outcome }) => outcome === 'reset')) return null
  const stuck = groups.filter(({ outcome }) => outcome === 'rollback-refused' || outcome === 'rollback-failed')
  const reasons = groups.flatMap(({ reason }) => (reason === null ? [] : [reason]))
  const rest = stuck.length === 0 ? 'all groups are as they were' : `left as they are: ${namesOf(stuck)}`
  return new KbackupError('KB_GROUP_RESET_FAILED', {
    message: `consumer groups could not be set: ${reasons.join('; ')}; ${rest}`,
    hint: 'stop the consumers of these groups and run the same again: what was restored stays',
    details: {
      rolledBack: groups.filter(({ outcome }) => outcome === 'rolled-back').map(({ groupId }) => groupId),
      notRolledBack: stuck.map(({ groupId }) => groupId),
    },
  })
}

function namesOf(groups: readonly GroupResetReport[]): string {
  return groups.map(({ groupId, outcome }) => `${groupId} (${outcome})`).join(', ')
}
