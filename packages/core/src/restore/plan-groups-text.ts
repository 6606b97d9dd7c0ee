import { isoTime } from '../config/iso-time.ts'
import { partitionName } from '../kafka/topic-partition.ts'
import { POSITION_KINDS } from '../offsets/position-kinds.ts'
import { type GroupPlan, type GroupPositionPlan, inexactPositions, type RestorePlanFacts } from './restore-plan.ts'
import { alignColumns } from './text-columns.ts'
import type { TimeWindow } from './time-window.ts'

/** Of one group; a plan as data has all. */
const SHOWN_POSITIONS = 50

/** The groups of a plan with each position, how well it is known, and what that means. */
export function groupLines({ groups, window }: Pick<RestorePlanFacts, 'groups' | 'window'>): readonly string[] {
  if (groups.length === 0) return []
  const kinds = new Set(groups.flatMap(({ positions }) => positions.map(({ kind }) => kind)))
  return [
    'groups',
    ...groups.flatMap((group) => [headLine(group, window), ...positionLines(group), ...withoutLines(group)]),
    ...[...kinds].map((kind) => `  ${kind}: ${POSITION_KINDS[kind]}`),
  ]
}

function headLine(group: GroupPlan, window: TimeWindow): string {
  const { groupId, positions, isSkipped, isReported } = group
  const count = `${positions.length} ${positions.length === 1 ? 'position' : 'positions'}`
  const inexact = inexactPositions(group).length
  const bounds = inexact === 0 ? '' : `, ${inexact} known within bounds only`
  const skipped = isSkipped ? '; it has members and is left as it is' : ''
  const reported = isReported ? '; only reported, and left as it is' : ''
  return `  ${groupId}  ${count}${positionsMoment(group, window)}${bounds}${skipped}${reported}`
}

/**
 * For which moment positions are, and when they came to be: ` as of … (last moved at …)`; empty where there is none.
 */
export function positionsMoment(
  { lastMovedAtMs }: Pick<GroupPlan, 'lastMovedAtMs'>,
  { end }: Pick<TimeWindow, 'end'>,
): string {
  if (lastMovedAtMs === null) return ''
  const asOf = end === null ? 'the end of the archive' : isoTime(end)
  return ` as of ${asOf} (last moved at ${isoTime(lastMovedAtMs)})`
}

function positionLines({ positions }: GroupPlan): readonly string[] {
  const rows = positions
    .slice(0, SHOWN_POSITIONS)
    .map((position) => [`  ${partitionName(position)}`, position.offset.toString(), position.kind, seenText(position)])
  const more = positions.length - rows.length
  return [...alignColumns(rows), ...(more > 0 ? [`    and ${more} more`] : [])]
}

function seenText({ kind, observedAtMs, next }: GroupPositionPlan): string {
  if (kind === 'exact') return ''
  const later = next === null ? '' : `, next seen at ${isoTime(next.observedAtMs)}: ${next.offset ?? 'no position'}`
  return `seen at ${isoTime(observedAtMs)}${later}`
}

function withoutLines({ withoutPosition }: GroupPlan): readonly string[] {
  if (withoutPosition.length === 0) return []
  const shown = withoutPosition.slice(0, SHOWN_POSITIONS).map(partitionName)
  const more = withoutPosition.length > shown.length ? ` and ${withoutPosition.length - shown.length} more` : ''
  return [`    no position, left as it is: ${shown.join(', ')}${more}`]
}
