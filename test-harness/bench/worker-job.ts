import type { BackupOptions, ProofDepth } from '@kbackup/core'

/** What a process of ours is to do, and nothing else; it comes as JSON on its command line. */
export type WorkerJob = BackupJob | RestoreJob | CodecJob

interface ClusterJob {
  readonly servers: readonly string[]
  readonly directory: string
  readonly topics: readonly string[]
}

export interface BackupJob extends ClusterJob, Pick<BackupOptions, 'compression' | 'indexTimestamps'> {
  readonly kind: 'backup'
}

/** Restores the archive that a {@link BackupJob} made in the same directory. */
export interface RestoreJob extends ClusterJob {
  readonly kind: 'restore'
  /** Goes before the names of the topics. */
  readonly targetPrefix: string
  readonly verify: ProofDepth
}

/** Compresses as many bytes as the topic has, from memory, and does nothing with them. */
export interface CodecJob {
  readonly kind: 'codec'
  readonly servers: readonly string[]
  readonly topic: string
  readonly bytes: number
  readonly concurrency: number
}

/** What it took between the first call and its result; the start of the process is not in it. */
export interface WorkerResult {
  readonly records: number
  /** What was written to the store, or read of it. */
  readonly storedBytes: number
  readonly seconds: number
  readonly cpuSeconds: number
}
