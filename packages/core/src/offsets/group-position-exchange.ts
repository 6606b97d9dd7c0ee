import { KbackupError } from '../errors/kbackup-error.ts'
import type { CallOptions } from '../kafka/kafka-cluster.ts'
import type { GroupOffset, GroupOffsetResult, GroupOffsets } from '../kafka/kafka-groups.ts'
import type { ProtocolError } from '../kafka/protocol-error.ts'
import { partitionName, type TopicPartition } from '../kafka/topic-partition.ts'
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

/**
 * The same, out of all positions of the group.
 *
 * @throws KbackupError `KB_GROUP_RESET_FAILED` where they could not be read
 */
export function positionsIn(
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

/** What a group is to have, and where it is to have nothing. */
export interface PositionChange {
  readonly groupId: string
  readonly positions: readonly GroupOffset[]
  readonly absent: readonly TopicPartition[]
}

/**
 * What makes a group stand as it is to.
 *
 * Its positions bear no leader epoch: that of the source says nothing about the target, where consumers would take a
 * difference for a log that was truncated (KIP-320).
 */
export function changeOf({ groupId, positions, absent = [] }: GroupReset): PositionChange {
  return { groupId, positions: positions.map((each) => ({ ...each, leaderEpoch: -1 })), absent }
}

/** Writes all positions of a group with one commit, and deletes those that it is to have no longer. */
export async function changePositions(
  cluster: GroupOffsetCalls,
  { groupId, positions, absent }: PositionChange,
  { signal }: CallOptions,
): Promise<void> {
  if (positions.length > 0) assertAccepted(groupId, await cluster.commitGroupOffsets(groupId, positions, { signal }))
  if (absent.length === 0) return
  const deleted = await cluster.deleteGroupOffsets(groupId, absent, { signal })
  assertAccepted(
    groupId,
    deleted.filter(({ error }) => error?.code !== GROUP_ID_NOT_FOUND),
  )
}

/**
 * Compares what was read back with what was written.
 *
 * @throws KbackupError `KB_GROUP_RESET_FAILED` where the group stands otherwise, or cannot be read
 */
export function assertChanged({ groupId, positions, absent }: PositionChange, found: GroupOffsets | undefined): void {
  const set = positionsIn({ groupId, partitions: positions }, found)
  const wrong = set.findIndex((each, index) => !samePosition(each, positions[index]))
  if (wrong >= 0) throw unlike(groupId, set[wrong], positions[wrong])
  const left = positionsIn({ groupId, partitions: absent }, found).find(({ offset }) => offset !== ABSENT)
  if (left !== undefined) throw stillThere(groupId, left)
}

/** @throws GroupRefusal for the first item that has an error. */
function assertAccepted(groupId: string, results: readonly GroupOffsetResult[]): void {
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
