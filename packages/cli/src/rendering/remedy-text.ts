import type { Remedy, RemedyOption } from '@kbackup/core'

/** How the options of the SDK are written in a configuration or on the command line. */
const SPELLINGS: Readonly<Record<RemedyOption, string>> = {
  existingTopics: 'restore.existing_topics:',
  rename: 'restore.topic_mapping',
  restoreId: '--restore-id',
  window: '--time-start, --time-end',
  'window.end': '--time-end',
  'guards.incompleteBackup': 'restore.guards.incomplete_backup:',
  'guards.order': 'restore.guards.order:',
  'guards.retention': 'restore.guards.retention:',
  'guards.timestampType': 'restore.guards.timestamp_type:',
  'guards.messageSize': 'restore.guards.message_size:',
  'guards.timestampRange': 'restore.guards.timestamp_range:',
  'guards.nullKey': 'restore.guards.null_key:',
  'guards.partitions': 'restore.guards.partitions:',
  'guards.codec': 'restore.guards.codec:',
  'guards.compaction': 'restore.guards.compaction:',
  'guards.groupsActive': 'restore.guards.groups_active:',
}

/** `restore.guards.retention: drop (leaves them out)` */
export function remedyLine({ option, value, text }: Remedy): string {
  if (option === null) return text
  return value === null ? `${text} (${SPELLINGS[option]})` : `${SPELLINGS[option]} ${value} (${text})`
}

/** All ways to settle a hazard, as one clause. */
export function remediesLine(remedies: readonly Remedy[]): string {
  return remedies.map(remedyLine).join('; or ')
}
