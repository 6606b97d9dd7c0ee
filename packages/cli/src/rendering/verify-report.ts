import { type Finding, partitionName, singleWriterNotes, type VerifyReport } from '@kbackup/core'
import type { Report } from './data-format.ts'
import { bytesText, countOf, countText } from './quantity-text.ts'

/** What `kbackup validate` prints. */
export function verifyReport(storage: string, report: VerifyReport): Report {
  return { text: () => reportText(storage, report), data: () => reportData(storage, report) }
}

const DEPTHS = { objects: 'objects are there', bytes: 'every byte was read', records: 'every byte and record was read' }

function reportText(storage: string, report: VerifyReport): string {
  const { backupId, commits, sections, objectsChecked, bytesRead, depth } = report
  return [
    `Validation of ${backupId} in ${storage}`,
    '═'.repeat(39),
    '',
    `Status: ${report.ok ? '✓ VALID' : '✗ DAMAGED'}`,
    `Depth:  ${depth} (${DEPTHS[depth]})`,
    `Commit: ${commitText(report)}`,
    `Read:   ${countOf(objectsChecked, 'object')}, ${bytesText(bytesRead)}`,
    `Holds:  ${countOf(commits, 'commit')}, ${countOf(sections, 'section')}, ${recordsText(report)}`,
    ...singleWriterNotes(report).map((note) => `Unsafe: ${note}`),
    ...findingLines(
      'Damage',
      report.findings.filter(({ severity }) => severity === 'damage'),
    ),
    ...findingLines(
      'Notices',
      report.findings.filter(({ severity }) => severity === 'notice'),
    ),
  ].join('\n')
}

function commitText({ head, brokenAt }: VerifyReport): string {
  if (brokenAt !== null) return `commit ${brokenAt} is damaged or missing; what comes after it cannot be vouched for`
  return head === null ? 'none yet' : `${head.sequence}:${head.sha256}`
}

function recordsText({ records, offsetsTopicRecords }: VerifyReport): string {
  if (offsetsTopicRecords === 0) return countOf(records, 'record')
  return `${countOf(records, 'record')}, of which ${countText(offsetsTopicRecords)} of __consumer_offsets (positions of groups)`
}

function findingLines(title: string, findings: readonly Finding[]): readonly string[] {
  if (findings.length === 0) return []
  return [
    '',
    `${title}:`,
    ...findings.map((finding) => `  ${finding.kind}  ${findingText(finding)}${touched(finding)}`),
  ]
}

/** What a check found wrong names the object, unless it is about something inside. */
export function findingText({ key, message }: Finding): string {
  return message.includes(key) ? message : `${key}: ${message}`
}

function touched({ partitions }: Finding): string {
  return partitions.length === 0 ? '' : ` (${partitions.map(partitionName).join(', ')})`
}

function reportData(storage: string, report: VerifyReport): object {
  return {
    backup_id: report.backupId,
    storage,
    valid: report.ok,
    depth: report.depth,
    commit: report.head,
    broken_at: report.brokenAt,
    commits: report.commits,
    sections: report.sections,
    records: report.records,
    offsets_topic_records: report.offsetsTopicRecords,
    objects_checked: report.objectsChecked,
    bytes_read: report.bytesRead,
    unsafe_single_writer: report.unsafeSingleWriter,
    findings: report.findings,
    warnings: report.warnings,
  }
}
