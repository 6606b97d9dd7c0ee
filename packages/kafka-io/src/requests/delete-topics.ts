import type { RequestCodec } from '../protocol/request-codec.ts'
import type { TopicOutcomes } from './topic-outcome.ts'

export interface DeleteTopicsRequest {
  readonly topics: readonly string[]
  readonly timeoutMs: number
}

/** DeleteTopics (20): version 3, the last that is not flexible. */
export const deleteTopicsCodec: RequestCodec<DeleteTopicsRequest, TopicOutcomes> = {
  apiKey: 20,
  apiName: 'DeleteTopics',
  versions: [3, 3],
  flexible: false,
  encode(writer, { topics, timeoutMs }) {
    writer
      .array(topics, (topic) => {
        writer.string(topic)
      })
      .int32(timeoutMs)
  },
  decode(reader) {
    const throttleTimeMs = reader.int32()
    const topics = reader.array(() => ({ topic: reader.string(), errorCode: reader.int16(), errorMessage: null }))
    return { throttleTimeMs, topics }
  },
}
