import type { GroupOffset, TopicPartition } from '@kbackup/core'
import type { RequestCodec, Throttled } from '../protocol/request-codec.ts'
import { groupByTopic, readByTopic } from './topic-groups.ts'

export interface OffsetCommitRequest {
  readonly groupId: string
  readonly offsets: readonly GroupOffset[]
}

export interface OffsetOutcome extends TopicPartition {
  readonly errorCode: number
}

export interface OffsetCommitResponse extends Throttled {
  readonly partitions: readonly OffsetOutcome[]
}

/** Of a commit that no member makes: brokers take it only while the group is empty. */
const NO_MEMBER = { generation: -1, memberId: '', instanceId: null }

/** OffsetCommit (8): version 7, the last that is not flexible. */
export const offsetCommitCodec: RequestCodec<OffsetCommitRequest, OffsetCommitResponse> = {
  apiKey: 8,
  apiName: 'OffsetCommit',
  versions: [7, 7],
  flexible: false,
  encode(writer, { groupId, offsets }) {
    writer.string(groupId).int32(NO_MEMBER.generation)
    writer.string(NO_MEMBER.memberId).nullableString(NO_MEMBER.instanceId)
    writer.array(groupByTopic(offsets), ({ topic, items }) => {
      writer.string(topic).array(items, ({ partition, offset, leaderEpoch, metadata }) => {
        writer.int32(partition).int64(offset).int32(leaderEpoch).nullableString(metadata)
      })
    })
  },
  decode(reader) {
    const throttleTimeMs = reader.int32()
    const partitions = readByTopic(reader, (topic) => ({ topic, partition: reader.int32(), errorCode: reader.int16() }))
    return { throttleTimeMs, partitions }
  },
}
