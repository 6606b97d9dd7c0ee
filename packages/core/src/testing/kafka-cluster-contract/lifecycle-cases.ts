import assert from 'node:assert/strict'
import type { CallOptions, KafkaCluster } from '../../kafka/kafka-cluster.ts'
import { failureOf } from '../blob-store-contract/store-case.ts'
import { type ClusterCase, createTopic, FETCH_LIMITS } from './cluster-case.ts'
import { contractBatch } from './contract-batch.ts'

type NamedCall = readonly [
  name: string,
  call: (cluster: KafkaCluster, topic: string, options: CallOptions) => Promise<unknown>,
]

const NO_BATCH = Buffer.alloc(61)

const CALLS: readonly NamedCall[] = [
  ['describeCluster', (cluster, _topic, options) => cluster.describeCluster(options)],
  ['describeTopics', (cluster, topic, options) => cluster.describeTopics([topic], options)],
  ['describeTopicConfigs', (cluster, topic, options) => cluster.describeTopicConfigs([topic], options)],
  ['describeBrokerConfig', (cluster, _topic, options) => cluster.describeBrokerConfig(options)],
  ['listOffsets', (cluster, topic, options) => cluster.listOffsets([{ topic, partition: 0, at: 'latest' }], options)],
  [
    'leaderEpochEnds',
    (cluster, topic, options) => cluster.leaderEpochEnds([{ topic, partition: 0, leaderEpoch: 0 }], options),
  ],
  [
    'fetch',
    (cluster, topic, options) =>
      cluster.fetch({ ...FETCH_LIMITS, partitions: [{ topic, partition: 0, offset: 0n, maxBytes: 1 }] }, options),
  ],
  [
    'produce',
    (cluster, topic, options) =>
      cluster.produce({ partitions: [{ topic, partition: 0, batch: NO_BATCH }], timeoutMs: 1_000 }, options),
  ],
  ['allocateProducerId', (cluster, _topic, options) => cluster.allocateProducerId(options)],
  ['describeProducers', (cluster, topic, options) => cluster.describeProducers([{ topic, partition: 0 }], options)],
  [
    'createTopics',
    (cluster, topic, options) =>
      cluster.createTopics([{ topic, partitionCount: 1, replicationFactor: -1, configs: {} }], options),
  ],
  ['createPartitions', (cluster, topic, options) => cluster.createPartitions([{ topic, partitionCount: 2 }], options)],
  ['alterTopicConfigs', (cluster, topic, options) => cluster.alterTopicConfigs([{ topic, configs: {} }], options)],
  ['deleteTopics', (cluster, topic, options) => cluster.deleteTopics([topic], options)],
  [
    'deleteRecords',
    (cluster, topic, options) => cluster.deleteRecords([{ topic, partition: 0, beforeOffset: 0n }], options),
  ],
  ['listGroups', (cluster, _topic, options) => cluster.listGroups(options)],
  ['describeGroups', (cluster, topic, options) => cluster.describeGroups([topic], options)],
  ['fetchGroupOffsets', (cluster, topic, options) => cluster.fetchGroupOffsets([topic], options)],
  [
    'commitGroupOffsets',
    (cluster, topic, options) =>
      cluster.commitGroupOffsets(
        topic,
        [{ topic, partition: 0, offset: 1n, leaderEpoch: -1, metadata: null }],
        options,
      ),
  ],
  [
    'deleteGroupOffsets',
    (cluster, topic, options) => cluster.deleteGroupOffsets(topic, [{ topic, partition: 0 }], options),
  ],
]

/** A client connects when it is needed, ends when it is told, and a signal ends its calls. */
export const lifecycleCases: readonly ClusterCase[] = [
  {
    name: 'close may come before any call, and more than once',
    run: async ({ cluster }) => {
      await cluster.close()
      await cluster.close()
      await cluster[Symbol.asyncDispose]()
    },
  },
  {
    name: 'describeCluster names the cluster, its controller and its brokers',
    run: async ({ cluster }) => {
      const { clusterId, brokers } = await cluster.describeCluster()
      assert.notEqual(clusterId, '')
      assert.ok(brokers.length > 0)
      for (const { brokerId, port } of brokers) assert.ok(brokerId >= 0 && port > 0)
    },
  },
  ...CALLS.map(
    ([name, call]): ClusterCase => ({
      name: `${name} with an already aborted signal rejects with its reason`,
      run: async ({ cluster, topic }) => {
        const reason = new Error('cancelled before')
        assert.equal(await failureOf(call(cluster, topic, { signal: AbortSignal.abort(reason) })), reason)
      },
    }),
  ),
  {
    name: 'calls with an already aborted signal change nothing',
    run: async ({ cluster, topic, prefix }) => {
      await createTopic(cluster, topic)
      const signal = AbortSignal.abort(new Error('cancelled before'))
      const batch = await contractBatch(['never'])
      await failureOf(cluster.produce({ partitions: [{ topic, partition: 0, batch }], timeoutMs: 1_000 }, { signal }))
      const other = { topic: `${prefix}-other`, partitionCount: 1, replicationFactor: -1, configs: {} }
      await failureOf(cluster.createTopics([other], { signal }))
      await failureOf(cluster.deleteTopics([topic], { signal }))
      const [latest] = await cluster.listOffsets([{ topic, partition: 0, at: 'latest' }])
      assert.equal(latest?.offset, 0n)
      assert.equal((await cluster.describeTopics([topic, other.topic])).length, 1)
    },
  },
  {
    name: 'a signal that aborts ends a fetch that waits for data, with its reason',
    run: async ({ cluster, topic }) => {
      await createTopic(cluster, topic)
      const aborter = new AbortController()
      const reason = new Error('cancelled meanwhile')
      const partitions = [{ topic, partition: 0, offset: 0n, maxBytes: 1024 }]
      const fetching = cluster.fetch({ ...FETCH_LIMITS, partitions, maxWaitMs: 20_000 }, { signal: aborter.signal })
      setTimeout(() => aborter.abort(reason), 100)
      assert.equal(await failureOf(fetching), reason)
    },
  },
  {
    name: 'an aborted call leaves the client usable',
    run: async ({ cluster, topic }) => {
      const aborter = new AbortController()
      const describing = cluster.describeTopics('all', { signal: aborter.signal })
      aborter.abort(new Error('cancelled meanwhile'))
      await failureOf(describing)
      await createTopic(cluster, topic)
      assert.equal((await cluster.describeTopics([topic])).length, 1)
    },
  },
]
