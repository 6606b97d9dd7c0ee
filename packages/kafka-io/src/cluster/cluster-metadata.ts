import type { TopicPartition } from '@kbackup/core'
import type { BrokerAddress } from '../connection/broker-address.ts'
import { ProtocolCode } from '../protocol/protocol-code.ts'
import type { MetadataPartition, MetadataResponse, MetadataTopic } from '../requests/metadata.ts'

/** Where requests for a partition go, or why that is not known. */
export type Leader =
  | { readonly found: true; readonly brokerId: number; readonly leaderEpoch: number }
  | { readonly found: false; readonly errorCode: number }

const NO_BROKER = -1

/** What is known of the cluster: its brokers, and the leaders of the partitions that were asked for. */
export class ClusterMetadata {
  #brokers: ReadonlyMap<number, BrokerAddress> = new Map()
  #controllerId = NO_BROKER
  readonly #topics = new Map<string, KnownTopic>()

  get controllerId(): number {
    return this.#controllerId
  }

  /** Where the members of the cluster are; empty before the first metadata. */
  get brokers(): ReadonlyMap<number, BrokerAddress> {
    return this.#brokers
  }

  learn({ brokers, controllerId, topics }: MetadataResponse): void {
    this.#brokers = new Map(brokers.map(({ brokerId, host, port }) => [brokerId, { host, port }]))
    this.#controllerId = controllerId
    for (const topic of topics) this.#topics.set(topic.topic, knownTopic(topic, this.#topics.get(topic.topic)))
  }

  isFresh(topic: string): boolean {
    return this.#topics.get(topic)?.stale === false
  }

  /** Makes the next question about these topics ask the cluster again. */
  expire(topics: Iterable<string>): void {
    for (const topic of topics) {
      const known = this.#topics.get(topic)
      if (known) this.#topics.set(topic, { ...known, stale: true })
    }
  }

  leaderOf({ topic, partition }: TopicPartition): Leader {
    const known = this.#topics.get(topic)
    if (!known) return { found: false, errorCode: ProtocolCode.unknownTopicOrPartition }
    if (known.errorCode !== 0) return { found: false, errorCode: known.errorCode }
    const described = known.partitions.get(partition)
    if (!described) return { found: false, errorCode: ProtocolCode.unknownTopicOrPartition }
    if (!this.#brokers.has(described.leader)) return { found: false, errorCode: ProtocolCode.leaderNotAvailable }
    return { found: true, brokerId: described.leader, leaderEpoch: described.leaderEpoch }
  }
}

interface KnownTopic {
  readonly topicId: string
  readonly errorCode: number
  readonly partitions: ReadonlyMap<number, MetadataPartition>
  readonly stale: boolean
}

/**
 * A broker may lag behind and still name an old leader: of each partition the view of the newer epoch stays, as long as
 * the topic is the same one (KIP-320).
 */
function knownTopic(topic: MetadataTopic, before: KnownTopic | undefined): KnownTopic {
  const same = before?.topicId === topic.topicId ? before.partitions : undefined
  const newer = (seen: MetadataPartition): MetadataPartition => {
    const held = same?.get(seen.partition)
    return held && held.leaderEpoch > seen.leaderEpoch ? held : seen
  }
  const partitions = new Map(topic.partitions.map((seen) => [seen.partition, newer(seen)]))
  return { topicId: topic.topicId, errorCode: topic.errorCode, partitions, stale: false }
}
