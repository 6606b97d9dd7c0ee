import { resolve } from 'node:path'
import { MemoryKafkaCluster } from '@kbackup/core/testing'
import { fs } from '@kbackup/storage-fs'
import type { StoreLocation } from '../../packages/cli/src/options/store-location.ts'
import { folderNames } from '../../packages/cli/src/ports/folder-names.ts'
import { runCli } from '../../packages/cli/src/run-cli.ts'
import { startMemoryReader } from './memory-reader.ts'
import { PARTITION_COUNT, PAYMENT_TOPICS, type PaymentRecord } from './payments.ts'
import type { CommandOutcome, Platform } from './platform.ts'

/** The cluster of `@kbackup/core/testing`: the programs of the story are played, the commands run in this process. */
export function memoryPlatform(directory: string, signal: AbortSignal): Platform {
  const cluster = new MemoryKafkaCluster()
  return {
    description: 'a simulated cluster in memory',
    isReal: false,
    bootstrapServer: 'memory:9092',
    cluster,
    produce: (records) => produce(cluster, records),
    read: (options) => startMemoryReader(cluster, options),
    kbackup: (args) => runKbackup(args, { cluster, directory, signal }),
    [Symbol.asyncDispose]: () => cluster.close(),
  }
}

async function produce(cluster: MemoryKafkaCluster, records: readonly PaymentRecord[]): Promise<void> {
  for (const topic of PAYMENT_TOPICS) {
    for (let partition = 0; partition < PARTITION_COUNT; partition++) {
      const own = records.filter((record) => record.topic === topic && record.partition === partition)
      if (own.length > 0) await cluster.simulation.append({ topic, partition }, own.map(testRecord))
    }
  }
}

function testRecord({ key, value, trace, timestampMs }: PaymentRecord) {
  return { key, value, headers: [['trace', Buffer.from(trace)]] as const, timestamp: BigInt(timestampMs) }
}

interface CommandPlace {
  readonly cluster: MemoryKafkaCluster
  readonly directory: string
  readonly signal: AbortSignal
}

/** A process of its own could not reach the cluster; paths mean what they would mean there. */
async function runKbackup(
  args: readonly string[],
  { cluster, directory, signal }: CommandPlace,
): Promise<CommandOutcome> {
  const written = { stdout: '', stderr: '' }
  const sink = (name: 'stdout' | 'stderr') => ({
    write: (text: string) => {
      written[name] += text
    },
  })
  const status = await runCli({
    argv: args.map((argument) => (argument.endsWith('.yaml') ? resolve(directory, argument) : argument)),
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    environment: {},
    signal,
    ports: {
      openStore: (location) => fs({ directory: folderOf(directory, location) }),
      folderNames: (location) => folderNames(folderOf(directory, location)),
      connect: () => cluster,
      nowMs: Date.now,
    },
  })
  return { status, ...written }
}

function folderOf(directory: string, location: StoreLocation): string {
  if (location.backend !== 'filesystem') throw new Error('the simulated story is kept in a folder')
  return resolve(directory, location.directory)
}
