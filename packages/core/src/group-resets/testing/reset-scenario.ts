import { createBackup } from '../../backup/create-backup.ts'
import { impatientEnvironment } from '../../backup/testing/backup-fixture.ts'
import type { KafkaCluster } from '../../kafka/kafka-cluster.ts'
import type { GroupOffset } from '../../kafka/kafka-groups.ts'
import { createRestore } from '../../restore/create-restore.ts'
import { MemoryBlobStore } from '../../testing/memory-blob-store.ts'
import { MemoryKafkaCluster } from '../../testing/memory-kafka-cluster.ts'

export const BACKUP_ID = 'orders'
export const RESTORE_ID = 'r1'
/** Behind as many records of others stands what is restored, so that positions differ from those of the source. */
export const RECORDS_BEFORE = 7
const RECORDS = 50

/** Where groups stood in the source, by partition. */
export const ARCHIVED: Readonly<Record<string, readonly bigint[]>> = {
  billing: [10n, 20n],
  shipping: [0n, 50n],
  'shipping-eu': [49n, 1n],
}

/** What the target has of them before anything is reset. */
export const BEFORE: Readonly<Record<string, readonly (bigint | null)[]>> = {
  billing: [3n, null],
  shipping: [null, null],
  'shipping-eu': [5n, 6n],
}

/** Where they stand when they are reset. */
export const AFTER: Readonly<Record<string, readonly bigint[]>> = {
  billing: [17n, 27n],
  shipping: [7n, 57n],
  'shipping-eu': [56n, 8n],
}

export const GROUP_IDS = Object.keys(ARCHIVED)

/** A finished restore, whose groups were left as they were. */
export interface ResetScenario {
  readonly target: MemoryKafkaCluster
  readonly store: MemoryBlobStore
}

/** The target as a restore left it, and the archive with its journal and its map. */
export async function resetScenario(): Promise<ResetScenario> {
  restored ??= restoredArchive()
  const [archive, store] = [await restored, new MemoryBlobStore()]
  for (const key of archive.keys()) await store.put(key, await archive.get(key))
  const target = newTarget()
  await fill(target, 'restored', RECORDS_BEFORE + RECORDS)
  for (const groupId of GROUP_IDS) await place(target, groupId, 'restored', BEFORE[groupId] ?? [])
  return { target, store }
}

/** All scenarios of a test file share it. */
let restored: ReturnType<typeof restoredArchive> | undefined

async function restoredArchive(): Promise<MemoryBlobStore> {
  const source = new MemoryKafkaCluster({ clusterId: 'source', offsetsTopicPartitions: 2 })
  const [target, store, environment] = [newTarget(), new MemoryBlobStore(), impatientEnvironment]
  await fill(source, 'orders', RECORDS)
  for (const groupId of GROUP_IDS) await place(source, groupId, 'orders', ARCHIVED[groupId] ?? [])
  await createBackup({ source, storage: store, backupId: BACKUP_ID, topics: ['orders'], environment }).run()
  await fill(target, 'restored', RECORDS_BEFORE)
  const rename = { orders: 'restored' }
  const options = { storage: store, backupId: BACKUP_ID, target, rename, newRestoreId: RESTORE_ID, environment }
  await createRestore({ ...options, existingTopics: 'append' }).run()
  return store
}

function newTarget(): MemoryKafkaCluster {
  return new MemoryKafkaCluster({ clusterId: 'target', offsetsTopicPartitions: 2 })
}

async function fill(cluster: MemoryKafkaCluster, topic: string, records: number): Promise<void> {
  await cluster.simulation.createTopic(topic, { partitionCount: 2 })
  for (const partition of [0, 1]) {
    const values = Array.from({ length: records }, (_, index) => ({ value: `${index}` }))
    await cluster.simulation.append({ topic, partition }, values)
  }
}

async function place(
  cluster: KafkaCluster,
  groupId: string,
  topic: string,
  offsets: readonly (bigint | null)[],
): Promise<void> {
  const positions = offsets.flatMap((offset, partition): readonly GroupOffset[] =>
    offset === null ? [] : [{ topic, partition, offset, leaderEpoch: -1, metadata: '' }],
  )
  if (positions.length > 0) await cluster.commitGroupOffsets(groupId, positions)
}

/** Where all groups of the scenario stand in the target. */
export async function standOf(target: KafkaCluster): Promise<Record<string, readonly (bigint | null)[]>> {
  const fetched = await target.fetchGroupOffsets(GROUP_IDS)
  return Object.fromEntries(
    fetched.map(({ groupId, offsets }) => [
      groupId,
      [0, 1].map((number) => offsets.find(({ partition }) => partition === number)?.offset ?? null),
    ]),
  )
}
