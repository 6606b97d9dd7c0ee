import type { LeaderEpochQuery, TopicPartition } from '@kbackup/core'
import type { RequestCodec, Throttled } from '../protocol/request-codec.ts'
import { groupByTopic, readByTopic } from './topic-groups.ts'

export interface EpochEndPartition extends LeaderEpochQuery {
  readonly currentLeaderEpoch: number
}

export interface EpochEnd extends TopicPartition {
  readonly errorCode: number
  readonly leaderEpoch: number
  readonly endOffset: bigint
}

export interface EpochEndResponse extends Throttled {
  readonly partitions: readonly EpochEnd[]
}

const CONSUMER = -1

/** OffsetForLeaderEpoch (23): version 3, the last that is not flexible. */
export const offsetForLeaderEpochCodec: RequestCodec<readonly EpochEndPartition[], EpochEndResponse> = {
  apiKey: 23,
  apiName: 'OffsetForLeaderEpoch',
  versions: [3, 3],
  flexible: false,
  encode(writer, partitions) {
    writer.int32(CONSUMER).array(groupByTopic(partitions), ({ topic, items }) => {
      writer.string(topic).array(items, ({ partition, currentLeaderEpoch, leaderEpoch }) => {
        writer.int32(partition).int32(currentLeaderEpoch).int32(leaderEpoch)
      })
    })
  },
  decode(reader) {
    const throttleTimeMs = reader.int32()
    const partitions = readByTopic(reader, (topic) => ({
      topic,
      errorCode: reader.int16(),
      partition: reader.int32(),
      leaderEpoch: reader.int32(),
      endOffset: reader.int64(),
    }))
    return { throttleTimeMs, partitions }
  },
}
