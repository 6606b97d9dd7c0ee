import type { TopicPartition } from '../../kafka/topic-partition.ts'

/** A number as `__consumer_offsets` holds it. */
export function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(value)
  return bytes
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

export function int64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(value)
  return bytes
}

/** A string behind its length, which is −1 for none. */
export function string(text: string | null): Buffer {
  if (text === null) return int16(-1)
  const bytes = Buffer.from(text)
  return Buffer.concat([int16(bytes.length), bytes])
}

/** The key of the position of a group in one partition. */
export function positionKey(groupId: string, { topic, partition }: TopicPartition): Buffer {
  return Buffer.concat([int16(1), string(groupId), string(topic), int32(partition)])
}
