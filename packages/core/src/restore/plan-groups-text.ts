import { isoTime } from '../config/iso-time.ts'
import { partitionName } from '../kafka/topic-partition.ts'
import { POSITION_KINDS } from '../offsets/position-kinds.ts'
import type { GroupPlan, GroupPositionPlan } from './restore-plan.ts'
import { alignColumns } from './text-columns.ts'

/** Of one group; a plan as data has all. */
const SHOWN_POSITIONS = 50

/** The groups of a plan with each position, how well it is known, and what that means. */
export function groupLines(groups: readonly GroupPlan[]): readonly string[] {
  if (groups.length === 0) return []
  const kinds = new Set(groups.flatMap(({ positions }) => positions.map(({ kind }) => kind)))
  return [
    'groups',
    ...groups.flatMap((group) => [headLine(group), ...positionLines(group), ...withoutLines(group)]),
    ...[...kinds].map((kind) => `  ${kind}: ${POSITION_KINDS[kind]}`),
  ]
}

function headLine({ groupId, positions, exactPositions, asOfMs }: GroupPlan): string {
  const count = `${positions.length} ${positions.length === 1 ? 'position' : 'positions'}`
  const moment = asOfMs === null ? '' : ` as of ${isoTime(asOfMs)}`
  const inexact = positions.length - exactPositions
  return `  ${groupId}  ${count}${moment}${inexact === 0 ? '' : `, ${inexact} known within bounds only`}`
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
