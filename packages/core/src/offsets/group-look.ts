import { KbackupError } from '../errors/kbackup-error.ts'
import type { CallOptions, KafkaCluster } from '../kafka/kafka-cluster.ts'
import type { GroupDescription, GroupOffsets } from '../kafka/kafka-groups.ts'
import type { OffsetAnswer } from '../kafka/kafka-topics.ts'
import { partitionName, type TopicPartition } from '../kafka/topic-partition.ts'
import type { GroupReset } from './group-reset.ts'
import { OFFSETS_TOPIC } from './offsets-topic-record.ts'

/** What a cluster says of groups that are about to be set, all of it asked for at one time. */
export interface GroupLook {
  readonly descriptions: readonly GroupDescription[]
  /** The kind of each group of the cluster. */
  readonly types: ReadonlyMap<string, string>
  /** All positions that each group has. */
  readonly offsets: ReadonlyMap<string, GroupOffsets>
  /** The end of each partition in which one of them is to be set, by its name. */
  readonly ends: ReadonlyMap<string, OffsetAnswer>
  /** The broker that leads each partition of the offsets topic; empty where that may not be asked for. */
  readonly offsetsLeaders: readonly number[]
}

const NOTHING: GroupLook = {
  descriptions: [],
  types: new Map(),
  offsets: new Map(),
  ends: new Map(),
  offsetsLeaders: [],
}

/** A group, and where it is to be set; nowhere where nothing is known of that. */
export type LookedGroup = Pick<GroupReset, 'groupId' | 'positions'>

/** Asks about many groups at once: all that a plan shows, a check refuses, and a record of what stood there holds. */
export async function lookAtGroups(
  cluster: KafkaCluster,
  groups: readonly LookedGroup[],
  { signal }: CallOptions,
): Promise<GroupLook> {
  signal?.throwIfAborted()
  const groupIds = [...new Set(groups.map(({ groupId }) => groupId))]
  if (groupIds.length === 0) return NOTHING
  // Finds the coordinators, which all others need.
  const descriptions = await cluster.describeGroups(groupIds, { signal })
  const [listed, offsets, ends, offsetsLeaders] = await Promise.all([
    cluster.listGroups({ allowMissing: true, signal }),
    cluster.fetchGroupOffsets(groupIds, { signal }),
    endsOf(cluster, groups, { signal }),
    leadersOfOffsets(cluster, { signal }),
  ])
  return {
    descriptions,
    types: new Map(listed.map(({ groupId, type }) => [groupId, type])),
    offsets: new Map(offsets.map((group) => [group.groupId, group])),
    ends: new Map(ends.map((answer) => [partitionName(answer), answer])),
    offsetsLeaders,
  }
}

async function endsOf(
  cluster: KafkaCluster,
  groups: readonly LookedGroup[],
  options: CallOptions,
): Promise<readonly OffsetAnswer[]> {
  const partitions = new Map<string, TopicPartition>()
  for (const { positions } of groups) for (const each of positions) partitions.set(partitionName(each), each)
  if (partitions.size === 0) return []
  const queries = [...partitions.values()].map(({ topic, partition }) => ({ topic, partition, at: 'latest' as const }))
  return cluster.listOffsets(queries, options)
}

async function leadersOfOffsets(cluster: KafkaCluster, options: CallOptions): Promise<readonly number[]> {
  try {
    const [topic] = await cluster.describeTopics([OFFSETS_TOPIC], options)
    return (topic?.partitions ?? []).map(({ leader }) => leader)
  } catch (error) {
    if (KbackupError.is(error, 'KB_KAFKA_AUTHORIZATION')) return []
    throw error
  }
}
