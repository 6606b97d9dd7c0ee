import type { NewTopic } from '@kbackup/core'
import type { RequestCodec } from '../protocol/request-codec.ts'
import type { TopicOutcomes } from './topic-outcome.ts'

export interface CreateTopicsRequest {
  readonly topics: readonly NewTopic[]
  readonly timeoutMs: number
}

/** CreateTopics (19): version 4, the last that is not flexible. */
export const createTopicsCodec: RequestCodec<CreateTopicsRequest, TopicOutcomes> = {
  apiKey: 19,
  apiName: 'CreateTopics',
  versions: [4, 4],
  flexible: false,
  encode(writer, { topics, timeoutMs }) {
    writer.array(topics, ({ topic, partitionCount, replicationFactor, configs }) => {
      writer.string(topic).int32(partitionCount).int16(replicationFactor)
      writer.array([], () => {})
      writer.array(Object.entries(configs), ([name, value]) => {
        writer.string(name).nullableString(value)
      })
    })
    const validateOnly = false
    writer.int32(timeoutMs).boolean(validateOnly)
  },
  decode(reader) {
    const throttleTimeMs = reader.int32()
    const topics = reader.array(() => ({
      topic: reader.string(),
      errorCode: reader.int16(),
      errorMessage: reader.nullableString(),
    }))
    return { throttleTimeMs, topics }
  },
}
