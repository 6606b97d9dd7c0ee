import { createBackup } from '../../backup/create-backup.ts'
import { decodeRecords } from '../../batch/batch-records.ts'
import { MemoryBlobStore } from '../../testing/memory-blob-store.ts'
import { batchesOf, fetchOne } from '../../testing/memory-kafka/orders-cluster.ts'
import type { TestRecord } from '../../testing/memory-kafka/test-record.ts'
import { MemoryKafkaCluster } from '../../testing/memory-kafka-cluster.ts'
import { createRestore, type Restore } from '../create-restore.ts'
import type { RestoreOptions } from '../restore-options.ts'

export const NOW = Date.now()
export const orders = { topic: 'orders', partition: 0 }
export const RESTORE_ID = 'r1'

export interface Archived {
  readonly source: MemoryKafkaCluster
  readonly storage: MemoryBlobStore
}

/** An archive of these records, batch by batch. */
export async function archiveOf(batches: readonly (readonly TestRecord[])[]): Promise<Archived> {
  const source = new MemoryKafkaCluster({ clusterId: 'source', now: () => NOW })
  const storage = new MemoryBlobStore()
  await source.simulation.createTopic('orders')
  for (const batch of batches) await source.simulation.append(orders, batch)
  await createBackup({ source, storage, backupId: 'b', topics: ['orders'] }).run()
  return { source, storage }
}

/** A target that holds these records. */
export async function targetOf(batches: readonly (readonly TestRecord[])[]): Promise<MemoryKafkaCluster> {
  const target = new MemoryKafkaCluster({ clusterId: 'target', now: () => NOW })
  await target.simulation.createTopic('orders')
  for (const batch of batches) await target.simulation.append(orders, batch)
  return target
}

/** What the restores of these scenes are told. */
export const ONLY_MISSING = {
  backupId: 'b',
  existingTopics: 'only-missing',
  guards: { order: 'accept' },
  newRestoreId: RESTORE_ID,
} as const

export function onlyMissing(
  { storage }: Archived,
  target: MemoryKafkaCluster,
  options: Partial<RestoreOptions> = {},
): Restore {
  return createRestore({ ...ONLY_MISSING, storage, target, ...options })
}

/** Records `from … to − 1`, one a millisecond. */
export function numbered(from: number, to: number): readonly TestRecord[] {
  return Array.from({ length: to - from }, (_, index) => ({
    key: `k${from + index}`,
    value: `v${from + index}`,
    timestamp: BigInt(NOW - 60_000 + from + index),
  }))
}

/** Their values. */
export function valuesFrom(from: number, to: number): readonly string[] {
  return numbered(from, to).map(({ value }) => String(value))
}

/** The values of a log from an offset on. */
export async function valuesAt(cluster: MemoryKafkaCluster, from = 0n): Promise<readonly string[]> {
  const fetched = await fetchOne(cluster, orders, { offset: from })
  const records = await Promise.all(batchesOf(fetched).map((batch) => decodeRecords(batch, orders)))
  return records
    .flat()
    .filter(({ offset }) => offset >= from)
    .map(({ value }) => String(value))
}
