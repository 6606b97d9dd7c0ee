import { assertOptions, type KafkaCluster } from '@kbackup/core'
import { commitGroupOffsets, deleteGroupOffsets } from './calls/change-group-offsets.ts'
import { alterTopicConfigs, createPartitions, createTopics, deleteTopics } from './calls/change-topics.ts'
import { allocateProducerId, describeCluster } from './calls/cluster-calls.ts'
import { deleteRecords } from './calls/delete-records.ts'
import { describeBrokerConfig } from './calls/describe-broker-config.ts'
import { describeGroups } from './calls/describe-groups.ts'
import { describeProducers } from './calls/describe-producers.ts'
import { describeTopicConfigs, describeTopics } from './calls/describe-topics.ts'
import { fetch } from './calls/fetch.ts'
import { fetchGroupOffsets } from './calls/fetch-group-offsets.ts'
import { leaderEpochEnds } from './calls/leader-epoch-ends.ts'
import { listGroups } from './calls/list-groups.ts'
import { listOffsets } from './calls/list-offsets.ts'
import { produce } from './calls/produce.ts'
import { ClusterClient } from './cluster/cluster-client.ts'
import { ProduceOrder } from './cluster/produce-order.ts'
import { KAFKA_OPTIONS, type KafkaOptions } from './kafka-options.ts'

/**
 * A Kafka cluster, for backups and restores; it connects when first used.
 *
 * Takes what kafkajs takes: `brokers` (or a function that finds them), `clientId`, `ssl`, `sasl` (custom
 * `authenticationProvider`s too), `connectionTimeout` and `authenticationTimeout` (10 s each), `requestTimeout` (30 s),
 * `reauthenticationThreshold`, `socketFactory`, and of `retry` the fields `initialRetryTime`, `maxRetryTime`, `retries`.
 * Nothing is logged or printed.
 *
 * Every call may reject with `KB_KAFKA_UNAVAILABLE`, `KB_KAFKA_TLS`, `KB_KAFKA_AUTHENTICATION`, `KB_KAFKA_AUTHORIZATION`,
 * `KB_KAFKA_UNSUPPORTED` (brokers older than Kafka 3.0), `KB_KAFKA_PROTOCOL`, or with the reason of its signal.
 *
 * @throws KbackupError `KB_CONFIG_INVALID` for an option that is not known, and for SASL options that lack a credential, or name a mechanism that is not known.
 *
 * @example
 * ```ts
 * import { kafka } from '@kbackup/kafka-io'
 *
 * await using cluster = kafka({ brokers: ['localhost:9092'] })
 * const topics = await cluster.describeTopics('all')
 * ```
 */
export function kafka(options: KafkaOptions): KafkaCluster {
  assertOptions('kafka', options, KAFKA_OPTIONS)
  const client = new ClusterClient(options)
  const order = new ProduceOrder()
  const close = async () => client.close()
  return {
    describeCluster: async (call) => describeCluster(client, call),
    describeTopics: async (topics, call) => describeTopics(client, topics, call),
    describeTopicConfigs: async (topics, call) => describeTopicConfigs(client, topics, call),
    describeBrokerConfig: async (call) => describeBrokerConfig(client, call),
    listOffsets: async (queries, call) => listOffsets(client, queries, call),
    leaderEpochEnds: async (queries, call) => leaderEpochEnds(client, queries, call),
    fetch: async (request, call) => fetch(client, request, call),
    produce: async (request, call) => produce({ client, order }, request, call),
    allocateProducerId: async (call) => allocateProducerId(client, call),
    describeProducers: async (partitions, call) => describeProducers(client, partitions, call),
    createTopics: async (topics, call) => createTopics(client, topics, call),
    createPartitions: async (topics, call) => createPartitions(client, topics, call),
    alterTopicConfigs: async (changes, call) => alterTopicConfigs(client, changes, call),
    deleteTopics: async (topics, call) => deleteTopics(client, topics, call),
    deleteRecords: async (partitions, call) => deleteRecords(client, partitions, call),
    listGroups: async (call) => listGroups(client, call),
    describeGroups: async (groupIds, call) => describeGroups(client, groupIds, call),
    fetchGroupOffsets: async (groupIds, call) => fetchGroupOffsets(client, groupIds, call),
    commitGroupOffsets: async (groupId, offsets, call) => commitGroupOffsets(client, { groupId, offsets }, call),
    deleteGroupOffsets: async (groupId, partitions, call) => deleteGroupOffsets(client, { groupId, partitions }, call),
    close,
    [Symbol.asyncDispose]: close,
  }
}
