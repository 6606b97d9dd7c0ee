import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MemoryBlobStore, MemoryKafkaCluster } from '@kbackup/core/testing'
import type { StoreLocation } from '../../options/store-location.ts'
import type { CliRun } from '../../run-cli.ts'
import { type CliOutcome, memoryOutcome } from '../../testing/cli-outcome.ts'
import { configurationFile } from '../../testing/configuration-file.ts'

/** What makes a restore of the orders go to another topic. */
export const RENAMED = 'restore:\n  topic_mapping: { orders: restored }\n'

/** The command line over a store and one cluster in memory, in which `orders` has five records in each of two partitions. */
export class OrdersCli implements AsyncDisposable {
  readonly store = new MemoryBlobStore()
  readonly cluster = new MemoryKafkaCluster()
  readonly folder: string

  private constructor(folder: string) {
    this.folder = folder
  }

  static async open(): Promise<OrdersCli> {
    const cli = new OrdersCli(await mkdtemp(join(tmpdir(), 'kbackup-cli-')))
    const { simulation } = cli.cluster
    await simulation.createTopic('orders', { partitionCount: 2, configs: { 'retention.ms': '-1' } })
    for (const partition of [0, 1]) {
      const records = [1, 2, 3, 4, 5].map((second) => ({ value: `${second}`, timestamp: orderTime(second) }))
      await simulation.append({ topic: 'orders', partition }, records)
    }
    return cli
  }

  /** Runs a line whose words are separated by single spaces. */
  run(line: string, overrides: Partial<CliRun> = {}): Promise<CliOutcome> {
    const folderNames = (location: StoreLocation) => this.#folderNames(location)
    return memoryOutcome(line, { store: this.store, cluster: this.cluster, folderNames }, overrides)
  }

  /** Writes a configuration for the archive `payments`, and gives its path. */
  config(mode: 'backup' | 'restore', more?: string): Promise<string> {
    return configurationFile(this.folder, mode, more)
  }

  async backUp(): Promise<void> {
    const { status, stderr } = await this.run(`backup --config ${await this.config('backup')}`)
    if (status !== 0) throw new Error(stderr)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }

  /** Of the folder `missing` there is nothing, every other one is the store. */
  async #folderNames(location: StoreLocation): Promise<readonly string[] | undefined> {
    if (location.backend === 'filesystem' && location.directory === 'missing') return undefined
    const names = new Set<string>()
    for await (const { key } of this.store.list('')) names.add(key.split('/', 1)[0] ?? '')
    return [...names]
  }
}

/** The timestamp of the record of that second. */
export function orderTime(second: number): bigint {
  return BigInt(Date.parse('2026-11-20T14:00:00Z') + second * 1_000)
}
