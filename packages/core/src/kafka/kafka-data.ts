import type { ProtocolError } from './protocol-error.ts'
import type { TopicPartition } from './topic-partition.ts'

export interface FetchPartition extends TopicPartition {
  readonly offset: bigint
  /** At least one whole batch is returned, even if it is larger. */
  readonly maxBytes: number
}

export interface FetchRequest {
  /** Served in this order: where `maxBytes` is used up, the later ones come back empty, so callers rotate. */
  readonly partitions: readonly FetchPartition[]
  /** Of the whole response; each broker may exceed it by one batch, never by more. */
  readonly maxBytes: number
  readonly minBytes: number
  readonly maxWaitMs: number
  /** `read_committed` ends at the last stable offset and lists aborted transactions. */
  readonly isolation: 'read_uncommitted' | 'read_committed'
}

/** A producer whose transaction, from this offset on, ended in an abort. */
export interface AbortedTransaction {
  readonly producerId: bigint
  readonly firstOffset: bigint
}

export interface FetchedPartition extends TopicPartition {
  readonly error?: ProtocolError | undefined
  readonly highWatermark: bigint
  readonly lastStableOffset: bigint
  readonly logStartOffset: bigint
  readonly abortedTransactions: readonly AbortedTransaction[]
  /**
   * Whole record batches, byte for byte, the last one perhaps cut short; the first may begin before the offset asked for.
   * It may be a slice of the response: whoever keeps it keeps the response alive, and copies it or counts all of it.
   */
  readonly records: Buffer
}

export interface FetchResponse {
  /** One for each partition of the request, in its order. */
  readonly partitions: readonly FetchedPartition[]
  /** How long the brokers held answers back under a quota; above 0, emptiness means nothing. */
  readonly throttleTimeMs: number
  /**
   * Says that nobody will read `records` any more, so that their memory may serve again; without it they are garbage
   * like any other.
   */
  readonly release?: (() => void) | undefined
}

export interface ProducePartition extends TopicPartition {
  /** Exactly one record batch, with base offset 0. */
  readonly batch: Buffer
}

export interface ProduceRequest {
  readonly partitions: readonly ProducePartition[]
  /** How long the leader waits for all in-sync replicas. */
  readonly timeoutMs: number
}

export interface RecordError {
  /** The index of the record in the batch. */
  readonly index: number
  readonly message: string | null
}

export interface ProduceResult extends TopicPartition {
  /** The offset of the first record; −1 with an error, and for a duplicate whose place the broker has forgotten. */
  readonly baseOffset: bigint
  /** −1 for CreateTime topics. */
  readonly logAppendTime: bigint
  readonly error?: ProtocolError | undefined
  readonly recordErrors: readonly RecordError[]
}

/** A producer id with its epoch, as brokers give them out to idempotent producers. */
export interface ProducerIdentity {
  readonly producerId: bigint
  readonly producerEpoch: number
}

export interface ActiveProducer extends ProducerIdentity {
  /** The sequence of the last record of its last batch. */
  readonly lastSequence: number
  readonly lastTimestamp: bigint
  /** −1 while no transaction is open. */
  readonly currentTransactionStartOffset: bigint
}

export interface PartitionProducers extends TopicPartition {
  readonly producers: readonly ActiveProducer[]
  readonly error?: ProtocolError | undefined
}
