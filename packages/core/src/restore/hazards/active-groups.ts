import type { GroupDescription } from '../../kafka/kafka-groups.ts'
import type { RestoreGuards } from '../restore-options.ts'
import type { Hazard } from '../restore-plan.ts'

const SHOWN_MEMBERS = 3

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
      message: `consumer group ${groupId} has ${members.length} members: ${memberText(members)}`,
      remedy: 'stop its consumers, or restore.guards.groups_active: skip | wait',
      details: { groupId, members: members.map(({ clientId, clientHost }) => `${clientId} on ${clientHost}`) },
    }))
}

function memberText(members: GroupDescription['members']): string {
  const shown = members.slice(0, SHOWN_MEMBERS).map(({ clientId, clientHost }) => `${clientId} on ${clientHost}`)
  return members.length > SHOWN_MEMBERS ? `${shown.join(', ')}, …` : shown.join(', ')
}
