import { createBackup } from '../../backup/create-backup.ts'
import { MemoryBlobStore } from '../../testing/memory-blob-store.ts'
import type { TestRecord } from '../../testing/memory-kafka/test-record.ts'
import { MemoryKafkaCluster } from '../../testing/memory-kafka-cluster.ts'
import { createRestore } from '../create-restore.ts'
import type { RestoreOptions } from '../restore-options.ts'
import type { HazardCode } from '../restore-plan.ts'

export const DAY_MS = 86_400_000n
export const NOW = BigInt(Date.now())
export const orders = { topic: 'orders', partition: 0 }

export interface Scene {
  readonly storage: MemoryBlobStore
  readonly target: MemoryKafkaCluster
}

/** An archive of `orders` and `billing`, and an empty target. */
export async function scene(records: readonly TestRecord[], configs: Record<string, string> = {}): Promise<Scene> {
  const source = new MemoryKafkaCluster({ clusterId: 'source' })
  const storage = new MemoryBlobStore()
  await source.simulation.createTopic('orders', { configs })
  await source.simulation.append(orders, records)
  await source.commitGroupOffsets('billing', [{ ...orders, offset: 1n, leaderEpoch: -1, metadata: null }])
  await createBackup({ source, storage, backupId: 'b', topics: ['orders'] }).run()
  return { storage, target: new MemoryKafkaCluster({ clusterId: 'target' }) }
}

export function restoreInto({ storage, target }: Scene, options: Partial<RestoreOptions> = {}) {
  return createRestore({ storage, backupId: 'b', target, ...options })
}

export async function blockersOf(at: Scene, options: Partial<RestoreOptions> = {}): Promise<readonly HazardCode[]> {
  return (await restoreInto(at, options).plan()).blockers.map(({ code }) => code)
}

export async function settingOf({ target }: Scene, name: string) {
  const configs = await target.describeTopicConfigs(['orders'])
  return configs.get('orders')?.find((entry) => entry.name === name)
}

export const recent: readonly TestRecord[] = [{ key: 'a', value: 'new' }]
export const oldAndNew: readonly TestRecord[] = [{ key: 'a', value: 'old', timestamp: NOW - 8n * DAY_MS }, ...recent]
