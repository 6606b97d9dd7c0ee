import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MemoryBlobStore, MemoryKafkaCluster, type MemoryKafkaClusterOptions } from '@kbackup/core/testing'
import { type CliOutcome, memoryOutcome } from '../../testing/cli-outcome.ts'
import { configurationFile } from '../../testing/configuration-file.ts'

type Records = Parameters<MemoryKafkaCluster['simulation']['append']>[1]

/** The command line over a store, a source and a target in memory, with a folder for its files. */
export class MemoryCli implements AsyncDisposable {
  readonly store = new MemoryBlobStore()
  readonly source = new MemoryKafkaCluster({ clusterId: 'source' })
  readonly target: MemoryKafkaCluster
  readonly folder: string

  private constructor(folder: string, target: MemoryKafkaClusterOptions) {
    this.folder = folder
    this.target = new MemoryKafkaCluster({ clusterId: 'target', ...target })
  }

  static async open(target: MemoryKafkaClusterOptions = {}): Promise<MemoryCli> {
    return new MemoryCli(await mkdtemp(join(tmpdir(), 'kbackup-cli-')), target)
  }

  /** A topic of the source, one list of records for each partition. */
  async fill(topic: string, partitions: readonly Records[]): Promise<void> {
    await this.source.simulation.createTopic(topic, { partitionCount: partitions.length })
    for (const [partition, records] of partitions.entries()) {
      await this.source.simulation.append({ topic, partition }, records)
    }
  }

  /** Positions of a group in the source, one for each partition. */
  async commit(groupId: string, topic: string, offsets: readonly bigint[]): Promise<void> {
    const positions = offsets.map((offset, partition) => ({
      topic,
      partition,
      offset,
      leaderEpoch: -1,
      metadata: null,
    }))
    await this.source.commitGroupOffsets(groupId, positions)
  }

  async backUp(cluster = this.source): Promise<void> {
    const file = await configurationFile(this.folder, 'backup')
    const { status, stderr } = await memoryOutcome(['backup', '--config', file], { store: this.store, cluster })
    if (status !== 0) throw new Error(stderr)
  }

  /** Restores with these lines of the section `restore`. */
  async restore(lines: readonly string[], flags: readonly string[] = []): Promise<CliOutcome> {
    const section = `restore:\n${lines.map((line) => `  ${line}\n`).join('')}`
    return this.run(['restore', '--config', await configurationFile(this.folder, 'restore', section), ...flags])
  }

  /** Where a group stands in the target, by `topic/partition`. */
  async positionsOf(groupId: string): Promise<ReadonlyMap<string, bigint>> {
    const [group] = await this.target.fetchGroupOffsets([groupId])
    return new Map(group?.offsets.map(({ topic, partition, offset }) => [`${topic}/${partition}`, offset]))
  }

  run(argv: readonly string[]): Promise<CliOutcome> {
    return memoryOutcome(argv, { store: this.store, cluster: argv[0] === 'backup' ? this.source : this.target })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }
}
