import { once } from 'node:events'
import type { Consumer, EachBatchPayload } from 'kafkajs'
import { plaintextClient } from './plaintext-client.ts'
import type { TestKafka } from './test-kafka.ts'

/** A record as a member of a group reads it. */
export interface MemberRecord {
  readonly partition: number
  readonly offset: bigint
  readonly value: string
}

export interface MemberOptions {
  readonly groupId: string
  readonly topic: string
  /** Partitions of the topic in which there is something to read, and when there was enough of each. */
  readonly enough: ReadonlyMap<number, (read: readonly MemberRecord[]) => boolean>
}

/**
 * Reads a topic as the only member of a group, from the group's positions on, until there was enough of each partition;
 * then commits the position behind the last record that counts, and leaves. What came after that was not read.
 */
export async function readAsMember(
  kafka: Pick<TestKafka, 'plaintextServers'>,
  { groupId, topic, enough }: MemberOptions,
): Promise<readonly MemberRecord[]> {
  const done = new AbortController()
  const ended = once(done.signal, 'abort')
  const read = new Map([...enough.keys()].map((partition) => [partition, [] as MemberRecord[]]))
  const isEnough = (partition: number) => enough.get(partition)?.(read.get(partition) ?? []) ?? true
  const consumer = plaintextClient(kafka.plaintextServers).consumer({ groupId, maxWaitTimeInMs: 50 })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const eachBatch = async ({ batch: { partition, messages } }: EachBatchPayload) => {
    for (const { offset, value } of messages) {
      if (isEnough(partition)) break
      read.get(partition)?.push({ partition, offset: BigInt(offset), value: String(value) })
    }
    if ([...enough.keys()].every(isEnough)) done.abort()
  }
  if ([...enough.keys()].every(isEnough)) done.abort()
  await consumer.run({ autoCommit: false, eachBatch })
  if (!done.signal.aborted) await ended
  await commitBehind(consumer, topic, read)
  await consumer.disconnect()
  return [...read.values()].flat()
}

async function commitBehind(
  consumer: Consumer,
  topic: string,
  read: ReadonlyMap<number, readonly MemberRecord[]>,
): Promise<void> {
  const last = [...read.values()].flatMap((records) => records.at(-1) ?? [])
  const positions = last.map(({ partition, offset }) => ({ topic, partition, offset: String(offset + 1n) }))
  if (positions.length > 0) await consumer.commitOffsets(positions)
}
