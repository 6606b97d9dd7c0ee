/*
 * The header of a RecordBatch v2 (magic 2), big-endian; the checksum covers everything from ATTRIBUTES on.
 *
 *   0        8       12      16 17     21   23       27        35       43        51   53      57     61
 *   | base   | batch | leader|m | CRC  | at | last   | base    | max    | producer| pr | base  | rec- | records …
 *   | offset | length| epoch |ag| 32-C | tr | offset | time-   | time-  | id      | ep | se-   | ord  |
 *   |        |       |       |ic|      |    | delta  | stamp   | stamp  |         | och| quence| count|
 *
 * Source: https://kafka.apache.org/documentation/#recordbatch
 */

export const BASE_OFFSET = 0
export const BATCH_LENGTH = 8
export const PARTITION_LEADER_EPOCH = 12
export const MAGIC = 16
export const CRC = 17
export const ATTRIBUTES = 21
export const LAST_OFFSET_DELTA = 23
export const BASE_TIMESTAMP = 27
export const MAX_TIMESTAMP = 35
export const PRODUCER_ID = 43
export const PRODUCER_EPOCH = 51
export const BASE_SEQUENCE = 53
export const RECORD_COUNT = 57
export const RECORDS = 61

/** What BATCH_LENGTH does not count: the base offset and itself. */
export const LENGTH_OVERHEAD = 12

export const CODEC_MASK = 0x07
export const LOG_APPEND_TIME_FLAG = 0x08
export const TRANSACTIONAL_FLAG = 0x10
export const CONTROL_FLAG = 0x20
/** The base timestamp is the time from which the cleaner may drop the tombstones of the batch (KIP-534). */
export const DELETE_HORIZON_FLAG = 0x40

/** Length, attributes, timestamp delta, offset delta, key length, value length, header count: a byte each. */
export const MIN_RECORD_BYTES = 7
