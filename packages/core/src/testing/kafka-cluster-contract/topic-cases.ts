import assert from 'node:assert/strict'
import type { TopicConfigEntry } from '../../kafka/kafka-topics.ts'
import { type ClusterCase, type ClusterUnderTest, createTopic, eventually } from './cluster-case.ts'

const NO_TOPIC_ID = '0'.repeat(32)

async function describeOne({ cluster, topic }: ClusterUnderTest) {
  const [described] = await cluster.describeTopics([topic])
  assert.ok(described, `${topic} is not described`)
  return described
}

async function configsOf({ cluster, topic }: ClusterUnderTest): Promise<ReadonlyMap<string, TopicConfigEntry>> {
  const entries = (await cluster.describeTopicConfigs([topic])).get(topic) ?? []
  return new Map(entries.map((entry) => [entry.name, entry]))
}

/** Topics are created, described, changed and deleted, and what is said of one does not hinder the others. */
export const topicCases: readonly ClusterCase[] = [
  {
    name: 'a created topic is described with its id and its partitions in order, each led',
    run: async (tested) => {
      await createTopic(tested.cluster, tested.topic, { partitionCount: 4 })
      const { topicId, internal, partitions } = await describeOne(tested)
      assert.match(topicId, /^[0-9a-f]{32}$/)
      assert.notEqual(topicId, NO_TOPIC_ID)
      assert.equal(internal, false)
      assert.deepEqual(
        partitions.map(({ partition }) => partition),
        [0, 1, 2, 3],
      )
      for (const { leader, leaderEpoch, replicas, inSyncReplicas } of partitions) {
        assert.ok(leaderEpoch >= 0)
        assert.ok(replicas.includes(leader) && inSyncReplicas.includes(leader))
      }
    },
  },
  {
    name: 'a broker says its settings, how long positions of groups are kept among them',
    run: async ({ cluster }) => {
      const minutes = Number((await cluster.describeBrokerConfig()).get('offsets.retention.minutes'))
      assert.ok(minutes > 0)
    },
  },
  {
    name: 'topics that do not exist are left out, and asking creates nothing',
    run: async ({ cluster, topic, prefix }) => {
      await createTopic(cluster, topic)
      const absent = `${prefix}-absent`
      for (let time = 0; time < 2; time++) {
        const described = await cluster.describeTopics([absent, topic])
        assert.deepEqual(
          described.map((found) => found.topic),
          [topic],
        )
      }
      const all = await cluster.describeTopics('all')
      assert.ok(!all.some((found) => found.topic === absent))
    },
  },
  {
    name: 'topics are described in the order of what was asked',
    run: async ({ cluster, prefix }) => {
      const names = ['b', 'c', 'a'].map((name) => `${prefix}-${name}`)
      for (const name of names) await createTopic(cluster, name)
      const described = await cluster.describeTopics(names)
      assert.deepEqual(
        described.map(({ topic }) => topic),
        names,
      )
    },
  },
  {
    name: 'creating a topic that exists is its own error 36, and the others are created, in order',
    run: async ({ cluster, topic, prefix }) => {
      await createTopic(cluster, topic)
      const other = `${prefix}-other`
      const wanted = { partitionCount: 1, replicationFactor: -1, configs: {} }
      const results = await cluster.createTopics([
        { topic, ...wanted },
        { topic: other, ...wanted },
      ])
      assert.deepEqual(
        results.map((result) => [result.topic, result.error?.code]),
        [
          [topic, 36],
          [other, undefined],
        ],
      )
      assert.equal(results[0]?.error?.name, 'TOPIC_ALREADY_EXISTS')
      assert.equal((await cluster.describeTopics([other])).length, 1)
    },
  },
  {
    name: 'an unknown setting of a topic to create is error 40, and no topic comes of it',
    run: async ({ cluster, topic }) => {
      const wanted = { topic, partitionCount: 1, replicationFactor: -1, configs: { 'no.such.setting': 'x' } }
      const [result] = await cluster.createTopics([wanted])
      assert.equal(result?.error?.code, 40)
      assert.deepEqual(await cluster.describeTopics([topic]), [])
    },
  },
  {
    name: 'a topic that is deleted and created again has another id',
    run: async (tested) => {
      await createTopic(tested.cluster, tested.topic)
      const before = await describeOne(tested)
      assert.deepEqual(await tested.cluster.deleteTopics([tested.topic]), [{ topic: tested.topic }])
      assert.deepEqual(await tested.cluster.describeTopics([tested.topic]), [])
      await createTopic(tested.cluster, tested.topic)
      assert.notEqual((await describeOne(tested)).topicId, before.topicId)
    },
  },
  {
    name: 'deleting a topic that does not exist is error 3, and the others are deleted, in order',
    run: async ({ cluster, topic, prefix }) => {
      const other = `${prefix}-other`
      await createTopic(cluster, other)
      const [result, deleted] = await cluster.deleteTopics([topic, other])
      assert.deepEqual(deleted, { topic: other })
      assert.equal(result?.error?.code, 3)
      assert.equal(result.error.name, 'UNKNOWN_TOPIC_OR_PARTITION')
    },
  },
  {
    name: 'configurations tell what is set on the topic from defaults, and leave out topics that do not exist',
    run: async (tested) => {
      const { cluster, topic, prefix } = tested
      await createTopic(cluster, topic, { configs: { 'cleanup.policy': 'compact' } })
      const configs = await eventually(
        () => configsOf(tested),
        (seen) => assert.equal(seen.get('cleanup.policy')?.value, 'compact'),
      )
      assert.equal(configs.get('cleanup.policy')?.isOverride, true)
      assert.equal(configs.get('segment.bytes')?.isOverride, false)
      const absent = `${prefix}-absent`
      assert.deepEqual([...(await cluster.describeTopicConfigs([absent, topic])).keys()], [topic])
    },
  },
  {
    name: 'altering configurations changes only what is named, and null removes an override',
    run: async (tested) => {
      const { cluster, topic } = tested
      await createTopic(cluster, topic, { configs: { 'max.message.bytes': '2000000', 'segment.ms': '3600000' } })
      const change = { topic, configs: { 'retention.ms': '86400000', 'segment.ms': null } }
      assert.deepEqual(await cluster.alterTopicConfigs([change]), [{ topic }])
      const configs = await eventually(
        () => configsOf(tested),
        (seen) => assert.equal(seen.get('retention.ms')?.value, '86400000'),
      )
      assert.equal(configs.get('segment.ms')?.isOverride, false)
      assert.equal(configs.get('max.message.bytes')?.value, '2000000')
    },
  },
  {
    name: 'altering the configuration of a topic that does not exist is error 3, and the others are altered',
    run: async (tested) => {
      const { cluster, topic, prefix } = tested
      await createTopic(cluster, topic)
      const results = await cluster.alterTopicConfigs([
        { topic: `${prefix}-absent`, configs: { 'retention.ms': '1' } },
        { topic, configs: { 'retention.ms': '86400000' } },
      ])
      assert.deepEqual(
        results.map(({ error }) => error?.code),
        [3, undefined],
      )
      await eventually(
        () => configsOf(tested),
        (seen) => assert.equal(seen.get('retention.ms')?.value, '86400000'),
      )
    },
  },
  {
    name: 'partitions are added up to the new total, and never taken away',
    run: async (tested) => {
      const { cluster, topic } = tested
      await createTopic(cluster, topic, { partitionCount: 2 })
      assert.deepEqual(await cluster.createPartitions([{ topic, partitionCount: 5 }]), [{ topic }])
      assert.equal((await describeOne(tested)).partitions.length, 5)
      const [result] = await cluster.createPartitions([{ topic, partitionCount: 1 }])
      assert.equal(result?.error?.code, 37)
    },
  },
  {
    name: 'partitions for a topic that does not exist are error 3, and the others are added, in order',
    run: async (tested) => {
      const { cluster, topic, prefix } = tested
      await createTopic(cluster, topic)
      const absent = { topic: `${prefix}-absent`, partitionCount: 2 }
      const results = await cluster.createPartitions([absent, { topic, partitionCount: 2 }])
      assert.deepEqual(
        results.map((result) => [result.topic, result.error?.code]),
        [
          [absent.topic, 3],
          [topic, undefined],
        ],
      )
      assert.equal((await describeOne(tested)).partitions.length, 2)
    },
  },
]
