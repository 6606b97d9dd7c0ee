import { KbackupError } from '../../errors/kbackup-error.ts'
import type { GroupMember, GroupOffset } from '../../kafka/kafka-groups.ts'
import type { NewTopic } from '../../kafka/kafka-topics.ts'
import { partitionName, type TopicPartition } from '../../kafka/topic-partition.ts'
import type { TestGroupMember } from './group-table.ts'
import { cleanLog } from './log-cleaning.ts'
import type { MemoryBrokers } from './memory-brokers.ts'
import { MemoryTransaction } from './memory-transaction.ts'
import { producePartition } from './partition-produce.ts'
import { encodeTestBatch, type TestBatchOptions, type TestRecord } from './test-record.ts'

/** How {@link ClusterSimulation.append} makes its batch. */
export type AppendOptions = Pick<TestBatchOptions, 'codec' | 'producer'>

/** What others do to a simulated cluster, and what happens to it, beside the code under test. */
export class ClusterSimulation {
  readonly #brokers: MemoryBrokers

  constructor(brokers: MemoryBrokers) {
    this.#brokers = brokers
  }

  /** Makes a topic of one partition, or as many as are named; refuses as brokers do, by throwing. */
  async createTopic(topic: string, spec: Partial<Omit<NewTopic, 'topic'>> = {}): Promise<void> {
    const { partitionCount = 1, replicationFactor = -1, configs = {} } = spec
    const { error } = this.#brokers.topics.create({ topic, partitionCount, replicationFactor, configs })
    if (error !== undefined) throw refused(`topic ${topic} could not be created: ${error.name} ${error.message ?? ''}`)
  }

  /** Deletes a topic and makes it anew, with another id, empty, and with the partitions and settings it had. */
  async recreateTopic(topic: string): Promise<void> {
    const { topics } = this.#brokers
    const old = topics.topic(topic)
    if (old === undefined) throw refused(`there is no topic ${topic}`)
    const overrides = old.configs.entries().filter(({ isOverride }) => isOverride)
    const configs = Object.fromEntries(overrides.map(({ name, value }) => [name, value ?? '']))
    topics.delete(topic)
    await this.createTopic(topic, { partitionCount: old.partitions.length, configs })
  }

  /** Appends one batch as a producer, with all that brokers check; gives the offset of its first record. */
  async append(where: TopicPartition, records: readonly TestRecord[], options: AppendOptions = {}): Promise<bigint> {
    const { now } = this.#brokers
    const batch = await encodeTestBatch(records, { ...options, now: now() })
    const { baseOffset, error } = await producePartition(this.#brokers, { ...where, batch })
    if (error !== undefined) throw refused(`${partitionName(where)}: ${error.name} ${error.message ?? ''}`)
    this.#brokers.notifyAppend()
    return baseOffset
  }

  /** Puts a batch into the log exactly as it is, unchecked, its offsets included; it must not begin before the log ends. */
  async appendAsIs(where: TopicPartition, batch: Buffer): Promise<void> {
    const { log } = this.#brokers.partitionOf(where)
    if (batch.readBigInt64BE(0) < log.endOffset)
      throw refused(`the batch begins before the end of ${partitionName(where)}`)
    log.appendAsIs(Buffer.from(batch))
    this.#brokers.notifyAppend()
  }

  /** Begins a transaction of a producer with an id of its own. */
  beginTransaction(): MemoryTransaction {
    const { partitionOf, coordinator, now, notifyAppend: onAppend } = this.#brokers
    return new MemoryTransaction({ ...this.#brokers.nextProducer(), partitionOf, coordinator, now, onAppend })
  }

  /** Compacts a partition at once: sparse batches, and holes between them. The newest batch is left alone. */
  async compact(where: TopicPartition): Promise<void> {
    const partition = this.#brokers.partitionOf(where)
    await partition.inOrder(() => cleanLog(partition.log))
  }

  /**
   * Begins a new leader epoch. With `truncateTo` the election was unclean: what lies there or behind is gone, and a batch
   * that it falls into is gone as a whole.
   */
  async electLeader(where: TopicPartition, { truncateTo }: { readonly truncateTo?: bigint } = {}): Promise<void> {
    this.#brokers.partitionOf(where).log.electLeader(truncateTo)
  }

  /** Makes the leader forget its idempotent producers, as after `producer.id.expiration.ms`. */
  async expireProducers(where: TopicPartition): Promise<void> {
    this.#brokers.partitionOf(where).log.producers.clear()
  }

  /** Lets a consumer join a group, made if need be; while it is there, administrators cannot commit. */
  joinGroup(groupId: string, member: TestGroupMember = {}): Promise<GroupMember> {
    return this.#brokers.coordinator.join(groupId, member)
  }

  leaveGroup(groupId: string, memberId: string): Promise<void> {
    return this.#brokers.coordinator.leave(groupId, memberId)
  }

  /** Commits positions as a member of the group does. */
  async commitAsMember(groupId: string, offsets: readonly GroupOffset[]): Promise<void> {
    const results = await this.#brokers.coordinator.commitAsMember(groupId, offsets)
    const failed = results.find(({ error }) => error !== undefined)
    if (failed !== undefined)
      throw refused(`${groupId} could not commit ${partitionName(failed)}: ${failed.error?.name}`)
  }
}

function refused(message: string): KbackupError {
  return new KbackupError('KB_USAGE', { message: `simulated cluster: ${message}` })
}
