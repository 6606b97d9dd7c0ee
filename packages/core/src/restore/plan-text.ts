import { isoTime } from '../config/iso-time.ts'
import type { RestorePlanFacts, TopicPlan } from './restore-plan.ts'

type PlanForText = RestorePlanFacts & { readonly blockers: readonly unknown[] }

/** The table that a person reads before he lets a restore run. */
export function planText(plan: PlanForText): string {
  return [
    ...headLines(plan),
    ...topicLines(plan.topics),
    ...groupLines(plan),
    ...hazardLines(plan),
    closing(plan),
  ].join('\n')
}

function headLines({ backupId, window, storage, commit, resumes }: PlanForText): readonly string[] {
  const from = window.start === null ? '' : ` from ${isoTime(window.start)}`
  const to = window.end === null ? '' : ` to ${isoTime(window.end)}`
  const head = `Restore of ${backupId}${from}${to}    archive: ${storage}, commit ${commit.sequence}`
  return resumes === null ? [head] : [head, `Goes on with the unfinished restore ${resumes}`]
}

function topicLines(topics: readonly TopicPlan[]): readonly string[] {
  const rows = topics.map((topic) => [
    topic.source,
    `→ ${topic.target}`,
    topic.preparation,
    String(topic.partitions),
    `${topic.exact ? '' : '≤ '}${grouped(topic.records)}`,
    byteText(topic.logBytes),
    `${topic.sectionsRead} of ${topic.sectionsTotal} sections`,
  ])
  return alignColumns([['topic', '→ target', 'target', 'partitions', 'records', 'bytes', 'read'], ...rows])
}

function groupLines({ groups }: PlanForText): readonly string[] {
  if (groups.length === 0) return []
  const rows = groups.map((group) => [
    group.groupId,
    `${group.positions} positions`,
    group.asOfMs === null ? '' : `as of ${isoTime(group.asOfMs)}`,
    group.exactPositions === group.positions ? 'exact' : `${group.positions - group.exactPositions} only within bounds`,
  ])
  return ['groups', ...alignColumns(rows)]
}

function hazardLines({ hazards, notes }: PlanForText): readonly string[] {
  const lines = hazards.flatMap(({ code, blocks, message, remedy }) => [
    `  ${blocks ? '!' : '·'} ${code}  ${message}`,
    `      settle with  ${remedy}`,
  ])
  return [
    ...(lines.length > 0 ? ['hazards', ...lines] : []),
    ...(notes.length > 0 ? ['notes', ...notes.map((note) => `  ${note}`)] : []),
  ]
}

function closing({ blockers }: PlanForText): string {
  if (blockers.length === 0) return 'No blockers. Nothing was written.'
  return `${blockers.length} ${blockers.length === 1 ? 'blocker' : 'blockers'}. Nothing was written.`
}

function alignColumns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? []
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
}

function grouped(count: number): string {
  return count.toLocaleString('en-US')
}

function byteText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  const power = Math.min(units.length - 1, bytes < 1000 ? 0 : Math.floor(Math.log10(bytes) / 3))
  const scaled = bytes / 1000 ** power
  return `${power === 0 ? scaled : scaled.toFixed(scaled < 10 ? 1 : 0)} ${units[power]}`
}
