import type { GroupDescription, GroupListing, GroupMember, GroupOffset } from '../../kafka/kafka-groups.ts'
import { partitionName, type TopicPartition } from '../../kafka/topic-partition.ts'

/** A member of a simulated group. */
export interface TestGroupMember extends Partial<GroupMember> {
  /** What it subscribes to; brokers then refuse to delete the group's positions in these topics. */
  readonly topics?: readonly string[] | undefined
}

interface Member extends GroupMember {
  readonly topics: readonly string[]
}

interface Pending {
  readonly producerId: bigint
  readonly offsets: readonly GroupOffset[]
}

/** One consumer group: members, positions, and positions that wait for the end of a transaction. */
export class MemoryGroup {
  readonly groupId: string
  readonly offsets = new Map<string, GroupOffset>()
  generation = 0
  #members: readonly Member[] = []
  #pending: readonly Pending[] = []

  constructor(groupId: string) {
    this.groupId = groupId
  }

  get members(): readonly GroupMember[] {
    return this.#members.map(({ memberId, clientId, clientHost }) => ({ memberId, clientId, clientHost }))
  }

  /** Whether a position waits for a transaction to end, so that none can be given that is stable (KIP-447). */
  get hasPending(): boolean {
    return this.#pending.length > 0
  }

  isSubscribedTo(topic: string): boolean {
    return this.#members.some(({ topics }) => topics.includes(topic))
  }

  join({ memberId, clientId = 'test', clientHost = '/127.0.0.1', topics = [] }: TestGroupMember): GroupMember {
    this.generation += 1
    const member = { memberId: memberId ?? `${clientId}-${this.generation}`, clientId, clientHost, topics }
    this.#members = [...this.#members.filter((known) => known.memberId !== member.memberId), member]
    return member
  }

  leave(memberId: string): void {
    this.generation += 1
    this.#members = this.#members.filter((member) => member.memberId !== memberId)
  }

  commit(offsets: readonly GroupOffset[]): void {
    for (const { topic, partition, offset, leaderEpoch, metadata } of offsets) {
      const position = { topic, partition, offset, leaderEpoch, metadata: metadata ?? '' }
      this.offsets.set(partitionName(position), position)
    }
  }

  forget(partition: TopicPartition): void {
    this.offsets.delete(partitionName(partition))
  }

  addPending(pending: Pending): void {
    this.#pending = [...this.#pending, pending]
  }

  /** Makes the pending positions of a producer stand, or drops them. */
  endPending(producerId: bigint, outcome: 'commit' | 'abort'): void {
    const ended = this.#pending.filter((pending) => pending.producerId === producerId)
    this.#pending = this.#pending.filter((pending) => pending.producerId !== producerId)
    if (outcome === 'commit') for (const { offsets } of ended) this.commit(offsets)
  }

  describe(): GroupDescription {
    const { groupId, members } = this
    return { groupId, state: this.#state, protocolType: this.#protocolType, members }
  }

  list(): GroupListing {
    return { groupId: this.groupId, protocolType: this.#protocolType, state: this.#state, type: 'classic' }
  }

  get #state(): string {
    return this.#members.length > 0 ? 'Stable' : 'Empty'
  }

  /** Empty for groups that nobody ever joined, as those of administrators and of manual assignment. */
  get #protocolType(): string {
    return this.generation > 0 ? 'consumer' : ''
  }
}

/** The consumer groups of a cluster. */
export class GroupTable {
  readonly #groups = new Map<string, MemoryGroup>()

  get all(): readonly MemoryGroup[] {
    return [...this.#groups.values()]
  }

  find(groupId: string): MemoryGroup | undefined {
    return this.#groups.get(groupId)
  }

  findOrCreate(groupId: string): MemoryGroup {
    const group = this.#groups.get(groupId) ?? new MemoryGroup(groupId)
    this.#groups.set(groupId, group)
    return group
  }
}
