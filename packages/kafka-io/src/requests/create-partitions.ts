import type { RequestCodec } from '../protocol/request-codec.ts'
import type { TopicOutcomes } from './topic-outcome.ts'

export interface CreatePartitionsRequest {
  /** `partitionCount` is the new total. */
  readonly topics: readonly { readonly topic: string; readonly partitionCount: number }[]
  readonly timeoutMs: number
}

/** CreatePartitions (37): version 1, the last that is not flexible. */
export const createPartitionsCodec: RequestCodec<CreatePartitionsRequest, TopicOutcomes> = {
  apiKey: 37,
  apiName: 'CreatePartitions',
  versions: [1, 1],
  flexible: false,
  encode(writer, { topics, timeoutMs }) {
    writer.array(topics, ({ topic, partitionCount }) => {
      writer.string(topic).int32(partitionCount).nullArray()
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
