import type { TopicPartition } from './topic-partition.ts'

/** Who stamped a record: its producer, or the broker that appended it. */
export type TimestampType = 'CreateTime' | 'LogAppendTime'

/** The key of a header: text, or the bytes themselves where they are not valid UTF-8, so that nothing is lost. */
export type HeaderKey = string | Buffer

/** One header of a record; a record may bear the same key more than once, and their order counts. */
export type RecordHeader = readonly [key: HeaderKey, value: Buffer | null]

/** A record as a consumer sees it. */
export interface KafkaRecord extends TopicPartition {
  readonly offset: bigint
  /** Epoch milliseconds; −1 where the record has no timestamp. */
  readonly timestamp: bigint
  readonly timestampType: TimestampType
  readonly key: Buffer | null
  /** `null` is a tombstone, which an empty buffer is not. */
  readonly value: Buffer | null
  readonly headers: readonly RecordHeader[]
}
