import { setTimeout as sleep } from 'node:timers/promises'
import { decodeRecords, type KafkaRecord, readBatches, type TopicPartition } from '@kbackup/core'
import type { MemoryKafkaCluster } from '@kbackup/core/testing'
import { PARTITION_COUNT } from './payments.ts'
import type { Reader, ReaderOptions, ReadRecord } from './platform.ts'

const MAX_BYTES = 1_048_576
const IDLE_MS = 10

/** Plays a consumer through the port: fetches from the group's positions on, and commits as a member. */
export async function startMemoryReader(cluster: MemoryKafkaCluster, options: ReaderOptions): Promise<Reader> {
  const { groupId, topics } = options
  const member = await cluster.simulation.joinGroup(groupId, { topics })
  const positions = await startPositions(cluster, options)
  const leaving = new AbortController()
  let failure: unknown
  const ended = readUntilLeft(cluster, { ...options, positions, signal: leaving.signal }).catch((error: unknown) => {
    failure = error
  })
  return {
    get failure() {
      return failure
    },
    stop: async () => {
      leaving.abort()
      await ended
      await cluster.simulation.leaveGroup(groupId, member.memberId)
    },
  }
}

interface Position extends TopicPartition {
  offset: bigint
}

interface Membership extends ReaderOptions {
  readonly positions: readonly Position[]
  readonly signal: AbortSignal
}

async function startPositions(
  cluster: MemoryKafkaCluster,
  { groupId, topics }: ReaderOptions,
): Promise<readonly Position[]> {
  const [group] = await cluster.fetchGroupOffsets([groupId])
  return topics.flatMap((topic) =>
    Array.from({ length: PARTITION_COUNT }, (_, partition) => {
      const known = group?.offsets.find((offset) => offset.topic === topic && offset.partition === partition)
      return { topic, partition, offset: known?.offset ?? 0n }
    }),
  )
}

async function readUntilLeft(cluster: MemoryKafkaCluster, membership: Membership): Promise<void> {
  while (!membership.signal.aborted) {
    let read = 0
    for (const position of membership.positions) {
      if (!membership.signal.aborted) read += await readOnce(cluster, position, membership)
    }
    if (read === 0) await sleep(IDLE_MS)
  }
}

async function readOnce(cluster: MemoryKafkaCluster, position: Position, membership: Membership): Promise<number> {
  const { topic, partition, offset } = position
  const { partitions } = await cluster.fetch({
    partitions: [{ topic, partition, offset, maxBytes: MAX_BYTES }],
    maxBytes: MAX_BYTES,
    minBytes: 1,
    maxWaitMs: 0,
    isolation: 'read_committed',
  })
  const records: ReadRecord[] = []
  for (const batch of readBatches(partitions[0]?.records ?? Buffer.alloc(0), position)) {
    records.push(...(await decodeRecords(batch, position)).filter((record) => record.offset >= offset).map(readRecord))
    position.offset = batch.nextOffset
  }
  if (position.offset > offset) await handle(cluster, { records, position, membership })
  return records.length
}

interface Handled {
  readonly records: readonly ReadRecord[]
  readonly position: Position
  readonly membership: Membership
}

async function handle(cluster: MemoryKafkaCluster, { records, position, membership }: Handled): Promise<void> {
  const { groupId, onRecords, onCommit } = membership
  await onRecords(records)
  const committed = { ...position }
  const sentAtMs = Date.now()
  await cluster.simulation.commitAsMember(groupId, [{ ...committed, leaderEpoch: -1, metadata: null }])
  onCommit({ ...committed, sentAtMs, acknowledgedAtMs: Date.now() })
}

function readRecord({ topic, partition, key, value, headers, timestamp, offset }: KafkaRecord): ReadRecord {
  const [, trace] = headers.find(([name]) => name === 'trace') ?? []
  return {
    topic,
    partition,
    key: String(key),
    value: String(value),
    trace: String(trace),
    timestampMs: Number(timestamp),
    offset,
  }
}
