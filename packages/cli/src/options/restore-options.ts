import type { BlobStore, KafkaCluster, RestoredSelection, RestoreOptions, RestoreTopic } from '@kbackup/core'
import type { Config } from '../config/config-schema.ts'
import type { RestoreConfig } from '../config/restore-schema.ts'
import { localFile } from '../ports/local-file.ts'
import { type TimeFlags, windowWithFlags } from './time-flags.ts'

const MS_IN_A_SECOND = 1_000

/** What the command line adds to a configuration. */
export interface RestoreFlags extends TimeFlags {
  readonly restoreId?: string | undefined
  readonly newRestoreId?: string | undefined
  readonly new?: boolean | undefined
  readonly onlyMissing?: boolean | undefined
}

/** What a restore works on. */
export interface RestoreEnds {
  readonly storage: BlobStore
  readonly target: KafkaCluster
}

/** The options of the SDK that a configuration means. */
export function restoreOptions(
  config: Config,
  flags: RestoreFlags,
  ends: RestoreEnds & { readonly groups: readonly string[] | 'all' },
): RestoreOptions {
  const restore = config.restore ?? {}
  return {
    ...ends,
    backupId: config.backup_id,
    ...restoredSelection(config, flags),
    groupStrategy: groupStrategy(restore),
    keys: restore.keys,
    existingTopics: flags.onlyMissing === true ? 'only-missing' : restore.existing_topics,
    guards: guards(restore),
    verify: restore.verify,
    replicationFactor: restore.replication_factor,
    commit: restore.at_commit,
    restoreId: flags.restoreId,
    newRestoreId: flags.newRestoreId,
    startNew: flags.new,
    maxMemoryBytes: restore.max_memory_bytes,
    maxConcurrentPartitions: restore.max_concurrent_partitions,
    originalHeaders: restore.include_original_offset_header,
    maxBatchRecords: restore.produce_batch_size,
    maxRecordsPerSecond: restore.rate_limit_records_per_sec,
    maxBytesPerSecond: restore.rate_limit_bytes_per_sec,
    checkpoint: checkpoint(restore),
  }
}

/** What of an archive goes where. */
export function restoredSelection(config: Config, flags: TimeFlags = {}): RestoredSelection {
  const restore = config.restore ?? {}
  return {
    window: windowWithFlags({ start: restore.time_window_start, end: restore.time_window_end }, flags),
    topics: topicSelection(config),
    rename: restore.topic_mapping,
    partitions: restore.source_partitions,
    partitionMapping: restore.partition_mapping,
    repartition: restore.repartition && { partitionCount: restore.repartition.partition_count },
  }
}

function topicSelection({ target, restore }: Config): RestoreOptions['topics'] {
  const include = restore?.topics?.map(topicEntry) ?? target?.topics?.include ?? ['*']
  return { include, exclude: target?.topics?.exclude }
}

type TopicConfig = NonNullable<RestoreConfig['topics']>[number]

function topicEntry(topic: TopicConfig): string | RestoreTopic {
  if (typeof topic === 'string') return topic
  return {
    name: topic.name,
    window: { start: topic.time_window_start, end: topic.time_window_end },
    partitions: topic.partitions,
    offsets: { start: offsetOf(topic.offset_start), end: offsetOf(topic.offset_end) },
  }
}

function offsetOf(value: number | undefined): bigint | undefined {
  return value === undefined ? undefined : BigInt(value)
}

/** `skip` names no groups, and the guides' `header-based` is what the map does without headers. */
function groupStrategy({ consumer_group_strategy: strategy }: RestoreConfig): RestoreOptions['groupStrategy'] {
  return strategy === 'skip' || strategy === 'header-based' ? undefined : strategy
}

function checkpoint(restore: RestoreConfig): RestoreOptions['checkpoint'] {
  const { checkpoint_state, checkpoint_interval_secs } = restore
  if (checkpoint_state === undefined) return undefined
  const intervalMs = checkpoint_interval_secs === undefined ? undefined : checkpoint_interval_secs * MS_IN_A_SECOND
  return { file: localFile(checkpoint_state), intervalMs }
}

function guards({ guards: config }: RestoreConfig): RestoreOptions['guards'] {
  if (config === undefined) return undefined
  return {
    retention: config.retention,
    timestampType: config.timestamp_type,
    messageSize: config.message_size,
    timestampRange: config.timestamp_range,
    nullKey: config.null_key,
    partitions: config.partitions,
    codec: config.codec,
    compaction: config.compaction,
    groupsActive: config.groups_active,
    incompleteBackup: config.incomplete_backup,
    order: config.order,
    copies: config.copies,
  }
}
