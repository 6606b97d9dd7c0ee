import type { ErrorCode } from '../errors/error-codes.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import { isForbidden, refusalCode } from '../kafka/forbidden.ts'
import type { ProtocolError } from '../kafka/protocol-error.ts'
import { partitionName, type TopicPartition } from '../kafka/topic-partition.ts'

const OFFSET_OUT_OF_RANGE = 1
const UNKNOWN_TOPIC_OR_PARTITION = 3
const UNKNOWN_TOPIC_ID = 100

export function isOutOfRange(error: ProtocolError): boolean {
  return error.code === OFFSET_OUT_OF_RANGE
}

export function isUnknownTopic(error: ProtocolError): boolean {
  return error.code === UNKNOWN_TOPIC_OR_PARTITION || error.code === UNKNOWN_TOPIC_ID
}

/** The typed error for what a broker of the source said of one partition. */
export function sourceError(error: ProtocolError, where: TopicPartition, doing: string): KbackupError {
  const said = error.message === undefined ? '' : `: ${error.message}`
  return new KbackupError(codeOf(error), {
    message: `${doing} ${partitionName(where)} failed with ${error.name} (${error.code})${said}`,
    hint: hintOf(error, where),
    details: { ...partitionDetails(where), protocolCode: error.code, protocolName: error.name },
    retryable: error.retriable,
  })
}

/** The error for a partition whose log or topic is no longer the one that the run began to read. */
export function sourceChanged(where: TopicPartition, how: string): KbackupError {
  return new KbackupError('KB_SOURCE_CHANGED', {
    message: `${partitionName(where)} changed while it was read: ${how}`,
    hint: 'run the backup again when the cluster is at rest; what is committed stays as it is',
    details: partitionDetails(where),
    retryable: true,
  })
}

/** Callers hand over whole tasks. */
function partitionDetails({ topic, partition }: TopicPartition) {
  return { topic, partition }
}

function codeOf(error: ProtocolError): ErrorCode {
  return error.retriable ? 'KB_KAFKA_UNAVAILABLE' : refusalCode(error)
}

function hintOf(error: ProtocolError, { topic }: TopicPartition): string | undefined {
  if (isForbidden(error)) return `grant Read and Describe on topic ${topic}, and DescribeConfigs where wanted`
  return error.retriable ? 'check that all partitions have a leader, then run the backup again' : undefined
}
