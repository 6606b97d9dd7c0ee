import type { BatchProducer } from '../../batch/batch-builder.ts'
import { TRANSACTIONAL_FLAG } from '../../batch/batch-layout.ts'
import type { ProducerIdentity } from '../../kafka/kafka-data.ts'
import type {
  GroupDescription,
  GroupListing,
  GroupMember,
  GroupOffset,
  GroupOffsetResult,
  GroupOffsets,
} from '../../kafka/kafka-groups.ts'
import type { TopicPartition } from '../../kafka/topic-partition.ts'
import { brokerError } from './broker-error.ts'
import { GroupTable, type TestGroupMember } from './group-table.ts'
import type { MemoryPartition } from './memory-topic.ts'
import {
  groupPartition,
  groupRecord,
  type OffsetCommitValueVersion,
  positionRecord,
  positionTombstone,
} from './offsets-topic.ts'
import { encodeTestBatch, type TestRecord } from './test-record.ts'
import type { TopicTable } from './topic-table.ts'

export interface GroupCoordinatorOptions {
  readonly topics: TopicTable
  readonly now: () => bigint
  readonly offsetsTopicPartitions: number
  readonly valueVersion: OffsetCommitValueVersion
  /** Called whenever the offsets topic has grown. */
  readonly onAppend: () => void
}

const OFFSETS_TOPIC = '__consumer_offsets'
const MAX_METADATA_BYTES = 4_096

/** All group coordinators of a cluster: keeps groups, and writes what they do into `__consumer_offsets`. */
export class GroupCoordinator {
  readonly #options: GroupCoordinatorOptions
  readonly #groups = new GroupTable()

  constructor(options: GroupCoordinatorOptions) {
    this.#options = options
  }

  list(): readonly GroupListing[] {
    return this.#groups.all.map((group) => group.list())
  }

  describe(groupId: string): GroupDescription {
    const dead = { groupId, state: 'Dead', protocolType: '', members: [] }
    return this.#groups.find(groupId)?.describe() ?? dead
  }

  /** The positions that are stable; error 88 beside them while a transaction has others pending. */
  fetchOffsets(groupId: string): GroupOffsets {
    const group = this.#groups.find(groupId)
    const offsets = [...(group?.offsets.values() ?? [])]
    return group?.hasPending ? { groupId, offsets, error: brokerError('UNSTABLE_OFFSET_COMMIT') } : { groupId, offsets }
  }

  /** Commits as an administrator, who is refused while the group has members. */
  async commit(groupId: string, offsets: readonly GroupOffset[]): Promise<readonly GroupOffsetResult[]> {
    const members = this.#groups.find(groupId)?.members ?? []
    if (members.length === 0) return this.commitAsMember(groupId, offsets)
    return offsets.map(({ topic, partition }) => ({ topic, partition, error: brokerError('UNKNOWN_MEMBER_ID') }))
  }

  async commitAsMember(groupId: string, offsets: readonly GroupOffset[]): Promise<readonly GroupOffsetResult[]> {
    const results = offsets.map((offset) => this.#resultOf(offset))
    const accepted = offsets.filter((_, index) => results[index]?.error === undefined)
    this.#groups.findOrCreate(groupId).commit(accepted)
    await this.#write(groupId, this.#positionRecords(groupId, accepted))
    return results
  }

  /** Commits within a transaction: the positions wait for {@link endTransaction}. Gives where they were written. */
  async commitInTransaction(
    groupId: string,
    offsets: readonly GroupOffset[],
    identity: ProducerIdentity,
  ): Promise<TopicPartition> {
    this.#groups.findOrCreate(groupId).addPending({ producerId: identity.producerId, offsets })
    // Coordinators give positions of a transaction no sequence.
    await this.#write(groupId, this.#positionRecords(groupId, offsets), { ...identity, baseSequence: -1 })
    return this.#partitionOf(groupId).log.where
  }

  endTransaction(producerId: bigint, outcome: 'commit' | 'abort'): void {
    for (const group of this.#groups.all) group.endPending(producerId, outcome)
  }

  async deleteOffsets(groupId: string, partitions: readonly TopicPartition[]): Promise<readonly GroupOffsetResult[]> {
    const group = this.#groups.find(groupId)
    if (group === undefined)
      return partitions.map((item) => ({ ...named(item), error: brokerError('GROUP_ID_NOT_FOUND') }))
    const isRefused = ({ topic }: TopicPartition): boolean => group.isSubscribedTo(topic)
    const deleted = partitions.filter((item) => !isRefused(item))
    for (const item of deleted) group.forget(item)
    await this.#write(
      groupId,
      deleted.map((item) => positionTombstone(groupId, item)),
    )
    return partitions.map((item) =>
      isRefused(item) ? { ...named(item), error: brokerError('GROUP_SUBSCRIBED_TO_TOPIC') } : named(item),
    )
  }

  async join(groupId: string, member: TestGroupMember): Promise<GroupMember> {
    const joined = this.#groups.findOrCreate(groupId).join(member)
    await this.#writeGeneration(groupId)
    return joined
  }

  async leave(groupId: string, memberId: string): Promise<void> {
    this.#groups.find(groupId)?.leave(memberId)
    await this.#writeGeneration(groupId)
  }

  async #writeGeneration(groupId: string): Promise<void> {
    const { generation, members } = this.#groups.findOrCreate(groupId)
    await this.#write(groupId, [groupRecord(groupId, generation, members)])
  }

  #resultOf({ topic, partition, metadata }: GroupOffset): GroupOffsetResult {
    if (this.#options.topics.partition({ topic, partition }) === undefined) {
      return { topic, partition, error: brokerError('UNKNOWN_TOPIC_OR_PARTITION') }
    }
    const isTooLong = Buffer.byteLength(metadata ?? '') > MAX_METADATA_BYTES
    return isTooLong ? { topic, partition, error: brokerError('OFFSET_METADATA_TOO_LARGE') } : { topic, partition }
  }

  #positionRecords(groupId: string, offsets: readonly GroupOffset[]): readonly TestRecord[] {
    const { now, valueVersion } = this.#options
    return offsets.map((offset) => positionRecord(groupId, { ...offset, commitTimestamp: now() }, valueVersion))
  }

  async #write(groupId: string, records: readonly TestRecord[], producer?: BatchProducer): Promise<void> {
    if (records.length === 0) return
    const partition = this.#partitionOf(groupId)
    await partition.inOrder(async () => {
      const flags = producer === undefined ? 0 : TRANSACTIONAL_FLAG
      partition.log.append(await encodeTestBatch(records, { now: this.#options.now(), producer, flags }))
    })
    this.#options.onAppend()
  }

  #partitionOf(groupId: string): MemoryPartition {
    const { topics, offsetsTopicPartitions: partitionCount } = this.#options
    const configs = { 'cleanup.policy': 'compact' }
    if (topics.topic(OFFSETS_TOPIC) === undefined) {
      topics.create({ topic: OFFSETS_TOPIC, partitionCount, replicationFactor: 1, configs })
    }
    const partition = topics.partition({ topic: OFFSETS_TOPIC, partition: groupPartition(groupId, partitionCount) })
    if (partition === undefined) throw new Error(`${OFFSETS_TOPIC} was deleted or has lost partitions`)
    return partition
  }
}

function named({ topic, partition }: TopicPartition): TopicPartition {
  return { topic, partition }
}
