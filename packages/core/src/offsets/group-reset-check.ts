import { KbackupError } from '../errors/kbackup-error.ts'
import type { CallOptions, KafkaCluster } from '../kafka/kafka-cluster.ts'
import type { GroupDescription } from '../kafka/kafka-groups.ts'
import { partitionName, type TopicPartition } from '../kafka/topic-partition.ts'
import type { GroupReset, GroupResetPosition } from './group-reset.ts'

/** Kinds of groups whose positions are not those of a consumer (KIP-932, KIP-1071). */
const REFUSED_TYPES: ReadonlySet<string> = new Set(['share', 'streams'])
/** Kinds of groups that have positions; before Kafka 3.8 brokers do not say the kind. */
export const CONSUMER_TYPES: ReadonlySet<string> = new Set(['classic', 'consumer', ''])
const NAMED_FAULTS = 5

/**
 * Refuses, before anything is changed, what a broker would accept or refuse half-way: positions that cannot be,
 * groups with members, groups of another kind.
 *
 * @throws KbackupError `KB_GROUP_RESET_FAILED`, naming all faults in `details.faults`.
 */
export async function assertResettable(
  cluster: KafkaCluster,
  groups: readonly GroupReset[],
  options: CallOptions,
): Promise<void> {
  const faults = await resetFaults(cluster, groups, options)
  if (faults.length > 0) throw refused(faults)
}

/** Why groups cannot be set, in words; nothing where they can. */
export async function resetFaults(
  cluster: KafkaCluster,
  groups: readonly GroupReset[],
  options: CallOptions,
): Promise<readonly string[]> {
  options.signal?.throwIfAborted()
  if (groups.length === 0) return []
  const faults = [...duplicateFaults(groups), ...negativeFaults(groups)]
  if (faults.length > 0) return faults
  const found = await Promise.all([
    typeFaults(cluster, groups, options),
    memberFaults(cluster, groups, options),
    endFaults(cluster, groups, options),
  ])
  return found.flat()
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

async function typeFaults(cluster: KafkaCluster, groups: readonly GroupReset[], options: CallOptions) {
  const types = new Map((await cluster.listGroups(options)).map(({ groupId, type }) => [groupId, type]))
  const refused = groups.filter(({ groupId }) => REFUSED_TYPES.has(types.get(groupId) ?? ''))
  return refused.map(
    ({ groupId }) => `group ${groupId} is a ${types.get(groupId)} group, which has no consumer positions`,
  )
}

async function memberFaults(cluster: KafkaCluster, groups: readonly GroupReset[], options: CallOptions) {
  const descriptions = await cluster.describeGroups(
    groups.map(({ groupId }) => groupId),
    options,
  )
  return descriptions.flatMap((description) => memberFault(description))
}

function memberFault({ groupId, error, members }: GroupDescription): readonly string[] {
  if (error !== undefined) return [`group ${groupId} cannot be described: ${error.name}`]
  if (members.length === 0) return []
  const named = members.slice(0, NAMED_FAULTS).map(({ clientId, clientHost }) => `${clientId} on ${clientHost}`)
  return [`group ${groupId} has ${members.length} members: ${named.join(', ')}`]
}

async function endFaults(cluster: KafkaCluster, groups: readonly GroupReset[], options: CallOptions) {
  const partitions = new Map<string, TopicPartition>()
  for (const each of groups.flatMap(({ positions }) => positions)) partitions.set(partitionName(each), each)
  const queries = [...partitions.values()].map(({ topic, partition }) => ({ topic, partition, at: 'latest' as const }))
  const answers = queries.length === 0 ? [] : await cluster.listOffsets(queries, options)
  const ends = new Map(answers.map((answer) => [partitionName(answer), answer]))
  return faultsOf(groups, (position) => {
    const end = ends.get(partitionName(position))
    if (end === undefined || end.error !== undefined)
      return `has no end that is known: ${end?.error?.name ?? 'no answer'}`
    return position.offset > end.offset ? `lies beyond the end of the partition, ${end.offset}` : undefined
  })
}

function faultsOf(
  groups: readonly GroupReset[],
  faultOf: (position: GroupResetPosition) => string | undefined,
): readonly string[] {
  return groups.flatMap(({ groupId, positions }) =>
    positions.flatMap((position) => {
      const fault = faultOf(position)
      const name = `position ${position.offset} of group ${groupId} in ${partitionName(position)}`
      return fault === undefined ? [] : [`${name} ${fault}`]
    }),
  )
}

function refused(faults: readonly string[]): KbackupError {
  const more = faults.length > NAMED_FAULTS ? `, and ${faults.length - NAMED_FAULTS} more` : ''
  return new KbackupError('KB_GROUP_RESET_FAILED', {
    message: `consumer groups cannot be set, and none was changed: ${faults.slice(0, NAMED_FAULTS).join('; ')}${more}`,
    hint: 'stop the consumers of groups that have members, grant Read on groups that refuse it, leave out those that cannot be set, and run it again',
    details: { faults },
  })
}
