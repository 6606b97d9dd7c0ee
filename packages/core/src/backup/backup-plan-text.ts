import { groupedCount } from '../text/grouped-count.ts'
import type { BackupPlanFacts, TopicBackupPlan } from './backup-plan.ts'

/** The table that a person reads before letting a backup run. */
export function planText(plan: BackupPlanFacts): string {
  return [headLine(plan), ...topicLines(plan.topics), groupLine(plan), ...warningLines(plan), closing(plan)].join('\n')
}

function headLine({ backupId, storage, archive }: BackupPlanFacts): string {
  const state = archive === null ? 'new archive' : `goes on after commit ${archive.sequence}`
  return `Backup of ${backupId}    archive: ${storage}, ${state}`
}

function topicLines(topics: readonly TopicBackupPlan[]): readonly string[] {
  const rows = topics.map((topic) => [
    topic.topic,
    String(topic.partitions.length),
    `≤ ${groupedCount(topic.records)}`,
    topic.archivedOffsets === 0 ? '-' : groupedCount(topic.archivedOffsets),
    noteOf(topic),
  ])
  return alignColumns([['topic', 'partitions', 'new records', 'archived offsets', ''], ...rows])
}

function noteOf({ partitions }: TopicBackupPlan): string {
  const reasons = new Set(partitions.map(({ starts }) => starts))
  const lost = partitions.reduce((sum, { lostOffsets }) => sum + lostOffsets, 0n)
  if (reasons.has('topic-recreated')) return 'recreated: a new lineage'
  if (reasons.has('truncated')) return 'truncated: a new lineage'
  return lost > 0n ? `${groupedCount(Number(lost))} offsets lost` : ''
}

function groupLine({ groupCount, offsetsTopic }: BackupPlanFacts): string {
  if (offsetsTopic === 'not-wanted') return 'consumer groups: left out'
  return `consumer groups: ${groupCount}, ${HISTORY[offsetsTopic]}`
}

const HISTORY = {
  archived: 'with their history',
  'other-writer': 'their history is archived by another run',
  absent: 'without history: there is no topic __consumer_offsets yet',
  incomplete: 'as far as they can be asked: partitions of __consumer_offsets have no leader',
  unreadable: 'as of now only: __consumer_offsets may not be read',
} as const

function warningLines({ warnings }: BackupPlanFacts): readonly string[] {
  const lines = warnings.flatMap(({ code, message, hint }) => {
    return [`  ! ${code}  ${message}`, ...(hint === undefined ? [] : [`      ${hint}`])]
  })
  return lines.length === 0 ? [] : ['warnings', ...lines]
}

function closing({ records, topics }: BackupPlanFacts): string {
  const partitions = topics.reduce((sum, topic) => sum + topic.partitions.length, 0)
  return `At most ${groupedCount(records)} records of ${partitions} partitions to read. Nothing was written.`
}

function alignColumns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
}
