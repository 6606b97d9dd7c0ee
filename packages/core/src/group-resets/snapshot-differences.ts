import type { KafkaCluster } from '../kafka/kafka-cluster.ts'
import { partitionName, type TopicPartition } from '../kafka/topic-partition.ts'
import type { GroupReset } from '../offsets/group-reset.ts'
import type { GroupSnapshot, GroupSnapshotGroup } from './group-snapshot.ts'
import { readableOffsets } from './readable-offsets.ts'

/** A position that a group has otherwise than in a snapshot; `null` is absence. */
export interface SnapshotDifference extends TopicPartition {
  readonly groupId: string
  readonly wanted: bigint | null
  readonly found: bigint | null
}

/** What it takes to bring groups back to a snapshot: where they stand otherwise, and what they are to be set to. */
export interface SnapshotComparison {
  readonly differences: readonly SnapshotDifference[]
  readonly resets: readonly GroupReset[]
}

/** Compares groups of a live cluster with a snapshot. */
export async function compareWithSnapshot(
  cluster: KafkaCluster,
  snapshot: GroupSnapshot,
  { groupIds, signal }: { readonly groupIds: readonly string[]; readonly signal?: AbortSignal | undefined },
): Promise<SnapshotComparison> {
  const wanted = new Set(groupIds)
  const groups = snapshot.groups.filter(({ groupId }) => wanted.has(groupId))
  const fetched = await cluster.fetchGroupOffsets(
    groups.map(({ groupId }) => groupId),
    { signal },
  )
  const current = new Map(
    fetched.map((group) => [group.groupId, readableOffsets(group, 'nothing was compared or changed')]),
  )
  const differences = groups.flatMap((group) =>
    differencesOf(group, { found: current.get(group.groupId) ?? [], isWhole: snapshot.kind === 'snapshot' }),
  )
  const resets = groups.map((group) => resetOf(group, differences))
  return { differences, resets: resets.filter(({ positions, absent }) => positions.length + absent.length > 0) }
}

interface Found {
  readonly found: readonly (TopicPartition & { readonly offset: bigint })[]
  /** Whether the group had nothing beside what the snapshot names. */
  readonly isWhole: boolean
}

function differencesOf(
  { groupId, offsets, absent }: GroupSnapshotGroup,
  { found, isWhole }: Found,
): readonly SnapshotDifference[] {
  const before = new Map(offsets.map((each) => [partitionName(each), each.offset]))
  const now = new Map(found.map((each) => [partitionName(each), each.offset]))
  const known = new Set([...offsets, ...absent].map(partitionName))
  const others = isWhole ? found.filter((each) => !known.has(partitionName(each))) : []
  return [...offsets, ...absent, ...others].flatMap(({ topic, partition }) => {
    const name = partitionName({ topic, partition })
    const [wanted, stands] = [before.get(name) ?? null, now.get(name) ?? null]
    return wanted === stands ? [] : [{ groupId, topic, partition, wanted, found: stands }]
  })
}

function resetOf({ groupId, offsets }: GroupSnapshotGroup, differences: readonly SnapshotDifference[]) {
  const own = new Map(differences.filter((each) => each.groupId === groupId).map((each) => [partitionName(each), each]))
  const positions = offsets
    .filter((each) => own.has(partitionName(each)))
    .map(({ topic, partition, offset, metadata }) => ({ topic, partition, offset, metadata }))
  const absent = [...own.values()]
    .filter(({ wanted }) => wanted === null)
    .map(({ topic, partition }) => ({ topic, partition }))
  return { groupId, positions, absent }
}
