import type { TopicPartition } from '@kbackup/core'
import type { RequestCodec, Throttled } from '../protocol/request-codec.ts'
import type { OffsetOutcome } from './offset-commit.ts'
import { groupByTopic, readByTopic } from './topic-groups.ts'

export interface OffsetDeleteRequest {
  readonly groupId: string
  readonly partitions: readonly TopicPartition[]
}

export interface OffsetDeleteResponse extends Throttled {
  /** Of the group as a whole; the partitions are then left out. */
  readonly errorCode: number
  readonly partitions: readonly OffsetOutcome[]
}

/** OffsetDelete (47, KIP-496): version 0. */
export const offsetDeleteCodec: RequestCodec<OffsetDeleteRequest, OffsetDeleteResponse> = {
  apiKey: 47,
  apiName: 'OffsetDelete',
  versions: [0, 0],
  flexible: false,
  encode(writer, { groupId, partitions }) {
    writer.string(groupId).array(groupByTopic(partitions), ({ topic, items }) => {
      writer.string(topic).array(items, ({ partition }) => {
        writer.int32(partition)
      })
    })
  },
  decode(reader) {
    const errorCode = reader.int16()
    const throttleTimeMs = reader.int32()
    const partitions = readByTopic(reader, (topic) => ({ topic, partition: reader.int32(), errorCode: reader.int16() }))
    return { throttleTimeMs, errorCode, partitions }
  },
}
