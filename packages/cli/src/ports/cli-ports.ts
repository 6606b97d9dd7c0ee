import type { BlobStore, KafkaCluster } from '@kbackup/core'
import type { ClusterConfig } from '../config/cluster-schema.ts'

/** The outside world of a command: real adapters, or those of a test. */
export interface CliPorts {
  readonly openStore: (directory: string) => BlobStore
  /** The names of the folders and links in a folder, where archives may lie; `undefined` where there is no such folder. */
  readonly folderNames: (directory: string) => Promise<readonly string[] | undefined>
  readonly connect: (cluster: ClusterConfig) => KafkaCluster
  readonly nowMs: () => number
}
