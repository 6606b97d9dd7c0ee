import type { TopicPartition } from '@kbackup/core'
import type { RequestCodec, Throttled } from '../protocol/request-codec.ts'
import { groupByTopic, readByTopic } from './topic-groups.ts'

export interface ListOffsetsPartition extends TopicPartition {
  readonly leaderEpoch: number
  /** Epoch milliseconds, −1 for the end, −2 for the beginning. */
  readonly timestamp: bigint
}

export interface ListOffsetsRequest {
  /** With `read_committed` the end is the last stable offset. */
  readonly isolation: 'read_uncommitted' | 'read_committed'
  readonly partitions: readonly ListOffsetsPartition[]
}

export interface ListedOffset extends TopicPartition {
  readonly errorCode: number
  readonly timestamp: bigint
  readonly offset: bigint
  readonly leaderEpoch: number
}

export interface ListOffsetsResponse extends Throttled {
  readonly partitions: readonly ListedOffset[]
}

const NO_REPLICA = -1

/** ListOffsets (2): version 5, the last that is not flexible. */
export const listOffsetsCodec: RequestCodec<ListOffsetsRequest, ListOffsetsResponse> = {
  apiKey: 2,
  apiName: 'ListOffsets',
  versions: [5, 5],
  flexible: false,
  encode(writer, { isolation, partitions }) {
    writer.int32(NO_REPLICA).int8(isolation === 'read_committed' ? 1 : 0)
    writer.array(groupByTopic(partitions), ({ topic, items }) => {
      writer.string(topic).array(items, ({ partition, leaderEpoch, timestamp }) => {
        writer.int32(partition).int32(leaderEpoch).int64(timestamp)
      })
    })
  },
  decode(reader) {
    const throttleTimeMs = reader.int32()
    const partitions = readByTopic(reader, (topic) => ({
      topic,
      partition: reader.int32(),
      errorCode: reader.int16(),
      timestamp: reader.int64(),
      offset: reader.int64(),
      leaderEpoch: reader.int32(),
    }))
    return { throttleTimeMs, partitions }
  },
}
