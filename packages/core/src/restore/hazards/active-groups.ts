import type { GroupDescription } from '../../kafka/kafka-groups.ts'
import type { RestoreGuards } from '../restore-options.ts'
import type { Hazard } from '../restore-plan.ts'
import { advice, optionRemedies, remediesText } from './remedy.ts'

const SHOWN_MEMBERS = 3
const REMEDIES = [
  advice('stop its consumers'),
  ...optionRemedies('guards.groupsActive', {
    skip: 'leaves this group as it is',
    wait: 'waits until its consumers have stopped',
  }),
]

/** Whether groups that are to be moved have members, which would lose or overwrite their positions. */
export function findActiveGroups(
  groups: readonly GroupDescription[],
  guard: RestoreGuards['groupsActive'],
): readonly Hazard[] {
  if (guard !== undefined) return []
  return groups
    .filter(({ members }) => members.length > 0)
    .map(({ groupId, members }) => ({
      code: 'KB_HAZARD_GROUP_ACTIVE' as const,
      blocks: true,
      message: `consumer group ${groupId} has ${members.length} ${members.length === 1 ? 'member' : 'members'}: ${memberText(members)}`,
      remedies: REMEDIES,
      remedy: remediesText(REMEDIES),
      details: { groupId, members: members.map(({ clientId, clientHost }) => `${clientId} on ${clientHost}`) },
    }))
}

function memberText(members: GroupDescription['members']): string {
  const shown = members.slice(0, SHOWN_MEMBERS).map(({ clientId, clientHost }) => `${clientId} on ${clientHost}`)
  return members.length > SHOWN_MEMBERS ? `${shown.join(', ')}, …` : shown.join(', ')
}
