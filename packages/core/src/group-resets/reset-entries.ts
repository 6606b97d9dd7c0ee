import {
  decimal,
  int64,
  list,
  literal,
  nullable,
  object,
  oneOf,
  type Shape,
  text,
  wholeNumber,
} from '../archive/json-shape.ts'
import type { GroupOffset } from '../kafka/kafka-groups.ts'
import type { GroupResetOutcome, GroupResetPosition } from '../offsets/group-reset.ts'

/** One group of a reset: what stood there, and what is to stand there, in the same order; an offset of −1 is absence. */
export interface ResetGroupEntry {
  readonly groupId: string
  readonly before: readonly GroupOffset[]
  readonly wanted: readonly GroupResetPosition[]
}

/** What a reset is about to do, on the store before it does anything. */
export interface ResetBegin {
  readonly format: 1
  readonly resetId: string
  /** Positions were found by the map of a restore, or are those of a snapshot of groups or of an earlier reset. */
  readonly origin: ResetOrigin
  readonly clusterId: string
  readonly startedAtMs: bigint
  readonly groups: readonly ResetGroupEntry[]
}

/** Where the positions of a reset come from. */
export interface ResetOrigin {
  readonly kind: 'restore' | 'snapshot'
  readonly id: string
}

/** How a reset ended; one without it was cut short. */
export interface ResetEnd {
  readonly format: 1
  readonly endedAtMs: bigint
  readonly groups: readonly ResetGroupEnd[]
}

export interface ResetGroupEnd {
  readonly groupId: string
  readonly outcome: GroupResetOutcome
  readonly reason: string | null
}

/** Positions of groups in a cluster, kept so that they can be brought back. */
export interface StoredGroupSnapshot {
  readonly format: 1
  readonly snapshotId: string
  readonly description: string | null
  readonly clusterId: string
  readonly brokers: readonly string[]
  readonly takenAtMs: bigint
  readonly groups: readonly SnapshotGroup[]
}

/** All positions that a group had. */
export interface SnapshotGroup {
  readonly groupId: string
  readonly offsets: readonly GroupOffset[]
}

const partition = wholeNumber(0, 0x7fff_ffff)
const position = decimal(-1n)
const format = literal(1)

const groupOffset: Shape<GroupOffset> = object<GroupOffset>({
  topic: text,
  partition,
  offset: position,
  leaderEpoch: wholeNumber(-1, 0x7fff_ffff),
  metadata: nullable(text),
})

const wanted: Shape<GroupResetPosition> = object<GroupResetPosition>({
  topic: text,
  partition,
  offset: position,
  metadata: nullable(text),
})

export const resetBegin: Shape<ResetBegin> = object<ResetBegin>({
  format,
  resetId: text,
  origin: object({ kind: oneOf('restore', 'snapshot'), id: text }),
  clusterId: text,
  startedAtMs: int64,
  groups: list(object<ResetGroupEntry>({ groupId: text, before: list(groupOffset), wanted: list(wanted) })),
})

const OUTCOMES = ['reset', 'untouched', 'rolled-back', 'rollback-refused', 'rollback-failed'] as const

export const resetEnd: Shape<ResetEnd> = object<ResetEnd>({
  format,
  endedAtMs: int64,
  groups: list(object<ResetGroupEnd>({ groupId: text, outcome: oneOf(...OUTCOMES), reason: nullable(text) })),
})

export const storedSnapshot: Shape<StoredGroupSnapshot> = object<StoredGroupSnapshot>({
  format,
  snapshotId: text,
  description: nullable(text),
  clusterId: text,
  brokers: list(text),
  takenAtMs: int64,
  groups: list(object<SnapshotGroup>({ groupId: text, offsets: list(groupOffset) })),
})
