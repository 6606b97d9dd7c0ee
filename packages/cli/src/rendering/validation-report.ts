import { type Hazard, inexactPositions, positionsMoment, type RestorePlan } from '@kbackup/core'
import { drawBox, labelled } from './box.ts'
import type { Report } from './data-format.ts'
import { hazardData, plannedGroupData, timeRangeData, topicData } from './plan-data.ts'
import { bytesText, countOf, countText } from './quantity-text.ts'
import { remedyLine } from './remedy-text.ts'
import { utcTime } from './time-text.ts'
import { wrappedLines } from './wrapped-lines.ts'

/** What `kbackup validate-restore` prints. */
export function validationReport(plan: RestorePlan): Report {
  return { text: () => reportBox(plan), data: () => reportData(plan) }
}

function reportBox(plan: RestorePlan): string {
  return drawBox([
    { heading: 'RESTORE VALIDATION REPORT' },
    {
      lines: labelled(
        [
          ['Status', statusText(plan)],
          ['Backup ID', plan.backupId],
        ],
        15,
      ),
    },
    { heading: 'RESTORE SUMMARY' },
    { lines: summaryLines(plan) },
    { heading: 'TIME RANGE' },
    { lines: windowLines(plan) },
    { heading: 'TOPICS' },
    { lines: topicLines(plan).flatMap(wrappedLines) },
    { heading: 'CONSUMER OFFSET ACTIONS' },
    { lines: offsetActions(plan).flatMap((action) => wrappedLines(`• ${action}`)) },
    ...(plan.hazards.length === 0
      ? []
      : [{ heading: 'HAZARDS' }, { lines: plan.hazards.flatMap(hazardLines).flatMap(wrappedLines) }]),
    ...(plan.notes.length === 0
      ? []
      : [{ heading: 'NOTES' }, { lines: plan.notes.flatMap((note) => wrappedLines(`• ${note}`)) }]),
  ])
}

function statusText({ blockers }: RestorePlan): string {
  return blockers.length === 0 ? '✓ VALID' : `✗ BLOCKED (${countOf(blockers.length, 'blocker')})`
}

function summaryLines(plan: RestorePlan): readonly string[] {
  return labelled(
    [
      ['Topics to restore', countText(plan.topics.length)],
      ['Segments to process', countText(total(plan, ({ sectionsRead }) => sectionsRead))],
      ['Records to restore', `${plan.exact ? '' : 'at most '}${countText(plan.records)}`],
      ['Bytes to restore', `${plan.exact ? '' : 'at most '}${bytesText(total(plan, ({ logBytes }) => logBytes))}`],
    ],
    21,
  )
}

function windowLines({ window }: RestorePlan): readonly string[] {
  return [
    `From: ${window.start === null ? 'the first record of the backup' : `${utcTime(window.start)} UTC`}`,
    `To:   ${window.end === null ? 'the last record of the backup' : `${utcTime(window.end)} UTC`}`,
  ]
}

function topicLines({ topics }: RestorePlan): readonly string[] {
  return topics.map(
    ({ source, target, preparation, partitions, records, exact }) =>
      `${source} → ${target}  ${countOf(partitions, 'partition')}, ${exact ? '' : 'at most '}${countOf(records, 'record')} (${preparation})`,
  )
}

/** What becomes of offsets and consumer groups, one sentence each. */
function offsetActions(plan: RestorePlan): readonly string[] {
  const headers = plan.originalHeaders ? ['Original offsets will be stored in message headers'] : []
  return [...headers, ...groupActions(plan)]
}

/** What becomes of the consumer groups. */
function groupActions({ groups, window }: RestorePlan): readonly string[] {
  if (groups.length === 0) return ['Consumer groups stay as they are']
  return groups.map((group) => {
    const { groupId, positions, withoutPosition, isSkipped, isReported } = group
    if (isSkipped) return `${groupId} has members and will be left as it is`
    if (positions.length === 0) return `${groupId} has no archived position there and will be left as it is`
    const moment = positionsMoment(group, window)
    const inexact = inexactPositions(group).length
    const bounds = inexact === 0 ? '' : `; ${inexact} of them known within bounds only`
    const without = withoutPosition.length === 0 ? '' : `; ${countOf(withoutPosition.length, 'partition')} without one`
    const known = `${countOf(positions.length, 'archived position')}${moment}${bounds}${without}`
    return isReported
      ? `${groupId} will be left as it is: ${known} are only reported`
      : `${groupId} will be set to its ${known}`
  })
}

function hazardLines({ code, blocks, message, remedies }: Hazard): readonly string[] {
  return [`${blocks ? '✗' : '!'} ${code}: ${message}`, ...remedies.map((remedy) => `    → ${remedyLine(remedy)}`)]
}

function reportData(plan: RestorePlan): object {
  return {
    valid: plan.blockers.length === 0,
    backup_id: plan.backupId,
    storage: plan.storage,
    commit: plan.commit,
    topics_to_restore: plan.topics.length,
    segments_to_process: total(plan, ({ sectionsRead }) => sectionsRead),
    records_to_restore: plan.records,
    records_exact: plan.exact,
    bytes_to_restore: total(plan, ({ logBytes }) => logBytes),
    time_range: timeRangeData(plan.window),
    consumer_offset_actions: offsetActions(plan),
    resumes: plan.resumes,
    topics: plan.topics.map(topicData),
    groups: plan.groups.map(plannedGroupData),
    hazards: plan.hazards.map(hazardData),
    notes: plan.notes,
  }
}

function total({ topics }: RestorePlan, amountOf: (topic: RestorePlan['topics'][number]) => number): number {
  return topics.reduce((sum, topic) => sum + amountOf(topic), 0)
}
