import { partitionName } from '../../kafka/topic-partition.ts'
import { type GroupPlan, type Hazard, inexactPositions } from '../restore-plan.ts'
import { advice } from './remedy.ts'

const SHOWN_POSITIONS = 5
const REMEDIES = [
  advice('compare them with what the consumers have done, before these start'),
  advice('choose a moment at which they are known exactly'),
]

/** Warns of positions of which only bounds are known: a group that is set there may repeat records, or pass some by. */
export function findInexactPositions(groups: readonly GroupPlan[]): readonly Hazard[] {
  return groups
    .map((group) => ({ ...group, inexact: inexactPositions(group) }))
    .filter(({ inexact }) => inexact.length > 0)
    .map(({ groupId, positions, inexact }) => {
      const shown = inexact.slice(0, SHOWN_POSITIONS).map((position) => `${partitionName(position)} (${position.kind})`)
      const more = inexact.length > shown.length ? ` and ${inexact.length - shown.length} more` : ''
      return {
        code: 'KB_HAZARD_GROUP_POSITION' as const,
        blocks: false,
        message:
          `${inexact.length} of ${positions.length} positions of consumer group ${groupId} are known within bounds only, ` +
          `so that it may repeat records or pass some by: ${shown.join(', ')}${more}`,
        remedies: REMEDIES,
        details: { groupId, positions: inexact.map((position) => [partitionName(position), position.kind]) },
      }
    })
}
