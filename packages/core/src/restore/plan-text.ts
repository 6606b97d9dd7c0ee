import { isoTime } from '../config/iso-time.ts'
import { groupedCount } from '../text/grouped-count.ts'
import { type Remedy, remedyText } from './hazards/remedy.ts'
import { groupLines } from './plan-groups-text.ts'
import type { RestorePlan, RestorePlanFacts, TopicPlan } from './restore-plan.ts'
import { alignColumns } from './text-columns.ts'

/**
 * The table that a person reads before a restore is let run.
 *
 * @param spell how a remedy is written: in the words of the SDK where absent
 */
export function planText(
  plan: RestorePlanFacts & Pick<RestorePlan, 'blockers'>,
  spell: (remedy: Remedy) => string = remedyText,
): string {
  return [
    ...headLines(plan),
    ...topicLines(plan.topics),
    ...groupLines(plan),
    ...hazardLines(plan, spell),
    closing(plan),
  ].join('\n')
}

function headLines({ backupId, window, storage, commit, resumes }: RestorePlanFacts): readonly string[] {
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
    `${topic.exact ? '' : '≤ '}${groupedCount(topic.records)}`,
    byteText(topic.logBytes),
    `${topic.sectionsRead} of ${topic.sectionsTotal} sections`,
  ])
  const present = topics.flatMap(({ target, recordsPresent }) =>
    recordsPresent === 0
      ? []
      : [`  ${target} holds ${groupedCount(recordsPresent)} of the records already: they stay as they are`],
  )
  return [...topicTable(rows), ...present]
}

function topicTable(rows: readonly (readonly string[])[]): readonly string[] {
  return alignColumns([['topic', '→ target', 'target', 'partitions', 'records', 'bytes', 'read'], ...rows])
}

function hazardLines({ hazards, notes }: RestorePlanFacts, spell: (remedy: Remedy) => string): readonly string[] {
  const lines = hazards.flatMap(({ code, blocks, message, remedies }) => [
    `  ${blocks ? '!' : '·'} ${code}  ${message}`,
    ...remedies.map((remedy, index) => `      ${index === 0 ? 'settle with' : '         or'}  ${spell(remedy)}`),
  ])
  return [
    ...(lines.length > 0 ? ['hazards', ...lines] : []),
    ...(notes.length > 0 ? ['notes', ...notes.map((note) => `  ${note}`)] : []),
  ]
}

function closing({ blockers }: Pick<RestorePlan, 'blockers'>): string {
  if (blockers.length === 0) return 'No blockers. Nothing was written.'
  return `${blockers.length} ${blockers.length === 1 ? 'blocker' : 'blockers'}. Nothing was written.`
}

function byteText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  const power = Math.min(units.length - 1, bytes < 1000 ? 0 : Math.floor(Math.log10(bytes) / 3))
  const scaled = bytes / 1000 ** power
  return `${power === 0 ? scaled : scaled.toFixed(scaled < 10 ? 1 : 0)} ${units[power]}`
}
