import type { Environment } from '../../archive/environment.ts'
import { systemEnvironment } from '../../archive/environment.ts'
import type { BackupEvent } from '../../events/run-event.ts'
import type { GroupOffset } from '../../kafka/kafka-groups.ts'
import type { BlobStore } from '../../storage/blob-store.ts'
import { MemoryBlobStore } from '../../testing/memory-blob-store.ts'
import type { MemoryKafkaClusterOptions } from '../../testing/memory-kafka/memory-brokers.ts'
import { MemoryKafkaCluster } from '../../testing/memory-kafka-cluster.ts'
import type { BackupOptions } from '../backup-options.ts'
import type { BackupResult } from '../backup-result.ts'
import { createBackup, type RunBackupOptions } from '../create-backup.ts'

export const BACKUP_ID = 'payments'

/** Real time, but nobody waits. */
export const impatientEnvironment: Environment = {
  ...systemEnvironment,
  sleep: async (_delayMs, signal) => {
    await new Promise((resolve) => setImmediate(resolve))
    signal?.throwIfAborted()
  },
}

/** A source, a store, and a way to run backups from one to the other. */
export interface BackupFixture {
  readonly source: MemoryKafkaCluster
  readonly store: MemoryBlobStore
  readonly events: BackupEvent[]
  run(options?: Partial<BackupOptions>, runOptions?: RunBackupOptions): Promise<BackupResult>
}

/** Topic `orders` of three partitions, on two brokers, and an empty store. */
export async function backupFixture(options: MemoryKafkaClusterOptions = {}): Promise<BackupFixture> {
  const source = new MemoryKafkaCluster({ brokerCount: 2, offsetsTopicPartitions: 2, ...options })
  const store = new MemoryBlobStore()
  const events: BackupEvent[] = []
  await source.simulation.createTopic('orders', { partitionCount: 3 })
  const run = (options: Partial<BackupOptions> = {}, runOptions: RunBackupOptions = {}): Promise<BackupResult> => {
    const defaults = { source, storage: store as BlobStore, backupId: BACKUP_ID, topics: ['orders'] }
    const backup = createBackup({ ...defaults, environment: impatientEnvironment, ...options })
    return backup.run({ onEvent: (event) => events.push(event), ...runOptions })
  }
  return { source, store, events, run }
}

/** Appends batches of one record each. */
export async function appendValues(
  source: MemoryKafkaCluster,
  partition: number,
  values: readonly string[],
): Promise<void> {
  for (const value of values) await source.simulation.append({ topic: 'orders', partition }, [{ key: value, value }])
}

export function position(partition: number, offset: bigint): GroupOffset {
  return { topic: 'orders', partition, offset, leaderEpoch: -1, metadata: '' }
}
