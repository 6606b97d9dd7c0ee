import type { GroupDescription } from '../../kafka/kafka-groups.ts'
import type { RestoreGuards } from '../restore-options.ts'
import type { Hazard } from '../restore-plan.ts'
import { advice, optionRemedies, type Remedy } from './remedy.ts'

const SHOWN_MEMBERS = 3
const STOP = advice('stop its consumers')
const REMEDIES = [
  STOP,
  ...optionRemedies('guards.groupsActive', {
    skip: 'leaves this group as it is',
    wait: 'waits until its consumers have stopped',
  }),
]
const STOP_FIRST = advice('stop its consumers first, so that it is set')

/**
 * Groups that are to be moved and have members, which would lose or overwrite their positions. With an option they do not
 * block, but a reader must know of them: they will not be set, or the restore will not end before they are stopped.
 */
export function findActiveGroups(
  groups: readonly GroupDescription[],
  guard: RestoreGuards['groupsActive'],
): readonly Hazard[] {
  const remedies = remediesFor(guard)
  return groups
    .filter(({ members }) => members.length > 0)
    .map(({ groupId, members }) => ({
      code: 'KB_HAZARD_GROUP_ACTIVE' as const,
      blocks: guard === undefined,
      message: `consumer group ${groupId} has ${membersText(members)}${consequenceText(guard)}`,
      remedies,
      details: { groupId, members: members.map(memberText) },
    }))
}

function remediesFor(guard: RestoreGuards['groupsActive']): readonly Remedy[] {
  if (guard === 'skip') return [STOP_FIRST]
  return guard === 'wait' ? [STOP] : REMEDIES
}

/** `2 members: app-1 on /10.0.0.1, app-2 on /10.0.0.2` */
export function membersText(members: GroupDescription['members']): string {
  const shown = members.slice(0, SHOWN_MEMBERS).map(memberText)
  const names = members.length > SHOWN_MEMBERS ? `${shown.join(', ')}, …` : shown.join(', ')
  return `${members.length} ${members.length === 1 ? 'member' : 'members'}: ${names}`
}

/** One member as messages name it. */
export function memberText({ clientId, clientHost }: GroupDescription['members'][number]): string {
  return `${clientId} on ${clientHost}`
}

function consequenceText(guard: RestoreGuards['groupsActive']): string {
  if (guard === 'skip') return '; it will be left as it is, and not be set'
  return guard === 'wait' ? '; the restore waits until it has none, and sets it then' : ''
}
