import type { BatchCodec } from '../batch/batch-codec.ts'
import type { CallOptions, KafkaCluster, ListGroupsOptions } from '../kafka/kafka-cluster.ts'
import type {
  FetchedPartition,
  FetchRequest,
  FetchResponse,
  PartitionProducers,
  ProduceRequest,
  ProduceResult,
  ProducerIdentity,
} from '../kafka/kafka-data.ts'
import type {
  GroupDescription,
  GroupListing,
  GroupOffset,
  GroupOffsetResult,
  GroupOffsets,
} from '../kafka/kafka-groups.ts'
import type {
  ClusterDescription,
  LeaderEpochEnd,
  LeaderEpochQuery,
  NewTopic,
  OffsetAnswer,
  OffsetQuery,
  TopicConfigChange,
  TopicConfigEntry,
  TopicDescription,
  TopicResult,
} from '../kafka/kafka-topics.ts'
import type { ProtocolError } from '../kafka/protocol-error.ts'
import type { TopicPartition } from '../kafka/topic-partition.ts'
import { brokerError } from './memory-kafka/broker-error.ts'
import { type BrokerApi, BrokerFaults } from './memory-kafka/broker-faults.ts'
import { ClusterSimulation } from './memory-kafka/cluster-simulation.ts'
import { MemoryBrokers, type MemoryKafkaClusterOptions } from './memory-kafka/memory-brokers.ts'
import { lookUpOffset } from './memory-kafka/offset-lookup.ts'
import { fetchError } from './memory-kafka/partition-fetch.ts'
import { producePartition } from './memory-kafka/partition-produce.ts'
import { deleteRecordsBefore } from './memory-kafka/record-deletion.ts'

/**
 * A {@link KafkaCluster} in memory, honest enough to test an engine against without a broker.
 *
 * It keeps batches byte for byte, refuses what brokers refuse (with their error codes), checks the sequences of idempotent
 * producers, stops read_committed fetches at open transactions, and writes the positions of groups into
 * `__consumer_offsets`. It does not simulate: retention, recompression by the topic's `compression.type`, quotas,
 * replication lag, and authorization.
 *
 * `simulation` is what others do to the cluster, and what happens to it; `faults` is what goes wrong with calls. Several
 * users may share one cluster: `close` ends nothing.
 *
 * @example
 * ```ts
 * import { MemoryKafkaCluster } from '@kbackup/core/testing'
 *
 * const cluster = new MemoryKafkaCluster()
 * await cluster.createTopics([{ topic: 'orders', partitionCount: 1, replicationFactor: -1, configs: {} }])
 * await cluster.simulation.append({ topic: 'orders', partition: 0 }, [{ key: 'order-1', value: 'paid' }])
 * ```
 */
export class MemoryKafkaCluster implements KafkaCluster {
  /** What goes wrong, and how often each call was made. */
  readonly faults = new BrokerFaults()
  /** Producers, consumers, operators, and accidents beside the code under test. */
  readonly simulation: ClusterSimulation
  readonly #brokers: MemoryBrokers

  constructor(options: MemoryKafkaClusterOptions = {}) {
    this.#brokers = new MemoryBrokers(options)
    this.simulation = new ClusterSimulation(this.#brokers)
  }

  describeCluster(options?: CallOptions): Promise<ClusterDescription> {
    const { clusterId, brokerCount } = this.#brokers
    const brokers = Array.from({ length: brokerCount }, (_, index) => ({
      brokerId: index + 1,
      host: 'memory',
      port: 9092 + index,
    }))
    return this.#call('describeCluster', options, async () => ({ clusterId, controllerId: 1, brokers }))
  }

  describeTopics(topics: readonly string[] | 'all', options?: CallOptions): Promise<readonly TopicDescription[]> {
    return this.#call('describeTopics', options, async () => this.#brokers.topics.describe(topics))
  }

  describeTopicConfigs(
    topics: readonly string[],
    options?: CallOptions,
  ): Promise<ReadonlyMap<string, readonly TopicConfigEntry[]>> {
    return this.#call('describeTopicConfigs', options, async () => this.#brokers.topics.describeConfigs(topics))
  }

  describeBrokerConfig(options?: CallOptions): Promise<ReadonlyMap<string, string>> {
    return this.#call('describeBrokerConfig', options, async () => this.#brokers.config)
  }

  listOffsets(queries: readonly OffsetQuery[], options?: CallOptions): Promise<readonly OffsetAnswer[]> {
    return this.#call('listOffsets', options, async (error) => {
      if (error !== undefined) return queries.map((query) => noOffset(query, error))
      return Promise.all(queries.map((query) => lookUpOffset(this.#logOf(query), query)))
    })
  }

  leaderEpochEnds(queries: readonly LeaderEpochQuery[], options?: CallOptions): Promise<readonly LeaderEpochEnd[]> {
    return this.#call('leaderEpochEnds', options, async (error) =>
      queries.map(({ topic, partition, leaderEpoch }) => {
        const log = this.#logOf({ topic, partition })
        if (error === undefined && log !== undefined) {
          return { topic, partition, ...log.epochs.endOf(leaderEpoch, log.endOffset) }
        }
        return { topic, partition, leaderEpoch: -1, endOffset: -1n, error: error ?? UNKNOWN_PARTITION }
      }),
    )
  }

  fetch(request: FetchRequest, options?: CallOptions): Promise<FetchResponse> {
    return this.#call('fetch', options, async (error) => {
      if (error === undefined) {
        return released(await this.#brokers.fetch(request, options?.signal))
      }
      return { partitions: request.partitions.map((item) => fetchError(item, error)), throttleTimeMs: 0 }
    })
  }

  produce(request: ProduceRequest, options?: CallOptions): Promise<readonly ProduceResult[]> {
    return this.#call('produce', options, async (error) => {
      if (error !== undefined) return request.partitions.map((item) => notProduced(item, error))
      const results = await Promise.all(request.partitions.map((item) => producePartition(this.#brokers, item)))
      this.#brokers.notifyAppend()
      return results
    })
  }

  missingCodecs(options?: CallOptions): Promise<readonly BatchCodec[]> {
    return this.#call('missingCodecs', options, async () => this.#brokers.missingCodecs)
  }

  allocateProducerId(options?: CallOptions): Promise<ProducerIdentity> {
    return this.#call('allocateProducerId', options, async () => this.#brokers.nextProducer())
  }

  describeProducers(
    partitions: readonly TopicPartition[],
    options?: CallOptions,
  ): Promise<readonly PartitionProducers[]> {
    return this.#call('describeProducers', options, async (error) =>
      partitions.map(({ topic, partition }) => {
        const log = this.#logOf({ topic, partition })
        if (error === undefined && log !== undefined) {
          return { topic, partition, producers: log.producers.describe(log.transactions.open) }
        }
        return { topic, partition, producers: [], error: error ?? UNKNOWN_PARTITION }
      }),
    )
  }

  createTopics(topics: readonly NewTopic[], options?: CallOptions): Promise<readonly TopicResult[]> {
    return this.#changeTopics('createTopics', topics, options, (topic) => this.#brokers.topics.create(topic))
  }

  createPartitions(
    topics: readonly { readonly topic: string; readonly partitionCount: number }[],
    options?: CallOptions,
  ): Promise<readonly TopicResult[]> {
    return this.#changeTopics('createPartitions', topics, options, ({ topic, partitionCount }) =>
      this.#brokers.topics.grow(topic, partitionCount),
    )
  }

  alterTopicConfigs(changes: readonly TopicConfigChange[], options?: CallOptions): Promise<readonly TopicResult[]> {
    return this.#changeTopics('alterTopicConfigs', changes, options, (change) =>
      this.#brokers.topics.changeConfigs(change),
    )
  }

  deleteTopics(topics: readonly string[], options?: CallOptions): Promise<readonly TopicResult[]> {
    const named = topics.map((topic) => ({ topic }))
    return this.#changeTopics('deleteTopics', named, options, ({ topic }) => this.#brokers.topics.delete(topic))
  }

  deleteRecords(
    partitions: readonly (TopicPartition & { readonly beforeOffset: bigint })[],
    options?: CallOptions,
  ): Promise<readonly OffsetAnswer[]> {
    return this.#call('deleteRecords', options, async (error) =>
      partitions.map((item) =>
        error === undefined ? deleteRecordsBefore(this.#brokers.topics, item) : noOffset(item, error),
      ),
    )
  }

  listGroups(options?: ListGroupsOptions): Promise<readonly GroupListing[]> {
    return this.#call('listGroups', options, async () => this.#brokers.coordinator.list())
  }

  describeGroups(groupIds: readonly string[], options?: CallOptions): Promise<readonly GroupDescription[]> {
    return this.#call('describeGroups', options, async (error) =>
      groupIds.map((groupId) => ({ ...this.#brokers.coordinator.describe(groupId), ...(error && { error }) })),
    )
  }

  fetchGroupOffsets(groupIds: readonly string[], options?: CallOptions): Promise<readonly GroupOffsets[]> {
    return this.#call('fetchGroupOffsets', options, async (error) =>
      groupIds.map((groupId) =>
        error === undefined ? this.#brokers.coordinator.fetchOffsets(groupId) : { groupId, offsets: [], error },
      ),
    )
  }

  commitGroupOffsets(
    groupId: string,
    offsets: readonly GroupOffset[],
    options?: CallOptions,
  ): Promise<readonly GroupOffsetResult[]> {
    return this.#call('commitGroupOffsets', options, async (error) => {
      if (error === undefined) return this.#brokers.coordinator.commit(groupId, offsets)
      return offsets.map(({ topic, partition }) => ({ topic, partition, error }))
    })
  }

  deleteGroupOffsets(
    groupId: string,
    partitions: readonly TopicPartition[],
    options?: CallOptions,
  ): Promise<readonly GroupOffsetResult[]> {
    return this.#call('deleteGroupOffsets', options, async (error) => {
      if (error === undefined) return this.#brokers.coordinator.deleteOffsets(groupId, partitions)
      return partitions.map(({ topic, partition }) => ({ topic, partition, error }))
    })
  }

  async close(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #logOf(where: TopicPartition) {
    return this.#brokers.topics.partition(where)?.log
  }

  #call<Value>(
    api: BrokerApi,
    options: CallOptions | undefined,
    perform: (error?: ProtocolError) => Promise<Value>,
  ): Promise<Value> {
    return this.faults.run({ api, signal: options?.signal, perform })
  }

  #changeTopics<Item extends { readonly topic: string }>(
    api: BrokerApi,
    items: readonly Item[],
    options: CallOptions | undefined,
    change: (item: Item) => TopicResult,
  ): Promise<readonly TopicResult[]> {
    return this.#call(api, options, async (error) =>
      items.map((item) => (error === undefined ? change(item) : { topic: item.topic, error })),
    )
  }
}

const UNKNOWN_PARTITION = brokerError('UNKNOWN_TOPIC_OR_PARTITION')

function noOffset({ topic, partition }: TopicPartition, error: ProtocolError): OffsetAnswer {
  return { topic, partition, offset: -1n, timestamp: -1n, leaderEpoch: -1, error }
}

function notProduced({ topic, partition }: TopicPartition, error: ProtocolError): ProduceResult {
  return { topic, partition, baseOffset: -1n, logAppendTime: -1n, error, recordErrors: [] }
}

/** What is released is overwritten, as other answers would: whoever reads it still, reads nonsense. */
function released(partitions: readonly FetchedPartition[]): FetchResponse {
  const release = () => {
    for (const { records } of partitions) records.fill(0xff)
  }
  return { partitions, throttleTimeMs: 0, release }
}
