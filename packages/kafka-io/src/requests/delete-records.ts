import type { TopicPartition } from '@kbackup/core'
import type { RequestCodec, Throttled } from '../protocol/request-codec.ts'
import { groupByTopic, readByTopic } from './topic-groups.ts'

export interface DeleteRecordsRequest {
  readonly partitions: readonly (TopicPartition & { readonly beforeOffset: bigint })[]
  readonly timeoutMs: number
}

export interface DeletedRecords extends TopicPartition {
  readonly errorCode: number
  /** The new log start. */
  readonly lowWatermark: bigint
}

export interface DeleteRecordsResponse extends Throttled {
  readonly partitions: readonly DeletedRecords[]
}

/** DeleteRecords (21): version 1, the last that is not flexible. */
export const deleteRecordsCodec: RequestCodec<DeleteRecordsRequest, DeleteRecordsResponse> = {
  apiKey: 21,
  apiName: 'DeleteRecords',
  versions: [1, 1],
  flexible: false,
  encode(writer, { partitions, timeoutMs }) {
    writer.array(groupByTopic(partitions), ({ topic, items }) => {
      writer.string(topic).array(items, ({ partition, beforeOffset }) => {
        writer.int32(partition).int64(beforeOffset)
      })
    })
    writer.int32(timeoutMs)
  },
  decode(reader) {
    const throttleTimeMs = reader.int32()
    const partitions = readByTopic(reader, (topic) => ({
      topic,
      partition: reader.int32(),
      lowWatermark: reader.int64(),
      errorCode: reader.int16(),
    }))
    return { throttleTimeMs, partitions }
  },
}
