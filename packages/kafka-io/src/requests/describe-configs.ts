import type { TopicConfigEntry } from '@kbackup/core'
import type { ProtocolReader } from '../protocol/protocol-reader.ts'
import type { RequestCodec, Throttled } from '../protocol/request-codec.ts'
import type { TopicOutcome } from './topic-outcome.ts'

export interface DescribedConfigs extends TopicOutcome {
  readonly entries: readonly TopicConfigEntry[]
}

export interface DescribeConfigsResponse extends Throttled {
  readonly topics: readonly DescribedConfigs[]
}

const TOPIC_RESOURCE = 2
const DYNAMIC_TOPIC_CONFIG = 1

/** DescribeConfigs (32) of topics: version 2, all settings, without synonyms. */
export const describeConfigsCodec: RequestCodec<readonly string[], DescribeConfigsResponse> = {
  apiKey: 32,
  apiName: 'DescribeConfigs',
  versions: [2, 2],
  flexible: false,
  encode(writer, topics) {
    writer.array(topics, (topic) => {
      writer.int8(TOPIC_RESOURCE).string(topic).nullArray()
    })
    const includeSynonyms = false
    writer.boolean(includeSynonyms)
  },
  decode(reader) {
    const throttleTimeMs = reader.int32()
    const topics = reader.array(() => {
      const errorCode = reader.int16()
      const errorMessage = reader.nullableString()
      reader.int8()
      const topic = reader.string()
      return { topic, errorCode, errorMessage, entries: reader.array(readEntry) }
    })
    return { throttleTimeMs, topics }
  },
}

function readEntry(reader: ProtocolReader): TopicConfigEntry {
  const name = reader.string()
  const value = reader.nullableString()
  reader.boolean()
  const source = reader.int8()
  const isSensitive = reader.boolean()
  reader.array(() => {
    reader.string()
    reader.nullableString()
    reader.int8()
  })
  return { name, value: isSensitive ? null : value, isOverride: source === DYNAMIC_TOPIC_CONFIG }
}
