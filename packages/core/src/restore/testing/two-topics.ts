import { createBackup } from '../../backup/create-backup.ts'
import { MemoryBlobStore } from '../../testing/memory-blob-store.ts'
import type { TestRecord } from '../../testing/memory-kafka/test-record.ts'
import { MemoryKafkaCluster } from '../../testing/memory-kafka-cluster.ts'
import { createRestore } from '../create-restore.ts'
import type { RestoreOptions } from '../restore-options.ts'

const NOW = Date.now()
export const FIRST_MS = BigInt(NOW) - 3_600_000n
export const PARTITION_COUNT = 3
/** Of each partition. */
export const RECORD_COUNT = 10

/** The time of the nth record of each partition. */
export function timeOf(ordinal: number): bigint {
  return FIRST_MS + BigInt(ordinal) * 1_000n
}

/** An archive of `orders` and `payments`: in each partition ten records, one a second; and an empty target. */
export class TwoTopics {
  readonly source = new MemoryKafkaCluster({ clusterId: 'source', now: () => NOW })
  readonly target = new MemoryKafkaCluster({ clusterId: 'target', now: () => NOW })
  readonly storage = new MemoryBlobStore()

  static async backedUp(
    prepare: (at: TwoTopics) => Promise<void> = async () => {},
    configs: Readonly<Record<string, string>> = {},
  ): Promise<TwoTopics> {
    const at = new TwoTopics()
    for (const topic of ['orders', 'payments']) await at.#fill(topic, configs)
    await prepare(at)
    await createBackup({
      source: at.source,
      storage: at.storage,
      backupId: 'b',
      topics: ['*'],
      consumerGroups: 'all',
    }).run()
    return at
  }

  restore(options: Partial<RestoreOptions> = {}) {
    return createRestore({ storage: this.storage, backupId: 'b', target: this.target, ...options })
  }

  async #fill(topic: string, configs: Readonly<Record<string, string>>): Promise<void> {
    await this.source.simulation.createTopic(topic, { partitionCount: PARTITION_COUNT, configs })
    for (let partition = 0; partition < PARTITION_COUNT; partition++) {
      const records = Array.from({ length: RECORD_COUNT }, (_, ordinal): TestRecord => recordOf(partition, ordinal))
      for (const half of [records.slice(0, 5), records.slice(5)]) {
        await this.source.simulation.append({ topic, partition }, half)
      }
    }
  }
}

function recordOf(partition: number, ordinal: number): TestRecord {
  return { key: `k${ordinal % 4}`, value: `p${partition}r${ordinal}`, timestamp: timeOf(ordinal) }
}

/** The values that records of a source partition have, by their ordinals. */
export function valuesOf(partition: number, ordinals: readonly number[]): readonly string[] {
  return ordinals.map((ordinal) => `p${partition}r${ordinal}`)
}

export function ordinals(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index)
}
