import { createHash } from 'node:crypto'
import type {
  NewTopic,
  TopicConfigChange,
  TopicConfigEntry,
  TopicDescription,
  TopicResult,
} from '../../kafka/kafka-topics.ts'
import type { TopicPartition } from '../../kafka/topic-partition.ts'
import { type BrokerErrorName, brokerError } from './broker-error.ts'
import { type MemoryPartition, MemoryTopic } from './memory-topic.ts'
import { TopicConfigs } from './topic-configs.ts'

export interface TopicTableOptions {
  readonly brokerCount: number
  /** Tells the topic ids of this cluster from those of another. */
  readonly clusterId: string
}

const NAME = /^[A-Za-z0-9._-]{1,249}$/

/** The topics of a cluster, with the answers of its controller. */
export class TopicTable {
  readonly #options: TopicTableOptions
  readonly #topics = new Map<string, MemoryTopic>()
  #created = 0

  constructor(options: TopicTableOptions) {
    this.#options = options
  }

  topic(name: string): MemoryTopic | undefined {
    return this.#topics.get(name)
  }

  partition({ topic, partition }: TopicPartition): MemoryPartition | undefined {
    return this.#topics.get(topic)?.partitions[partition]
  }

  describe(topics: readonly string[] | 'all'): readonly TopicDescription[] {
    const names = topics === 'all' ? [...this.#topics.keys()].sort() : topics
    return names.flatMap((name) => this.#topics.get(name)?.describe() ?? [])
  }

  describeConfigs(topics: readonly string[]): ReadonlyMap<string, readonly TopicConfigEntry[]> {
    const known = topics.flatMap((name) => this.#topics.get(name) ?? [])
    return new Map(known.map(({ topic, configs }) => [topic, configs.entries()]))
  }

  create(spec: NewTopic): TopicResult {
    const { topic, partitionCount, configs } = spec
    const replicationFactor = spec.replicationFactor === -1 ? 1 : spec.replicationFactor
    const fault = this.#creationFault({ ...spec, replicationFactor })
    if (fault !== undefined) return { topic, error: brokerError(...fault) }
    const { brokerCount } = this.#options
    const topicId = this.#nextTopicId()
    const count = partitionCount === -1 ? 1 : partitionCount
    this.#topics.set(
      topic,
      new MemoryTopic({ topic, topicId, partitionCount: count, configs, replicationFactor, brokerCount }),
    )
    return { topic }
  }

  grow(topic: string, partitionCount: number): TopicResult {
    const found = this.#topics.get(topic)
    if (found === undefined) return unknownTopic(topic)
    if (partitionCount <= found.partitions.length) {
      const message = `the topic has ${found.partitions.length} partitions already`
      return { topic, error: brokerError('INVALID_PARTITIONS', message) }
    }
    found.grow(partitionCount)
    return { topic }
  }

  changeConfigs({ topic, configs }: TopicConfigChange): TopicResult {
    const found = this.#topics.get(topic)
    if (found === undefined) return unknownTopic(topic)
    const fault = TopicConfigs.fault(configs)
    if (fault !== undefined) return { topic, error: brokerError('INVALID_CONFIG', fault) }
    found.configs.change(configs)
    return { topic }
  }

  delete(topic: string): TopicResult {
    return this.#topics.delete(topic) ? { topic } : unknownTopic(topic)
  }

  #creationFault(spec: NewTopic): [name: BrokerErrorName, message: string] | undefined {
    const { topic, partitionCount, replicationFactor, configs } = spec
    if (!NAME.test(topic) || topic === '.' || topic === '..') return ['INVALID_TOPIC_EXCEPTION', 'not a topic name']
    if (this.#topics.has(topic)) return ['TOPIC_ALREADY_EXISTS', `topic ${topic} already exists`]
    if (partitionCount < 1 && partitionCount !== -1) return ['INVALID_PARTITIONS', 'at least one partition is needed']
    if (replicationFactor < 1 || replicationFactor > this.#options.brokerCount) {
      return ['INVALID_REPLICATION_FACTOR', `there are ${this.#options.brokerCount} brokers`]
    }
    const fault = TopicConfigs.fault(configs)
    return fault === undefined ? undefined : ['INVALID_CONFIG', fault]
  }

  #nextTopicId(): string {
    this.#created += 1
    return createHash('sha256').update(`${this.#options.clusterId}/${this.#created}`).digest('hex').slice(0, 32)
  }
}

function unknownTopic(topic: string): TopicResult {
  return { topic, error: brokerError('UNKNOWN_TOPIC_OR_PARTITION') }
}
