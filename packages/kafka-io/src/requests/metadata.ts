import type { ProtocolReader } from '../protocol/protocol-reader.ts'
import type { RequestCodec, Throttled } from '../protocol/request-codec.ts'

export interface MetadataRequest {
  readonly topics: readonly string[] | 'all'
}

export interface MetadataBroker {
  readonly brokerId: number
  readonly host: string
  readonly port: number
}

export interface MetadataPartition {
  readonly errorCode: number
  readonly partition: number
  readonly leader: number
  readonly leaderEpoch: number
  readonly replicas: readonly number[]
  readonly inSyncReplicas: readonly number[]
}

export interface MetadataTopic {
  readonly errorCode: number
  readonly topic: string
  readonly topicId: string
  readonly internal: boolean
  readonly partitions: readonly MetadataPartition[]
}

export interface MetadataResponse extends Throttled {
  readonly brokers: readonly MetadataBroker[]
  readonly clusterId: string | null
  readonly controllerId: number
  readonly topics: readonly MetadataTopic[]
}

const NO_TOPIC_ID = '0'.repeat(32)

/** Metadata (3): flexible from version 9, topic ids from 10 (KIP-516), no cluster operations from 11. */
export const metadataCodec: RequestCodec<MetadataRequest, MetadataResponse> = {
  apiKey: 3,
  apiName: 'Metadata',
  versions: [9, 12],
  flexible: true,
  encode(writer, { topics }, version) {
    if (topics === 'all') writer.compactNullArray()
    else {
      writer.compactArray(topics, (topic) => {
        if (version >= 10) writer.uuid(NO_TOPIC_ID)
        writer.compactString(topic).noTags()
      })
    }
    const allowAutoTopicCreation = false
    writer.boolean(allowAutoTopicCreation)
    if (version <= 10) writer.boolean(false)
    writer.boolean(false).noTags()
  },
  decode(reader, version) {
    const throttleTimeMs = reader.int32()
    const brokers = reader.compactArray(readBroker)
    const clusterId = reader.compactNullableString()
    const controllerId = reader.int32()
    const topics = reader.compactArray(() => readTopic(reader, version))
    return { throttleTimeMs, brokers, clusterId, controllerId, topics }
  },
}

function readBroker(reader: ProtocolReader): MetadataBroker {
  const broker = { brokerId: reader.int32(), host: reader.compactString(), port: reader.int32() }
  reader.compactNullableString()
  reader.skipTags()
  return broker
}

function readTopic(reader: ProtocolReader, version: number): MetadataTopic {
  const errorCode = reader.int16()
  const topic = reader.compactNullableString() ?? ''
  const topicId = version >= 10 ? reader.uuid() : NO_TOPIC_ID
  const internal = reader.boolean()
  const partitions = reader.compactArray(readPartition)
  reader.int32()
  reader.skipTags()
  return { errorCode, topic, topicId, internal, partitions }
}

function readPartition(reader: ProtocolReader): MetadataPartition {
  const partition = {
    errorCode: reader.int16(),
    partition: reader.int32(),
    leader: reader.int32(),
    leaderEpoch: reader.int32(),
    replicas: reader.compactArray(() => reader.int32()),
    inSyncReplicas: reader.compactArray(() => reader.int32()),
  }
  reader.compactArray(() => reader.int32())
  reader.skipTags()
  return partition
}
