import type { RemedyOption } from '@kbackup/core'

/** How what settles a hazard is written in a configuration or on the command line. */
export const REMEDY_WORDS: Readonly<Record<RemedyOption, string>> = {
  existingTopics: 'restore.existing_topics',
  rename: 'restore.topic_mapping',
  restoreId: '--restore-id',
  window: '--time-start, --time-end',
  'window.end': '--time-end',
  commit: 'restore.at_commit',
  'guards.copies': 'restore.guards.copies',
  'guards.incompleteBackup': 'restore.guards.incomplete_backup',
  'guards.order': 'restore.guards.order',
  'guards.retention': 'restore.guards.retention',
  'guards.timestampType': 'restore.guards.timestamp_type',
  'guards.messageSize': 'restore.guards.message_size',
  'guards.timestampRange': 'restore.guards.timestamp_range',
  'guards.nullKey': 'restore.guards.null_key',
  'guards.partitions': 'restore.guards.partitions',
  'guards.codec': 'restore.guards.codec',
  'guards.compaction': 'restore.guards.compaction',
  'guards.groupsActive': 'restore.guards.groups_active',
}

/** What the libraries name in messages beside that: options, and calls. */
const OTHER_WORDS: Readonly<Record<string, string>> = {
  consumerGroups: 'backup.consumer_groups',
  groupStrategy: 'restore.consumer_group_strategy',
  kmsKeyName: 'storage.kms_key_name',
  maxConcurrent: '--max-concurrent',
  maxMemoryBytes: 'restore.max_memory_bytes',
  newRestoreId: '--new-restore-id',
  'offsets.start': 'offset_start',
  oauthBearerProvider: 'sasl_oauthbearer_token_file',
  originalHeaders: 'restore.include_original_offset_header',
  partitionMapping: 'restore.partition_mapping',
  releaseRestore: '`kbackup restore release`',
  startNew: '--new',
  storageClass: 'storage.storage_class',
  undoRestore: '`kbackup restore undo`',
  unsafeSingleWriter: 'storage.unsafe_single_writer',
  waitUntilEmptyMs: '--wait-until-empty',
}

/** Names that hold an upper-case letter or a dot: the others are words of the language as well. */
const WORDS: ReadonlyMap<string, string> = new Map(
  Object.entries({ ...REMEDY_WORDS, ...OTHER_WORDS }).filter(([name]) => /[A-Z.]/.test(name)),
)

/** An option by itself, neither part of a name nor of a path, and the quotes around a value of it. */
const NAMED = /(?<![\w./-])([a-z]+(?:[A-Z]\w*|\.[a-z]\w*))(?:: '([\w-]+)')?(?![\w/-])/g

/** A message of the libraries, which name the options of the SDK, in the words of configurations and the command line. */
export function inCommandWords(text: string): string {
  return text.replace(NAMED, (found, name: string, value: string | undefined) => {
    const word = WORDS.get(name)
    if (word === undefined) return found
    return value === undefined ? word : `${word}: ${value}`
  })
}
