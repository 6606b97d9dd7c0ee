import type { ActiveProducer, TopicPartition } from '@kbackup/core'
import type { ProtocolReader } from '../protocol/protocol-reader.ts'
import type { RequestCodec, Throttled } from '../protocol/request-codec.ts'
import { groupByTopic, readCompactByTopic } from './topic-groups.ts'

export interface DescribedProducers extends TopicPartition {
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly producers: readonly ActiveProducer[]
}

export interface DescribeProducersResponse extends Throttled {
  readonly partitions: readonly DescribedProducers[]
}

/** DescribeProducers (61, KIP-664): version 0, which is flexible. */
export const describeProducersCodec: RequestCodec<readonly TopicPartition[], DescribeProducersResponse> = {
  apiKey: 61,
  apiName: 'DescribeProducers',
  versions: [0, 0],
  flexible: true,
  encode(writer, partitions) {
    writer.compactArray(groupByTopic(partitions), ({ topic, items }) => {
      writer.compactString(topic).compactArray(items, ({ partition }) => {
        writer.int32(partition)
      })
      writer.noTags()
    })
    writer.noTags()
  },
  decode(reader) {
    const throttleTimeMs = reader.int32()
    const partitions = readCompactByTopic(reader, (topic) => readPartition(reader, topic))
    return { throttleTimeMs, partitions }
  },
}

function readPartition(reader: ProtocolReader, topic: string): DescribedProducers {
  const described = {
    topic,
    partition: reader.int32(),
    errorCode: reader.int16(),
    errorMessage: reader.compactNullableString(),
    producers: reader.compactArray(readProducer),
  }
  reader.skipTags()
  return described
}

function readProducer(reader: ProtocolReader): ActiveProducer {
  const producerId = reader.int64()
  const producerEpoch = reader.int32()
  const lastSequence = reader.int32()
  const lastTimestamp = reader.int64()
  reader.int32()
  const currentTransactionStartOffset = reader.int64()
  reader.skipTags()
  return { producerId, producerEpoch, lastSequence, lastTimestamp, currentTransactionStartOffset }
}
