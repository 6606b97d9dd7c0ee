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
const BROKER_RESOURCE = 4
const DYNAMIC_TOPIC_CONFIG = 1

/** DescribeConfigs (32) of topics. */
export const describeConfigsCodec = codecOf(TOPIC_RESOURCE)

/** DescribeConfigs (32) of a broker by its id, which only that broker answers. */
export const describeBrokerConfigCodec = codecOf(BROKER_RESOURCE)

/** Version 2: all settings of resources of one kind, without synonyms. */
function codecOf(resource: number): RequestCodec<readonly string[], DescribeConfigsResponse> {
  return {
    apiKey: 32,
    apiName: 'DescribeConfigs',
    versions: [2, 2],
    flexible: false,
    encode(writer, names) {
      writer.array(names, (name) => {
        writer.int8(resource).string(name).nullArray()
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
