import { offsetResetCommand, POSITION_KINDS, partitionName, positionsMoment, type RestoreReceipt } from '@kbackup/core'
import { countOf } from './quantity-text.ts'
import { PLACE_AS_HERE } from './take-back-text.ts'
import { positionCount, positionData, positionLines, SHOWN_POSITIONS, targetData } from './translated-positions.ts'

type GroupReport = RestoreReceipt['groups'][number]

/** What became of each group, and under it of each position: where it was, how that is known, and where it went. */
export function groupLines({
  restoreId,
  groups,
  window,
}: Pick<RestoreReceipt, 'restoreId' | 'groups' | 'window'>): readonly string[] {
  if (groups.length === 0) return []
  const kinds = new Set(groups.flatMap(({ positions }) => positions.map(({ known }) => known)))
  return [
    '',
    'Consumer Groups:',
    ...groups.flatMap((group) => [
      headLine(group, window),
      ...skippedLines(group, restoreId),
      ...positionLines(group),
      ...withoutLines(group),
      ...commandLines(group),
    ]),
    ...[...kinds].map((kind) => `  ${kind}: ${POSITION_KINDS[kind]}`),
  ]
}

/** The same for programs. */
export function groupData(group: GroupReport): object {
  const { groupId, outcome, reason, positions, targets, withoutPosition } = group
  return {
    group: groupId,
    outcome,
    reason,
    positions: positions.map(positionData),
    targets: targets.map(targetData),
    ...(outcome === 'reported' ? { commands: commandsOf(group) } : {}),
    without_position: withoutPosition.map(partitionName),
  }
}

function headLine(group: GroupReport, window: RestoreReceipt['window']): string {
  const { groupId, outcome, reason, positions } = group
  const why = reason === null ? '' : `: ${reason}`
  const times = positions.map(({ observedAtMs }) => observedAtMs)
  const lastMovedAtMs = times.reduce<bigint | null>((last, time) => (last === null || time > last ? time : last), null)
  const moment = positionsMoment({ lastMovedAtMs }, window)
  return `  ${groupId}  ${outcome}${why}  ${countOf(positionCount(positions), 'position')}${moment}`
}

function skippedLines({ groupId, outcome }: GroupReport, restoreId: string): readonly string[] {
  if (outcome !== 'skipped') return []
  return [
    '    left as it was. To set it: stop its consumers, then run',
    `      kbackup offset-reset execute --restore-id ${restoreId} --groups ${groupId}`,
    `      ${PLACE_AS_HERE}; or set the target offsets below with kafka-consumer-groups.sh --reset-offsets`,
  ]
}

const TOOL = 'kafka-consumer-groups.sh --bootstrap-server <BROKER>'

function commandsOf({ groupId, targets }: GroupReport): readonly string[] {
  return targets.map((target) => offsetResetCommand(TOOL, groupId, target))
}

/** What somebody does who sets the group by hand. */
function commandLines(group: GroupReport): readonly string[] {
  if (group.outcome !== 'reported') return []
  const commands = commandsOf(group)
  const more = commands.length - SHOWN_POSITIONS
  return [
    '    left as it was. To set it: stop its consumers, then run',
    ...commands.slice(0, SHOWN_POSITIONS).map((command) => command.replaceAll(/^/gm, '      ')),
    ...(more > 0 ? [`      and ${more} more, which --format json has`] : []),
  ]
}

function withoutLines({ withoutPosition }: GroupReport): readonly string[] {
  if (withoutPosition.length === 0) return []
  const shown = withoutPosition.slice(0, SHOWN_POSITIONS).map(partitionName)
  const more = withoutPosition.length > shown.length ? ` and ${withoutPosition.length - shown.length} more` : ''
  return [`    no position, left as it is: ${shown.join(', ')}${more}`]
}
