import { groupBy } from '../collections/group-by.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import type { GroupDescription } from '../kafka/kafka-groups.ts'
import type { OffsetAnswer } from '../kafka/kafka-topics.ts'
import { partitionName } from '../kafka/topic-partition.ts'
import { membersText } from '../restore/hazards/active-groups.ts'
import type { GroupLook } from './group-look.ts'
import type { GroupReset, GroupResetPosition } from './group-reset.ts'

/** Kinds of groups whose positions are not those of a consumer (KIP-932, KIP-1071). */
const REFUSED_TYPES: ReadonlySet<string> = new Set(['share', 'streams'])
/** Kinds of groups that have positions; before Kafka 3.8 brokers do not say the kind. */
export const CONSUMER_TYPES: ReadonlySet<string> = new Set(['classic', 'consumer', ''])
const NAMED_FAULTS = 5
const UNKNOWN_TOPIC_OR_PARTITION = 3

/** Why groups cannot be set, and what to do about it. */
export interface ResetFault {
  readonly text: string
  readonly advice: string
}

const ADVICE = {
  named: 'name each group and each partition once',
  negative: 'leave the position out',
  type: 'leave groups of this type out',
  describe: 'grant Describe and Read on the group, or leave it out',
  members:
    "stop the consumers of the group, or wait for them: waitUntilEmptyMs (in a restore guards.groupsActive: 'wait')",
  missing: 'restore the topic again, and set groups by that restore; or leave out the groups that have positions there',
  end: 'look at the leader of the partition, grant Describe on its topic, and run it again',
  beyond: 'the target has lost records: restore again, and set groups by that restore',
} as const

function faults(texts: readonly string[], kind: keyof typeof ADVICE): readonly ResetFault[] {
  return texts.map((text) => ({ text, advice: ADVICE[kind] }))
}

/**
 * Refuses, before anything is changed, what a broker would accept or refuse half-way: positions that cannot be,
 * groups with members, groups of another kind.
 *
 * @throws KbackupError `KB_GROUP_RESET_FAILED`, naming all faults in `details.faults`.
 */
export function assertResettable(groups: readonly GroupReset[], look: GroupLook): void {
  const found = resetFaults(groups, look)
  if (found.length > 0) throw refused(found)
}

/** Why groups cannot be set; nothing where they can. */
export function resetFaults(groups: readonly GroupReset[], look: GroupLook): readonly ResetFault[] {
  const wrong = [...faults(duplicateFaults(groups), 'named'), ...faults(negativeFaults(groups), 'negative')]
  if (wrong.length > 0) return wrong
  return [...typeFaults(groups, look), ...memberFaults(groups, look), ...endFaults(groups, look)]
}

function duplicateFaults(groups: readonly GroupReset[]): readonly string[] {
  const places = groups.flatMap(({ groupId, positions, absent = [] }) =>
    [...positions, ...absent].map((position) => `group ${groupId} in ${partitionName(position)}`),
  )
  const names = groups.map(({ groupId }) => `group ${groupId}`)
  return [...repeated(names), ...repeated(places)].map((name) => `${name} is named twice`)
}

function repeated(names: readonly string[]): readonly string[] {
  const seen = new Set<string>()
  return names.filter((name) => seen.size === seen.add(name).size)
}

function negativeFaults(groups: readonly GroupReset[]): readonly string[] {
  return faultsOf(groups, ({ offset }) => (offset < 0n ? 'is negative' : undefined))
}

function typeFaults(groups: readonly GroupReset[], { types }: GroupLook): readonly ResetFault[] {
  const refused = groups.filter(({ groupId }) => REFUSED_TYPES.has(types.get(groupId) ?? ''))
  const texts = refused.map(
    ({ groupId }) => `group ${groupId} is a ${types.get(groupId)} group, which has no consumer positions`,
  )
  return faults(texts, 'type')
}

function memberFaults(groups: readonly GroupReset[], { descriptions }: GroupLook): readonly ResetFault[] {
  const asked = new Set(groups.map(({ groupId }) => groupId))
  return descriptions.filter(({ groupId }) => asked.has(groupId)).flatMap(memberFault)
}

function memberFault({ groupId, error, members }: GroupDescription): readonly ResetFault[] {
  if (error !== undefined) return faults([`group ${groupId} cannot be described: ${error.name}`], 'describe')
  return members.length === 0 ? [] : faults([`group ${groupId} has ${membersText(members)}`], 'members')
}

function endFaults(groups: readonly GroupReset[], { ends }: GroupLook): readonly ResetFault[] {
  const unknown = faultsOf(groups, (position) => unknownEnd(ends.get(partitionName(position))))
  const beyond = faultsOf(groups, (position) => beyondEnd(position, ends.get(partitionName(position))))
  return [...missingFaults([...ends.values()]), ...faults(unknown, 'end'), ...faults(beyond, 'beyond')]
}

function isMissing({ error }: OffsetAnswer): boolean {
  return error?.code === UNKNOWN_TOPIC_OR_PARTITION
}

/** One for each topic, whose partitions may be many. */
function missingFaults(answers: readonly OffsetAnswer[]): readonly ResetFault[] {
  const missing = groupBy(answers.filter(isMissing), ({ topic }) => topic)
  const texts = [...missing].map(([topic, partitions]) => {
    const numbers = partitions.map(({ partition }) => partition)
    const shown = numbers.slice(0, NAMED_FAULTS).join(', ')
    return `target topic ${topic} was deleted, or has fewer partitions than were restored: there is no partition ${shown}${numbers.length > NAMED_FAULTS ? ', …' : ''}`
  })
  return faults(texts, 'missing')
}

function unknownEnd(end: OffsetAnswer | undefined): string | undefined {
  if (end?.error === undefined && end !== undefined) return undefined
  if (end !== undefined && isMissing(end)) return undefined
  return `has no end that is known: ${end?.error?.name ?? 'no answer'}`
}

function beyondEnd({ offset }: GroupResetPosition, end: OffsetAnswer | undefined): string | undefined {
  if (end === undefined || end.error !== undefined || offset <= end.offset) return undefined
  return `lies beyond the end of the partition, ${end.offset}`
}

function faultsOf(
  groups: readonly GroupReset[],
  faultOf: (position: GroupResetPosition) => string | undefined,
): readonly string[] {
  return groups.flatMap(({ groupId, positions }) =>
    positions.flatMap((position) => {
      const fault = faultOf(position)
      if (fault === undefined) return []
      return [`position ${position.offset} of group ${groupId} in ${partitionName(position)} ${fault}`]
    }),
  )
}

/** What to do about faults, each thing once. */
export function adviceOn(found: readonly ResetFault[]): readonly string[] {
  return [...new Set(found.map(({ advice }) => advice))]
}

function refused(found: readonly ResetFault[]): KbackupError {
  const texts = found.map(({ text }) => text)
  const more = texts.length > NAMED_FAULTS ? `, and ${texts.length - NAMED_FAULTS} more` : ''
  return new KbackupError('KB_GROUP_RESET_FAILED', {
    message: `consumer groups cannot be set, and none was changed: ${texts.slice(0, NAMED_FAULTS).join('; ')}${more}`,
    hint: adviceOn(found).join('; '),
    details: { faults: texts },
  })
}
