import type { BackupOptions, BlobStore, KafkaCluster } from '@kbackup/core'
import type { BackupConfig } from '../config/backup-schema.ts'
import type { Config } from '../config/config-schema.ts'

/** What a backup works on. */
export interface BackupEnds {
  readonly storage: BlobStore
  readonly source: KafkaCluster
  /** What `--unsafe-single-writer` says; the file says it otherwise. */
  readonly unsafeSingleWriter?: boolean | undefined
}

/** The options of the SDK that a configuration means. */
export function backupOptions(config: Config, { unsafeSingleWriter, ...ends }: BackupEnds): BackupOptions {
  const backup = config.backup ?? {}
  return {
    ...ends,
    backupId: config.backup_id,
    topics: { include: config.source?.topics?.include ?? ['*'], exclude: config.source?.topics?.exclude },
    consumerGroups: backup.consumer_groups === 'none' ? false : backup.consumer_groups,
    compression: backup.compression,
    compressionLevel: backup.compression_level,
    maxSegmentBytes: backup.segment_max_bytes,
    maxSegmentAgeMs: backup.segment_max_interval_ms,
    commitIntervalMs: commitIntervalMs(backup),
    maxMemoryBytes: backup.max_memory_bytes,
    indexTimestamps: backup.index_timestamps,
    unsafeSingleWriter: unsafeSingleWriter ?? config.storage.unsafe_single_writer,
  }
}

function commitIntervalMs({ commit_interval, checkpoint_interval_secs }: BackupConfig): number | undefined {
  if (commit_interval !== undefined) return commit_interval
  return checkpoint_interval_secs === undefined ? undefined : checkpoint_interval_secs * 1000
}
