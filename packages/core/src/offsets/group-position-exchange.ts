import { KbackupError } from '../errors/kbackup-error.ts'
import type { CallOptions } from '../kafka/kafka-cluster.ts'
import type { GroupOffset, GroupOffsetResult, GroupOffsets } from '../kafka/kafka-groups.ts'
import type { ProtocolError } from '../kafka/protocol-error.ts'
import { partitionName, type TopicPartition } from '../kafka/topic-partition.ts'
import type { GroupBefore } from '../restore/journal-entries.ts'
import type { GroupOffsetCalls } from './gathered-fetches.ts'
import type { GroupReset, GroupResetPosition } from './group-reset.ts'

/** The offset that stands for a position that is not there, as the protocol has it. */
export const ABSENT = -1n

const GROUP_ID_NOT_FOUND = 69

/** A group and the partitions that matter. */
export interface GroupPartitions {
  readonly groupId: string
  readonly partitions: readonly TopicPartition[]
}

/** The positions of a group in these partitions, in their order, {@link ABSENT} where it has none. */
export async function readGroupPositions(
  cluster: GroupOffsetCalls,
  group: GroupPartitions,
  options: CallOptions,
): Promise<readonly GroupOffset[]> {
  const [found] = await cluster.fetchGroupOffsets([group.groupId], { signal: options.signal })
  return positionsIn(group, found)
}

/** The same of several groups with one call, in their order. */
export async function readPositionsOfGroups(
  cluster: GroupOffsetCalls,
  groups: readonly GroupPartitions[],
  options: CallOptions,
): Promise<readonly GroupBefore[]> {
  const groupIds = groups.map(({ groupId }) => groupId)
  const found = await cluster.fetchGroupOffsets(groupIds, { signal: options.signal })
  const byId = new Map(found.map((each) => [each.groupId, each]))
  return groups.map((group) => ({ groupId: group.groupId, offsets: positionsIn(group, byId.get(group.groupId)) }))
}

function positionsIn(
  { groupId, partitions }: GroupPartitions,
  found: GroupOffsets | undefined,
): readonly GroupOffset[] {
  if (found === undefined || found.error !== undefined) throw unreadable(groupId, found?.error)
  const known = new Map(found.offsets.map((offset) => [partitionName(offset), offset]))
  return partitions.map((item) => {
    const { topic, partition } = item
    return known.get(partitionName(item)) ?? { topic, partition, offset: ABSENT, leaderEpoch: -1, metadata: null }
  })
}

/** A group that was to be changed and was not, with the code of the protocol. */
export class GroupRefusal extends Error {
  readonly code: number

  constructor(groupId: string, item: TopicPartition, error: ProtocolError) {
    super(`group ${groupId} in ${partitionName(item)}: ${error.name} (${error.code})`)
    this.code = error.code
  }
}

/** All that a group is to have: its positions, then {@link ABSENT} where it is to have none. */
export function wantedPositions({ positions, absent = [] }: GroupReset): readonly GroupResetPosition[] {
  return [...positions, ...absent.map(({ topic, partition }) => ({ topic, partition, offset: ABSENT, metadata: null }))]
}

/**
 * Writes all positions of a group with one commit, deletes those that it is to have no longer, and reads all back.
 *
 * They bear no leader epoch: that of the source says nothing about the target, where consumers would take a difference
 * for a log that was truncated (KIP-320).
 */
export async function setGroupPositions(
  cluster: GroupOffsetCalls,
  group: GroupReset,
  options: CallOptions,
): Promise<void> {
  await commitPositions(
    cluster,
    { ...group, positions: group.positions.map((each) => ({ ...each, leaderEpoch: -1 })) },
    options,
  )
  await deletePositions(cluster, { groupId: group.groupId, partitions: group.absent ?? [] }, options)
}

/** Deletes positions, and sees that they are gone. */
export async function deletePositions(
  cluster: GroupOffsetCalls,
  { groupId, partitions }: GroupPartitions,
  { signal }: CallOptions,
): Promise<void> {
  if (partitions.length === 0) return
  const results = await cluster.deleteGroupOffsets(groupId, partitions, { signal })
  assertAccepted(
    groupId,
    results.filter(({ error }) => error?.code !== GROUP_ID_NOT_FOUND),
  )
  const found = await readGroupPositions(cluster, { groupId, partitions }, { signal })
  const left = found.find(({ offset }) => offset !== ABSENT)
  if (left !== undefined) throw stillThere(groupId, left)
}

/** Writes positions, leader epochs included, and reads them back. */
export async function commitPositions(
  cluster: GroupOffsetCalls,
  { groupId, positions }: { readonly groupId: string; readonly positions: readonly GroupOffset[] },
  options: CallOptions,
): Promise<void> {
  if (positions.length === 0) return
  const { signal } = options
  assertAccepted(groupId, await cluster.commitGroupOffsets(groupId, positions, { signal }))
  const found = await readGroupPositions(cluster, { groupId, partitions: positions }, { signal })
  const wrong = found.findIndex((each, index) => !samePosition(each, positions[index]))
  if (wrong >= 0) throw unlike(groupId, found[wrong], positions[wrong])
}

/** @throws GroupRefusal for the first item that has an error. */
export function assertAccepted(groupId: string, results: readonly GroupOffsetResult[]): void {
  for (const result of results) if (result.error !== undefined) throw new GroupRefusal(groupId, result, result.error)
}

/** Whether two positions are the same to a consumer; brokers give empty metadata for none. */
export function samePosition(left: GroupResetPosition | undefined, right: GroupResetPosition | undefined): boolean {
  return left?.offset === right?.offset && (left?.metadata ?? '') === (right?.metadata ?? '')
}

function stillThere(groupId: string, left: GroupOffset): KbackupError {
  return new KbackupError('KB_GROUP_RESET_FAILED', {
    message: `group ${groupId} still has position ${left.offset} in ${partitionName(left)}`,
    details: { groupId, found: left.offset },
  })
}

function unreadable(groupId: string, error: ProtocolError | undefined): KbackupError {
  return new KbackupError('KB_GROUP_RESET_FAILED', {
    message: `the positions of group ${groupId} cannot be read: ${error?.name ?? 'no answer'}`,
    details: { groupId, protocolCode: error?.code ?? null },
  })
}

function unlike(groupId: string, found: GroupOffset | undefined, wanted: GroupOffset | undefined): KbackupError {
  const name = wanted === undefined ? '' : partitionName(wanted)
  return new KbackupError('KB_GROUP_RESET_FAILED', {
    message: `group ${groupId} was set to ${wanted?.offset} in ${name} and reads ${found?.offset}`,
    details: { groupId, wanted: wanted?.offset ?? null, found: found?.offset ?? null },
  })
}
