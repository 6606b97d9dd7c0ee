import type { GroupOffset } from '../kafka/kafka-groups.ts'
import { ABSENT } from '../offsets/group-position-exchange.ts'
import type { StoredGroupSnapshot } from './reset-entries.ts'
import type { KnownReset } from './reset-journal.ts'

/** Positions of groups that can be brought back: a snapshot that somebody took, or what a reset found before it began. */
export interface GroupSnapshot {
  readonly snapshotId: string
  readonly kind: 'snapshot' | 'reset'
  readonly description: string | null
  readonly clusterId: string
  readonly takenAtMs: bigint
  /** Whether the reset came to its end; `true` for a snapshot. */
  readonly finished: boolean
  readonly groups: readonly GroupSnapshotGroup[]
}

/** A snapshot that was just taken. */
export interface TakenSnapshot extends GroupSnapshot {
  /**
   * Groups that were named and that the cluster does not have, with names of its own that are alike. They are in the snapshot
   * without positions: who goes back to it deletes those that they have got since.
   */
  readonly notInCluster: readonly { readonly groupId: string; readonly close: readonly string[] }[]
}

/** What a group had. */
export interface GroupSnapshotGroup {
  readonly groupId: string
  readonly offsets: readonly GroupOffset[]
  /** Partitions in which it had none; of a snapshot, all that `offsets` does not name. */
  readonly absent: readonly { readonly topic: string; readonly partition: number }[]
}

export function fromStored({ groups, ...snapshot }: StoredGroupSnapshot): GroupSnapshot {
  const { snapshotId, description, clusterId, takenAtMs } = snapshot
  const facts = { snapshotId, description, clusterId, takenAtMs, kind: 'snapshot', finished: true } as const
  return { ...facts, groups: groups.map(({ groupId, offsets }) => ({ groupId, offsets, absent: [] })) }
}

export function fromReset({ begin, end }: KnownReset): GroupSnapshot {
  const { resetId, origin, clusterId, startedAtMs, groups } = begin
  return {
    snapshotId: resetId,
    kind: 'reset',
    description: `before groups were set by ${origin.kind} ${origin.id}`,
    clusterId,
    takenAtMs: startedAtMs,
    finished: end !== null,
    groups: groups.map(({ groupId, before }) => ({
      groupId,
      offsets: before.filter(({ offset }) => offset !== ABSENT),
      absent: before.filter(({ offset }) => offset === ABSENT).map(({ topic, partition }) => ({ topic, partition })),
    })),
  }
}
