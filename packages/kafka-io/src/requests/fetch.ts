import type { AbortedTransaction, FetchPartition, FetchRequest, TopicPartition } from '@kbackup/core'
import type { ProtocolReader } from '../protocol/protocol-reader.ts'
import type { RequestCodec, Throttled } from '../protocol/request-codec.ts'
import { groupTopicRuns, readByTopic } from './topic-groups.ts'

export interface LeaderFetchPartition extends FetchPartition {
  /** What the asker holds for the leader's epoch; −1 to be answered whatever it is (KIP-320). */
  readonly leaderEpoch: number
}

export interface LeaderFetchRequest extends Omit<FetchRequest, 'partitions'> {
  readonly partitions: readonly LeaderFetchPartition[]
}

export interface LeaderFetchedPartition extends TopicPartition {
  readonly errorCode: number
  readonly highWatermark: bigint
  readonly lastStableOffset: bigint
  readonly logStartOffset: bigint
  readonly abortedTransactions: readonly AbortedTransaction[]
  readonly records: Buffer
}

export interface LeaderFetchResponse extends Throttled {
  readonly errorCode: number
  readonly partitions: readonly LeaderFetchedPartition[]
}

/** Of a consumer, which is not a replica. */
const NO_REPLICA = -1
/** A fetch outside of any session (KIP-227): all partitions are named in each request. */
const NO_SESSION = { id: 0, epoch: -1 }

/** Fetch (1): version 11, the last that names topics and is not flexible. */
export const fetchCodec: RequestCodec<LeaderFetchRequest, LeaderFetchResponse> = {
  apiKey: 1,
  apiName: 'Fetch',
  versions: [11, 11],
  flexible: false,
  encode(writer, request) {
    writer.int32(NO_REPLICA).int32(request.maxWaitMs).int32(request.minBytes).int32(request.maxBytes)
    writer.int8(request.isolation === 'read_committed' ? 1 : 0)
    writer.int32(NO_SESSION.id).int32(NO_SESSION.epoch)
    writer.array(groupTopicRuns(request.partitions), ({ topic, items }) => {
      writer.string(topic).array(items, ({ partition, leaderEpoch, offset, maxBytes }) => {
        const followerLogStart = -1n
        writer.int32(partition).int32(leaderEpoch).int64(offset).int64(followerLogStart).int32(maxBytes)
      })
    })
    const rack = ''
    writer.array([], () => {}).string(rack)
  },
  decode(reader) {
    const throttleTimeMs = reader.int32()
    const errorCode = reader.int16()
    reader.int32()
    const partitions = readByTopic(reader, (topic) => readPartition(reader, topic))
    return { throttleTimeMs, errorCode, partitions }
  },
}

function readPartition(reader: ProtocolReader, topic: string): LeaderFetchedPartition {
  const head = {
    topic,
    partition: reader.int32(),
    errorCode: reader.int16(),
    highWatermark: reader.int64(),
    lastStableOffset: reader.int64(),
    logStartOffset: reader.int64(),
    abortedTransactions: reader.array(() => ({ producerId: reader.int64(), firstOffset: reader.int64() })),
  }
  reader.int32()
  return { ...head, records: reader.bytes() }
}
