import type { ProduceRequest, RecordError, TopicPartition } from '@kbackup/core'
import type { ProtocolReader } from '../protocol/protocol-reader.ts'
import type { RequestCodec, Throttled } from '../protocol/request-codec.ts'
import { groupByTopic, readByTopic } from './topic-groups.ts'

export interface LeaderProduceResult extends TopicPartition {
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly baseOffset: bigint
  readonly logAppendTime: bigint
  readonly recordErrors: readonly RecordError[]
}

export interface LeaderProduceResponse extends Throttled {
  readonly partitions: readonly LeaderProduceResult[]
}

const ALL_IN_SYNC_REPLICAS = -1

/** Produce (0): version 8, the first with errors by record (KIP-467). */
export const produceCodec: RequestCodec<ProduceRequest, LeaderProduceResponse> = {
  apiKey: 0,
  apiName: 'Produce',
  versions: [8, 8],
  flexible: false,
  encode(writer, { partitions, timeoutMs }) {
    const transactionalId = null
    writer.nullableString(transactionalId).int16(ALL_IN_SYNC_REPLICAS).int32(timeoutMs)
    writer.array(groupByTopic(partitions), ({ topic, items }) => {
      writer.string(topic).array(items, ({ partition, batch }) => {
        writer.int32(partition).bytes(batch)
      })
    })
  },
  decode(reader) {
    const partitions = readByTopic(reader, (topic) => readPartition(reader, topic))
    return { partitions, throttleTimeMs: reader.int32() }
  },
}

function readPartition(reader: ProtocolReader, topic: string): LeaderProduceResult {
  const partition = reader.int32()
  const errorCode = reader.int16()
  const baseOffset = reader.int64()
  const logAppendTime = reader.int64()
  reader.int64()
  const recordErrors = reader.array(() => ({ index: reader.int32(), message: reader.nullableString() }))
  const errorMessage = reader.nullableString()
  return { topic, partition, errorCode, errorMessage, baseOffset, logAppendTime, recordErrors }
}
