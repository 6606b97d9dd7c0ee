import { createBackup } from '../../backup/create-backup.ts'
import { impatientEnvironment } from '../../backup/testing/backup-fixture.ts'
import type { KafkaCluster } from '../../kafka/kafka-cluster.ts'
import type { TopicPartition } from '../../kafka/topic-partition.ts'
import { MemoryBlobStore } from '../../testing/memory-blob-store.ts'
import type { TestRecord } from '../../testing/memory-kafka/test-record.ts'
import { MemoryKafkaCluster } from '../../testing/memory-kafka-cluster.ts'
import { seededRandom } from '../../testing/seeded-random.ts'
import type { RestoreOptions } from '../restore-options.ts'

export const BACKUP_ID = 'orders'
export const GROUP = 'billing'
const TOPIC = 'orders'
const STEP_MS = 1_000n
/** Backups of the source, each of which takes what came since the one before. */
const TURNS = 3

/** Where the records of a scenario come from and go to, one beside the other. */
export interface ScenarioStream {
  readonly source: TopicPartition
  readonly target: TopicPartition
}

/** A backed-up source and an empty target. */
export interface RestoreScenario {
  readonly source: MemoryKafkaCluster
  readonly target: MemoryKafkaCluster
  readonly store: MemoryBlobStore
  readonly window: { readonly start: bigint; readonly end: bigint }
  readonly streams: readonly ScenarioStream[]
  readonly options: Pick<RestoreOptions, 'backupId' | 'window' | 'rename' | 'groups' | 'existingTopics'>
}

interface BatchSpec {
  readonly count: number
  readonly valueBytes: number
  readonly codec?: 'none' | 'lz4'
}

const LARGE: BatchSpec = { count: 6, valueBytes: 1_000 }
const LARGE_LZ4: BatchSpec = { ...LARGE, codec: 'lz4' }
const TINY: BatchSpec = { count: 1, valueBytes: 10 }

/** What passes whole, what is joined, what is compressed and what must be split, on three partitions. */
const PARTITIONS: readonly (readonly BatchSpec[])[] = [
  [...repeat(8, LARGE_LZ4), ...repeat(5, TINY), ...repeat(6, LARGE)],
  [...repeat(10, LARGE), ...repeat(25, TINY), ...repeat(4, LARGE), ...repeat(10, { ...TINY, codec: 'lz4' })],
  repeat(12, LARGE_LZ4),
]

function repeat(count: number, spec: BatchSpec): readonly BatchSpec[] {
  return Array.from({ length: count }, () => spec)
}

export interface ScenarioOptions {
  /** Whether records stand in the target before, to be appended to. */
  readonly isAppend?: boolean
}

/** How many records stand in each target partition before a restore that appends. */
export const RECORDS_BEFORE = 2

/**
 * Three partitions with a window that begins and ends inside batches; the beginning of the second one is compacted, so that
 * offsets have holes; the archive has several sections of each. Everything comes from a seed.
 */
export async function restoreScenario({ isAppend = false }: ScenarioOptions = {}): Promise<RestoreScenario> {
  archived ??= archivedSource()
  const { source, archive, window } = await archived
  const target = new MemoryKafkaCluster({ clusterId: 'target', offsetsTopicPartitions: 2 })
  const streams = PARTITIONS.map((_, partition) => ({
    source: { topic: TOPIC, partition },
    target: { topic: `restored.${TOPIC}`, partition },
  }))
  if (isAppend) await fillTarget(target, streams)
  const options = {
    backupId: BACKUP_ID,
    window,
    rename: (topic: string) => `restored.${topic}`,
    groups: [GROUP],
    existingTopics: isAppend ? ('append' as const) : ('fail' as const),
  }
  return { source, target, store: await copyOf(archive), window, streams, options }
}

/** Nothing changes a source once it is backed up, so that all scenarios of a test file share it. */
let archived: ReturnType<typeof archivedSource> | undefined

async function archivedSource() {
  const now = Date.now()
  // The group stands where it stands before the window ends.
  const source = new MemoryKafkaCluster({ now: () => now - 3_540_000, clusterId: 'source', offsetsTopicPartitions: 2 })
  const archive = new MemoryBlobStore()
  const firstMs = BigInt(now) - 3_600_000n
  await fillAndBackUp({ source, archive, firstMs })
  return { source, archive, window: { start: firstMs + 4n * STEP_MS, end: firstMs + 70n * STEP_MS } }
}

async function copyOf(archive: MemoryBlobStore): Promise<MemoryBlobStore> {
  const copy = new MemoryBlobStore()
  for (const key of archive.keys()) await copy.put(key, await archive.get(key))
  return copy
}

/** Fills and backs up by turns, so that the archive has sections that lie wholly inside of the window, and others. */
async function fillAndBackUp({ source, archive, firstMs }: Filling): Promise<void> {
  const random = seededRandom(7)
  const next = PARTITIONS.map(() => 0)
  await source.simulation.createTopic(TOPIC, { partitionCount: PARTITIONS.length })
  for (let turn = 0; turn < TURNS; turn++) {
    for (const [partition, batches] of PARTITIONS.entries()) {
      const [from, to] = [turn, turn + 1].map((part) => Math.ceil((part * batches.length) / TURNS))
      for (const { count, valueBytes, codec = 'none' } of batches.slice(from, to)) {
        const first = next[partition] ?? 0
        const records = Array.from({ length: count }, (_, index) =>
          recordAt({ ordinal: first + index, valueBytes, firstMs, random }),
        )
        await source.simulation.append({ topic: TOPIC, partition }, records, { codec })
        next[partition] = first + count
      }
    }
    // Later the cleaner would take records away that are archived.
    if (turn === 0) await source.simulation.compact({ topic: TOPIC, partition: 1 })
    if (turn === TURNS - 1) await commitPositions(source)
    await backUp({ source, store: archive })
  }
}

interface Filling {
  readonly source: MemoryKafkaCluster
  readonly archive: MemoryBlobStore
  readonly firstMs: bigint
}

async function commitPositions(source: MemoryKafkaCluster): Promise<void> {
  await source.commitGroupOffsets(
    GROUP,
    [30n, 27n, 40n].map((offset, partition) => ({ topic: TOPIC, partition, offset, leaderEpoch: -1, metadata: '' })),
  )
}

interface RecordPlace {
  readonly ordinal: number
  readonly valueBytes: number
  readonly firstMs: bigint
  readonly random: () => number
}

/** Few keys, so that compaction takes records away; times in order, but for a jitter across batches. */
function recordAt({ ordinal, valueBytes, firstMs, random }: RecordPlace): TestRecord {
  const jitterMs = BigInt(Math.floor(random() * 5_000))
  const noise = Array.from({ length: valueBytes }, () => String.fromCharCode(32 + Math.floor(random() * 90))).join('')
  return {
    key: `k${Math.floor(random() * 3)}`,
    value: `${ordinal}:${noise}`,
    timestamp: firstMs + BigInt(ordinal) * STEP_MS + jitterMs,
  }
}

async function backUp({ source, store }: { readonly source: KafkaCluster; readonly store: MemoryBlobStore }) {
  const backup = createBackup({
    source,
    storage: store,
    backupId: BACKUP_ID,
    topics: [TOPIC],
    environment: impatientEnvironment,
  })
  await backup.run()
}

async function fillTarget(target: MemoryKafkaCluster, streams: readonly ScenarioStream[]): Promise<void> {
  const [first] = streams
  if (first === undefined) return
  await target.simulation.createTopic(first.target.topic, { partitionCount: streams.length })
  for (const { target: where } of streams) {
    await target.simulation.append(
      where,
      Array.from({ length: RECORDS_BEFORE }, () => ({ value: 'before' })),
    )
  }
}
