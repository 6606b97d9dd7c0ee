import type { GroupMember, GroupOffset } from '../../kafka/kafka-groups.ts'
import type { TopicPartition } from '../../kafka/topic-partition.ts'
import { int16, int32, int64, positionKey, string } from './group-log-bytes.ts'
import type { TestRecord } from './test-record.ts'

/*
 * key     | version int16 1 | group string | topic string | partition int32 |                       OffsetCommitKey
 *         | version int16 2 | group string |                                                        GroupMetadataKey
 * value   | version int16 3 | offset int64 | leader epoch int32 | metadata string | commit time int64 |
 *         | version int16 4 |     the same, with a compact string, then a count of tagged fields, 0 |   OffsetCommitValue
 *         | version int16 3 | protocol type string | generation int32 | protocol string | leader string | time int64 |
 *         | members int32 { member id, instance id, client id, host strings, rebalance, session time-outs int32,
 *           subscription, assignment bytes } |                                                       GroupMetadataValue
 *
 * Source: the schemas of Kafka's group-coordinator (KIP-211, KIP-320, KIP-915)
 */

/** The value versions that brokers write: 3 up to Kafka 3.9, 4 since 4.0. */
export type OffsetCommitValueVersion = 3 | 4

export interface CommittedOffset extends GroupOffset {
  readonly commitTimestamp: bigint
}

/** The record that a coordinator writes for a committed position. */
export function positionRecord(
  groupId: string,
  committed: CommittedOffset,
  version: OffsetCommitValueVersion,
): TestRecord {
  const { offset, leaderEpoch, metadata, commitTimestamp } = committed
  const text = metadata ?? ''
  const value = [int16(version), int64(offset), int32(leaderEpoch)]
  if (version === 3) value.push(string(text), int64(commitTimestamp))
  else value.push(compactString(text), int64(commitTimestamp), Buffer.from([0]))
  return { key: positionKey(groupId, committed), value: Buffer.concat(value) }
}

/** The tombstone of a deleted position. */
export function positionTombstone(groupId: string, partition: TopicPartition): TestRecord {
  return { key: positionKey(groupId, partition), value: null }
}

/** The record that a coordinator writes when a classic group changes its generation. */
export function groupRecord(groupId: string, generation: number, members: readonly GroupMember[]): TestRecord {
  const value = [int16(3), string('consumer'), int32(generation), string('range')]
  value.push(string(members[0]?.memberId ?? null), int64(-1n), int32(members.length))
  for (const { memberId, clientId, clientHost } of members) {
    value.push(string(memberId), string(null), string(clientId), string(clientHost))
    value.push(int32(300_000), int32(45_000), int32(0), int32(0))
  }
  return { key: Buffer.concat([int16(2), string(groupId)]), value: Buffer.concat(value) }
}

/** The partition of the offsets topic that holds a group: Java's hash of its id. */
export function groupPartition(groupId: string, partitionCount: number): number {
  let hash = 0
  for (let index = 0; index < groupId.length; index += 1) hash = (Math.imul(31, hash) + groupId.charCodeAt(index)) | 0
  // Java's Math.abs of the least int is negative; Kafka takes 0 for it.
  return hash === -(2 ** 31) ? 0 : Math.abs(hash) % partitionCount
}

/** Its length and one more as an unsigned varint; two bytes are enough for what is written here. */
function compactString(text: string): Buffer {
  const bytes = Buffer.from(text)
  const length = bytes.length + 1
  const prefix = length < 128 ? [length] : [(length & 0x7f) | 0x80, length >> 7]
  return Buffer.concat([Buffer.from(prefix), bytes])
}
