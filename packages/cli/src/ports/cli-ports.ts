import type { BlobStore, KafkaCluster } from '@kbackup/core'
import type { ClusterConfig } from '../config/cluster-schema.ts'
import type { StoreLocation } from '../options/store-location.ts'

/** The outside world of a command: real adapters, or those of a test. */
export interface CliPorts {
  /** The store of a place; nothing is read before its first call. The SDK of a service is loaded when a place needs it. */
  readonly openStore: (location: StoreLocation) => BlobStore | Promise<BlobStore>
  /** The names of the folders in a place, where archives may lie; `undefined` where there is no such folder. */
  readonly folderNames: (location: StoreLocation, signal: AbortSignal) => Promise<readonly string[] | undefined>
  readonly connect: (cluster: ClusterConfig) => KafkaCluster
  readonly nowMs: () => number
}
