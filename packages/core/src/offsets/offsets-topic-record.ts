import type { GroupOffset } from '../kafka/kafka-groups.ts'
import type { TopicPartition } from '../kafka/topic-partition.ts'
import { StructureReader } from './structure-reader.ts'

/** The topic in which brokers keep the positions of consumer groups. */
export const OFFSETS_TOPIC = '__consumer_offsets'

/** Whose position a record of the offsets topic is about. */
export interface GroupPartition extends TopicPartition {
  readonly groupId: string
}

/** A position as a record states it. */
export interface CommittedPosition extends Pick<GroupOffset, 'offset' | 'leaderEpoch'> {
  readonly metadata: string
  /** The clock of the coordinator, or what an old client claimed; the time of the record is what counts. */
  readonly commitTimestamp: bigint
}

/** Why a record says nothing that is understood; `empty-key` and `malformed` never come from a broker. */
export type SkipReason = 'unknown-key' | 'unknown-value' | 'malformed' | 'empty-key'

/** What a record of the offsets topic says. */
export type OffsetsTopicRecord =
  /** A position was committed, or, with `null`, deleted. */
  | { readonly type: 'position'; readonly key: GroupPartition; readonly position: CommittedPosition | null }
  /** The state of a classic group: members and generation, no positions. */
  | { readonly type: 'group'; readonly groupId: string }
  | {
      readonly type: 'skipped'
      readonly reason: SkipReason
      /** The version of the key, and of the value where the key was understood; −1 where there is none. */
      readonly keyVersion: number
      readonly valueVersion: number
      /** Whose position it is about, where the key was understood. */
      readonly key: GroupPartition | null
    }

/*
 * key     | version int16 | …
 *   0, 1    OffsetCommitKey     group string, topic string, partition int32
 *   2       GroupMetadataKey    group string
 *   3 …     consumer, share and streams groups (KIP-848, KIP-932, KIP-1071): members and assignments, no positions
 *
 * value   | version int16 | offset int64 | leader epoch int32 (3+) | metadata string | commit time int64 |
 *         | expire time int64 (1) | tagged fields (4+, where strings are compact) |
 *
 * Source: OffsetCommitKey.json, OffsetCommitValue.json and GroupMetadataKey.json of Kafka's group-coordinator (KIP-211,
 * KIP-320, KIP-915)
 */
const POSITION_KEYS: readonly number[] = [0, 1]
const GROUP_KEY = 2
const LAST_VALUE_VERSION = 4

/**
 * Reads one record of `__consumer_offsets`. What is of an unknown version, or not as its version demands, is `skipped`,
 * never an error: the topic holds more than positions, and newer brokers add to it.
 */
export function readOffsetsTopicRecord(key: Buffer | null, value: Buffer | null): OffsetsTopicRecord {
  if (key === null || key.length < 2) return skipped('empty-key', -1)
  const keyVersion = key.readInt16BE(0)
  const reader = new StructureReader(key, 2)
  if (POSITION_KEYS.includes(keyVersion)) return positionRecord(reader, keyVersion, value)
  if (keyVersion !== GROUP_KEY) return skipped('unknown-key', keyVersion)
  const groupId = reader.string()
  return groupId === undefined ? skipped('malformed', keyVersion) : { type: 'group', groupId }
}

function positionRecord(reader: StructureReader, keyVersion: number, value: Buffer | null): OffsetsTopicRecord {
  const [groupId, topic, partition] = [reader.string(), reader.string(), reader.int32()]
  if (groupId === undefined || topic === undefined || partition === undefined) return skipped('malformed', keyVersion)
  const key = { groupId, topic, partition }
  if (value === null) return { type: 'position', key, position: null }
  const valueVersion = value.length < 2 ? -1 : value.readInt16BE(0)
  if (valueVersion > LAST_VALUE_VERSION) return { ...skipped('unknown-value', keyVersion), valueVersion, key }
  const position = valueVersion < 0 ? undefined : readPosition(new StructureReader(value, 2), valueVersion)
  if (position === undefined) return { ...skipped('malformed', keyVersion), valueVersion, key }
  return { type: 'position', key, position }
}

function readPosition(reader: StructureReader, version: number): CommittedPosition | undefined {
  const offset = reader.int64()
  const leaderEpoch = version >= 3 ? reader.int32() : -1
  const metadata = version >= 4 ? reader.compactString() : reader.string()
  const commitTimestamp = reader.int64()
  if (offset === undefined || leaderEpoch === undefined || metadata === undefined) return undefined
  return commitTimestamp === undefined ? undefined : { offset, leaderEpoch, metadata, commitTimestamp }
}

function skipped(reason: SkipReason, keyVersion: number) {
  return { type: 'skipped', reason, keyVersion, valueVersion: -1, key: null } as const
}
