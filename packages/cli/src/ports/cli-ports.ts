import type { BlobStore, KafkaCluster } from '@kbackup/core'
import type { ClusterConfig } from '../config/cluster-schema.ts'

/** The outside world of a command: real adapters, or those of a test. */
export interface CliPorts {
  readonly openStore: (directory: string) => BlobStore
  readonly connect: (cluster: ClusterConfig) => KafkaCluster
  readonly nowMs: () => number
}
