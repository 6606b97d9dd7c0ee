import { kafka } from '@kbackup/kafka-io'
import { fs } from '@kbackup/storage-fs'
import type { CliPorts } from './cli-ports.ts'

/** The real adapters. */
export const systemPorts: CliPorts = {
  openStore: (directory) => fs({ directory }),
  connect: (cluster) => kafka({ clientId: 'kbackup', brokers: [...cluster.bootstrap_servers] }),
  nowMs: Date.now,
}
