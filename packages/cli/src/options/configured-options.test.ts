import { MemoryBlobStore, MemoryKafkaCluster } from '@kbackup/core/testing'
import { describe, expect, it } from 'vitest'
import { backupSchema } from '../config/backup-schema.ts'
import { guardsSchema } from '../config/guards-schema.ts'
import { parseConfig } from '../config/load-config.ts'
import { restoreSchema } from '../config/restore-schema.ts'
import { builtKeys } from '../config/testing/built-keys.ts'
import { backupOptions } from './backup-options.ts'
import { restoreOptions } from './restore-options.ts'

const storage = new MemoryBlobStore()
const cluster = new MemoryKafkaCluster()

function configured(mode: 'backup' | 'restore', lines: readonly string[], topics: readonly string[] = []) {
  const end = mode === 'backup' ? 'source' : 'target'
  const head = [`mode: ${mode}`, 'backup_id: payments', `${end}:`, '  bootstrap_servers: [a:1]', ...topics]
  const store = ['storage:', '  backend: filesystem', '  path: ./backups']
  const text = [...head, ...store, `${mode}:`, ...lines.map((line) => `  ${line}`), ''].join('\n')
  return parseConfig({ file: `${mode}.yaml`, text, environment: {} }, mode).config
}

const BACKUP_LINES = [
  'compression: lz4',
  'compression_level: 3',
  'segment_max_bytes: 64MiB',
  'segment_max_interval_ms: 30000',
  'commit_interval: 2s',
  'max_memory_bytes: 32MiB',
  'consumer_groups: [a, b]',
  'index_timestamps: lazy',
]

const RESTORE_LINES = [
  'time_window_start: 1000000000000',
  'time_window_end: 1000000000001',
  'topics: [orders, { name: payments, time_window_end: 1000000000000, partitions: [1], offset_start: 5, offset_end: 9 }]',
  'source_partitions: [1, 4]',
  'topic_mapping: { orders: restored }',
  'partition_mapping: { 4: 1 }',
  'repartition: { partition_count: 12 }',
  'keys: [order-42]',
  'at_commit: 7',
  'max_concurrent_partitions: 5',
  'max_memory_bytes: 64MiB',
  'existing_topics: append',
  'replication_factor: 2',
  'include_original_offset_header: true',
  'verify: sample',
  'produce_batch_size: 500',
  'checkpoint_state: progress.json',
  'checkpoint_interval_secs: 30',
  'rate_limit_records_per_sec: 1000',
  'rate_limit_bytes_per_sec: 1MiB',
  'guards:',
  '  retention: hold',
  '  timestamp_type: switch',
  '  message_size: drop',
  '  groups_active: wait',
  '  incomplete_backup: accept',
  '  order: accept',
  '  copies: drop',
  '  timestamp_range: hold',
  '  null_key: drop',
  '  partitions: add',
  '  codec: recompress',
  '  compaction: hold',
]
/** What decides of the groups is in group-choice.test.ts, and dry runs and reports are the command's. */
const ELSEWHERE = ['consumer_groups', 'reset_consumer_offsets', 'consumer_group_strategy', 'dry_run', 'offset_report']

function namesOf(lines: readonly string[], indent = ''): readonly string[] {
  return lines.flatMap((line) => new RegExp(`^${indent}([a-z_]+):`).exec(line)?.[1] ?? [])
}

describe('every key of a configuration that is built', () => {
  it('of a backup arrives at its option', () => {
    expect([...namesOf(BACKUP_LINES), 'checkpoint_interval_secs', 'continuous'].sort()).toEqual(
      expect.arrayContaining([...builtKeys(backupSchema())].sort()),
    )
    const topics = ['  topics:', '    include: [orders-*]', '    exclude: [orders-dlq]']
    expect(backupOptions(configured('backup', BACKUP_LINES, topics), { storage, source: cluster })).toEqual({
      storage,
      source: cluster,
      backupId: 'payments',
      topics: { include: ['orders-*'], exclude: ['orders-dlq'] },
      consumerGroups: ['a', 'b'],
      compression: 'lz4',
      compressionLevel: 3,
      maxSegmentBytes: 64 * 1024 * 1024,
      maxSegmentAgeMs: 30_000,
      commitIntervalMs: 2_000,
      maxMemoryBytes: 32 * 1024 * 1024,
      indexTimestamps: 'lazy',
    })
  })

  it('consumer_groups: none and checkpoint_interval_secs mean what they say', () => {
    const config = configured('backup', ['consumer_groups: none', 'checkpoint_interval_secs: 9'])
    const options = backupOptions(config, { storage, source: cluster })
    expect(options).toMatchObject({ consumerGroups: false, commitIntervalMs: 9_000, topics: { include: ['*'] } })
  })

  it('of a restore arrives at its option', () => {
    expect([...namesOf(RESTORE_LINES), ...ELSEWHERE]).toEqual(expect.arrayContaining([...builtKeys(restoreSchema())]))
    expect(namesOf(RESTORE_LINES, '  ')).toEqual(builtKeys(guardsSchema()))
    const flags = { restoreId: 'r1', newRestoreId: 'r2', new: true }
    const ends = { storage, target: cluster, groups: ['billing'] }
    const topics = ['  topics:', '    exclude: [orders-dlq]']
    expect(restoreOptions(configured('restore', RESTORE_LINES, topics), flags, ends)).toEqual({
      ...ends,
      backupId: 'payments',
      window: { start: 1_000_000_000_000n, end: 1_000_000_000_001n },
      topics: {
        include: [
          'orders',
          {
            name: 'payments',
            window: { start: undefined, end: 1_000_000_000_000n },
            partitions: [1],
            offsets: { start: 5n, end: 9n },
          },
        ],
        exclude: ['orders-dlq'],
      },
      rename: { orders: 'restored' },
      partitions: [1, 4],
      partitionMapping: { 4: 1 },
      repartition: { partitionCount: 12 },
      keys: ['order-42'],
      existingTopics: 'append',
      guards: {
        retention: 'hold',
        timestampType: 'switch',
        messageSize: 'drop',
        groupsActive: 'wait',
        incompleteBackup: 'accept',
        order: 'accept',
        copies: 'drop',
        timestampRange: 'hold',
        nullKey: 'drop',
        partitions: 'add',
        codec: 'recompress',
        compaction: 'hold',
      },
      replicationFactor: 2,
      originalHeaders: true,
      verify: 'sample',
      maxBatchRecords: 500,
      maxRecordsPerSecond: 1_000,
      maxBytesPerSecond: 1024 * 1024,
      checkpoint: { file: expect.objectContaining({ name: 'progress.json' }), intervalMs: 30_000 },
      commit: 7,
      restoreId: 'r1',
      newRestoreId: 'r2',
      startNew: true,
      maxMemoryBytes: 64 * 1024 * 1024,
      maxConcurrentPartitions: 5,
    })
  })
})
