import type { BackupOptions } from '@kbackup/core'

/** What a process of ours is to do, and nothing else; it comes as JSON on its command line. */
export type WorkerJob = BackupJob | RestoreJob | CodecJob

interface ClusterJob {
  readonly servers: readonly string[]
  readonly directory: string
  readonly topic: string
}

export interface BackupJob extends ClusterJob, Pick<BackupOptions, 'compression' | 'indexTimestamps'> {
  readonly kind: 'backup'
}

/** Restores the archive that a {@link BackupJob} made in the same directory. */
export interface RestoreJob extends ClusterJob {
  readonly kind: 'restore'
  readonly targetTopic: string
}

/** Compresses as many bytes as the topic has, from memory, and does nothing with them. */
export interface CodecJob extends Omit<ClusterJob, 'directory'> {
  readonly kind: 'codec'
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
