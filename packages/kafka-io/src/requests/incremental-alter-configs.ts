import type { TopicConfigChange } from '@kbackup/core'
import type { RequestCodec } from '../protocol/request-codec.ts'
import type { TopicOutcomes } from './topic-outcome.ts'

const TOPIC_RESOURCE = 2
const SET = 0
const DELETE = 1

/** IncrementalAlterConfigs (44, KIP-339) of topics: version 0, the one that is not flexible. */
export const incrementalAlterConfigsCodec: RequestCodec<readonly TopicConfigChange[], TopicOutcomes> = {
  apiKey: 44,
  apiName: 'IncrementalAlterConfigs',
  versions: [0, 0],
  flexible: false,
  encode(writer, changes) {
    writer.array(changes, ({ topic, configs }) => {
      writer.int8(TOPIC_RESOURCE).string(topic)
      writer.array(Object.entries(configs), ([name, value]) => {
        writer
          .string(name)
          .int8(value === null ? DELETE : SET)
          .nullableString(value)
      })
    })
    const validateOnly = false
    writer.boolean(validateOnly)
  },
  decode(reader) {
    const throttleTimeMs = reader.int32()
    const topics = reader.array(() => {
      const errorCode = reader.int16()
      const errorMessage = reader.nullableString()
      reader.int8()
      return { topic: reader.string(), errorCode, errorMessage }
    })
    return { throttleTimeMs, topics }
  },
}
