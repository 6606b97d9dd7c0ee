import type { ProtocolError } from '../../kafka/protocol-error.ts'

// name: [number, retriable]; source: org.apache.kafka.common.protocol.Errors
const BROKER_ERRORS = {
  UNKNOWN_SERVER_ERROR: [-1, false],
  OFFSET_OUT_OF_RANGE: [1, false],
  CORRUPT_MESSAGE: [2, true],
  UNKNOWN_TOPIC_OR_PARTITION: [3, true],
  LEADER_NOT_AVAILABLE: [5, true],
  NOT_LEADER_OR_FOLLOWER: [6, true],
  REQUEST_TIMED_OUT: [7, true],
  MESSAGE_TOO_LARGE: [10, false],
  OFFSET_METADATA_TOO_LARGE: [12, false],
  COORDINATOR_LOAD_IN_PROGRESS: [14, true],
  COORDINATOR_NOT_AVAILABLE: [15, true],
  NOT_COORDINATOR: [16, true],
  INVALID_TOPIC_EXCEPTION: [17, false],
  NOT_ENOUGH_REPLICAS: [19, true],
  UNKNOWN_MEMBER_ID: [25, false],
  REBALANCE_IN_PROGRESS: [27, false],
  TOPIC_AUTHORIZATION_FAILED: [29, false],
  GROUP_AUTHORIZATION_FAILED: [30, false],
  CLUSTER_AUTHORIZATION_FAILED: [31, false],
  INVALID_TIMESTAMP: [32, false],
  TOPIC_ALREADY_EXISTS: [36, false],
  INVALID_PARTITIONS: [37, false],
  INVALID_REPLICATION_FACTOR: [38, false],
  INVALID_CONFIG: [40, false],
  POLICY_VIOLATION: [44, false],
  OUT_OF_ORDER_SEQUENCE_NUMBER: [45, false],
  INVALID_PRODUCER_EPOCH: [47, false],
  INVALID_TXN_STATE: [48, false],
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: [53, false],
  KAFKA_STORAGE_ERROR: [56, true],
  GROUP_ID_NOT_FOUND: [69, false],
  GROUP_SUBSCRIBED_TO_TOPIC: [86, false],
  UNSUPPORTED_COMPRESSION_TYPE: [76, false],
  INVALID_RECORD: [87, false],
  UNSTABLE_OFFSET_COMMIT: [88, true],
} as const satisfies Record<string, readonly [code: number, retriable: boolean]>

/** The errors that {@link MemoryKafkaCluster} gives by itself, or by order of a test. */
export type BrokerErrorName = keyof typeof BROKER_ERRORS

export function brokerError(name: BrokerErrorName, message?: string): ProtocolError {
  const [code, retriable] = BROKER_ERRORS[name]
  return { code, name, retriable, message }
}
