/**
 * An error code that a broker gave for one item of a request (one partition, one group, one topic).
 *
 * Source: the error table of the Kafka protocol, `org.apache.kafka.common.protocol.Errors`.
 */
export interface ProtocolError {
  /** The number of the protocol, for instance 6. */
  readonly code: number
  /** Its name, for instance `NOT_LEADER_OR_FOLLOWER`; `UNKNOWN` for a number that is not in the table. */
  readonly name: string
  /** Whether the protocol calls it retriable. */
  readonly retriable: boolean
  /** What the broker said beside it, if anything. */
  readonly message?: string | undefined
}
