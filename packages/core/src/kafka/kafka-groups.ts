import type { ProtocolError } from './protocol-error.ts'
import type { TopicPartition } from './topic-partition.ts'

export interface GroupListing {
  readonly groupId: string
  /**
   * `consumer` for classic consumer groups; empty for groups that only store positions; what else Connect and others
   * write.
   */
  readonly protocolType: string
  /** As the broker spells it: `Stable`, `Empty`, `Dead`, … */
  readonly state: string
  /** The kind of group (KIP-848, KIP-932, KIP-1071): `classic`, `consumer`, `share`, `streams`. */
  readonly type: string
}

export interface GroupMember {
  readonly memberId: string
  readonly clientId: string
  readonly clientHost: string
}

export interface GroupDescription {
  readonly groupId: string
  readonly state: string
  readonly protocolType: string
  readonly members: readonly GroupMember[]
  readonly error?: ProtocolError | undefined
}

/** A committed position: the offset of the next record that the group will read. */
export interface GroupOffset extends TopicPartition {
  readonly offset: bigint
  /** −1 where the commit did not say. */
  readonly leaderEpoch: number
  readonly metadata: string | null
}

export interface GroupOffsets {
  readonly groupId: string
  readonly offsets: readonly GroupOffset[]
  /** Of the group as a whole. */
  readonly error?: ProtocolError | undefined
}

/** What became of one position of a commit or delete of positions. */
export interface GroupOffsetResult extends TopicPartition {
  readonly error?: ProtocolError | undefined
}
