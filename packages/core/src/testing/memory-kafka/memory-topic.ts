import type { PartitionDescription, TopicDescription } from '../../kafka/kafka-topics.ts'
import { PartitionLog } from './partition-log.ts'
import { TopicConfigs } from './topic-configs.ts'

/** One partition of a topic: its log, where it is led, and the line in which appends wait. */
export class MemoryPartition {
  readonly log: PartitionLog
  readonly replicas: readonly number[]
  #appending: Promise<unknown> = Promise.resolve()

  constructor(topic: string, { partition, replicas }: Pick<PartitionDescription, 'partition' | 'replicas'>) {
    this.log = new PartitionLog({ topic, partition })
    this.replicas = replicas
  }

  /** Does one thing after the other, in the order of the calls, however long the checks before an append take. */
  inOrder<Value>(perform: () => Promise<Value>): Promise<Value> {
    const result = this.#appending.then(perform)
    this.#appending = result.catch(() => undefined)
    return result
  }
}

export interface MemoryTopicOptions {
  readonly topic: string
  readonly topicId: string
  readonly partitionCount: number
  readonly configs: Readonly<Record<string, string>>
  readonly replicationFactor: number
  readonly brokerCount: number
}

/** One life of a topic: recreating it makes another one, with another id. */
export class MemoryTopic {
  readonly topic: string
  readonly topicId: string
  readonly configs = new TopicConfigs()
  readonly partitions: MemoryPartition[] = []
  readonly #replicationFactor: number
  readonly #brokerCount: number

  constructor(options: MemoryTopicOptions) {
    this.topic = options.topic
    this.topicId = options.topicId
    this.#replicationFactor = options.replicationFactor
    this.#brokerCount = options.brokerCount
    this.configs.change(options.configs)
    this.grow(options.partitionCount)
  }

  get isInternal(): boolean {
    return this.topic === '__consumer_offsets' || this.topic === '__transaction_state'
  }

  grow(partitionCount: number): void {
    for (let partition = this.partitions.length; partition < partitionCount; partition += 1) {
      this.partitions.push(new MemoryPartition(this.topic, { partition, replicas: this.#replicasOf(partition) }))
    }
  }

  describe(): TopicDescription {
    const { topic, topicId, isInternal: internal } = this
    return { topic, topicId, internal, partitions: this.partitions.map(describePartition) }
  }

  /** Broker ids count from 1; leaders go round. */
  #replicasOf(partition: number): readonly number[] {
    return Array.from({ length: this.#replicationFactor }, (_, index) => ((partition + index) % this.#brokerCount) + 1)
  }
}

function describePartition({ log, replicas }: MemoryPartition): PartitionDescription {
  const leader = replicas[0] ?? -1
  const leaderEpoch = log.epochs.current
  return { partition: log.where.partition, leader, leaderEpoch, replicas, inSyncReplicas: replicas }
}
