import { connectionFromSecurity, kafka } from '@kbackup/kafka-io'
import { fs } from '@kbackup/storage-fs'
import type { CliPorts } from './cli-ports.ts'

/** The real adapters. */
export const systemPorts: CliPorts = {
  openStore: (directory) => fs({ directory }),
  connect: (cluster) => kafka({}),
  nowMs: Date.now,
}
