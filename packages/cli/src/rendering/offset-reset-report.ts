import type {
  OffsetResetGroup,
  OffsetResetPlan,
  OffsetResetResult,
  PlannedPosition,
  RecoveredReset,
} from '@kbackup/core'
import { alignColumns } from './columns.ts'
import type { Report } from './data-format.ts'
import { inCommandWords } from './option-words.ts'
import { hazardData } from './plan-data.ts'
import { countOf, durationText } from './quantity-text.ts'
import { takeBackLines } from './take-back-text.ts'
import { isoTime } from './time-text.ts'
import { positionCount, positionData, positionLines, targetData } from './translated-positions.ts'

/** What `kbackup offset-reset plan` prints. */
export function resetPlanReport(plan: OffsetResetPlan): Report {
  return { text: () => planText(plan), data: () => planData(plan) }
}

/** What `kbackup offset-reset execute` prints at its end. */
export function resetResultReport(result: OffsetResetResult): Report {
  return { text: () => resultText(result), data: () => resultData(result) }
}

/** What became of a reset that an earlier run had begun. */
export function recoveredText({ resetId, outcome, groups }: RecoveredReset): string {
  const left = groups.filter((group) => group.outcome === 'rollback-refused').map(({ groupId }) => groupId)
  const rest = left.length === 0 ? '' : `; left as they are: ${left.join(', ')}`
  const what = outcome === 'undone' ? 'was undone' : 'was found to be done'
  return `the reset ${resetId}, which was cut short, ${what}${rest}`
}

function planText(plan: OffsetResetPlan): string {
  const { faults, warnings, unfinished } = plan
  return [
    ...headLines(plan),
    '',
    ...groupLines(plan),
    ...unfinished.map((resetId) => `The reset ${resetId} was cut short: executing brings it to its end first.`),
    ...warnings.map(({ code, message }) => `${code}: ${message}`),
    ...faults.map((fault) => `Refused: ${fault}`),
    ...plan.advice.map((advice) => `  → ${inCommandWords(advice)}`),
    faults.length === 0 ? 'Nothing was written.' : 'Nothing was written, and nothing would be: no group would be set.',
  ].join('\n')
}

function headLines({ backupId, restoreId, targetClusterId, atMs }: OffsetResetPlan): readonly string[] {
  const moment = atMs === null ? 'the newest that are archived' : `of ${isoTime(atMs)}`
  return [
    'Offset Reset Plan',
    ...alignColumns([
      ['Restore:', `${restoreId} of ${backupId}`],
      ['Cluster:', targetClusterId],
      ['Positions:', moment],
    ]),
  ]
}

function groupLines({ groups }: OffsetResetPlan): readonly string[] {
  if (groups.length === 0) return ['No group that is meant has an archived position in what was restored.']
  return groups.flatMap(({ groupId, state, members, positions, targets }) => {
    const who = members.length === 0 ? '' : `, ${countOf(members.length, 'member')}`
    const head = `Group: ${groupId}  (${state}${who}, ${countOf(positionCount(positions), 'position')})`
    return [head, ...positionLines({ positions, targets }, nowCells), '']
  })
}

/** Of a position that is left as it is nobody asks where it stands. */
function nowCells({ translation, current }: PlannedPosition): readonly string[] {
  if (translation.kind === 'unknown') return []
  return [current === null ? 'none now' : `now ${current}`]
}

function planData(plan: OffsetResetPlan): object {
  return {
    backup_id: plan.backupId,
    restore_id: plan.restoreId,
    target_cluster_id: plan.targetClusterId,
    at: plan.atMs === null ? null : isoTime(plan.atMs),
    groups: plan.groups.map(groupData),
    faults: plan.faults,
    advice: plan.advice.map(inCommandWords),
    warnings: plan.warnings.map(hazardData),
    nothing_to_set: plan.nothingToSet,
    unfinished_resets: plan.unfinished,
  }
}

function groupData({ groupId, state, members, positions, targets }: OffsetResetGroup): object {
  return {
    group: groupId,
    state,
    members: members.map(({ memberId, clientId, clientHost }) => ({
      member_id: memberId,
      client_id: clientId,
      client_host: clientHost,
    })),
    positions: positions.map((position) => ({ ...positionData(position), current_offset: position.current })),
    targets: targets.map(targetData),
  }
}

function resultText(result: OffsetResetResult): string {
  const { groups, resetId, plan, durationMs } = result
  const set = groups.filter(({ outcome }) => outcome === 'reset')
  const rows = groups.map(({ groupId, outcome, partitions }) => [groupId, outcome, countOf(partitions, 'partition')])
  return [
    set.length === 0
      ? 'No consumer group was set.'
      : `Set ${countOf(set.length, 'consumer group')} in ${durationText(durationMs)}, and read all positions back.`,
    ...alignColumns(rows),
    ...plan.warnings.map(({ code, message }) => `${code}: ${message}`),
    ...takeBackLines(resetId),
  ].join('\n')
}

function resultData(result: OffsetResetResult): object {
  return {
    reset_id: result.resetId,
    duration_ms: result.durationMs,
    groups: result.groups.map(({ groupId, outcome, partitions }) => ({ group: groupId, outcome, partitions })),
    recovered: result.recovered.map(({ resetId, outcome, groups }) => ({
      reset_id: resetId,
      outcome,
      groups: groups.map((group) => ({ group: group.groupId, outcome: group.outcome, reason: group.reason })),
    })),
    plan: planData(result.plan),
  }
}
