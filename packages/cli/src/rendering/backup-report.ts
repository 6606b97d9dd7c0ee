import type { BackupResult, OffsetsTopicOutcome } from '@kbackup/core'
import { timeRangeData } from './archive-report.ts'
import { alignColumns } from './columns.ts'
import type { Report } from './data-format.ts'
import { bytesText, countOf, durationText } from './quantity-text.ts'
import { restorableText } from './restorable-text.ts'

/** What `kbackup backup` prints at its end. */
export function backupReport(storage: string, result: BackupResult): Report {
  return { text: () => reportText(storage, result), data: () => reportData(storage, result) }
}

const GROUP_HISTORY: Readonly<Record<OffsetsTopicOutcome, string>> = {
  archived: 'with their history, so that positions are known at any millisecond',
  unreadable: 'as they are now; __consumer_offsets may not be read, so earlier positions are known within bounds only',
  absent: 'and there is no history yet: the source has no topic __consumer_offsets',
  'other-writer': 'as they are now; another run on this archive takes their history, and this one left it to that run',
  incomplete: 'as far as they could be asked; partitions of __consumer_offsets have no leader, see the warnings',
  'not-wanted': 'not wanted',
}

function reportText(storage: string, result: BackupResult): string {
  const { records, storedBytes, topics, groups, restorableRange, commit, gaps, warnings } = result
  return [
    `Backup ${result.backupId} completed in ${durationText(result.durationMs)}`,
    ...alignColumns([
      ['New Records:', `${countOf(records, 'record')} in ${countOf(topics.length, 'topic')}`],
      ['Stored:', `${bytesText(storedBytes)} (${bytesText(result.bytes)} of log)`],
      ['Groups:', `${groups.captured} captured, ${GROUP_HISTORY[groups.offsetsTopic]}`],
      ['Restorable:', restorableText(restorableRange)],
      ['Commit:', `${commit.sequence}:${commit.sha256}`],
      ['Storage:', storage],
      ...(gaps.length === 0
        ? []
        : [['Gaps:', `${countOf(gaps.length, 'range')} of offsets that the source no longer has`]]),
      ...(warnings.length === 0 ? [] : [['Warnings:', String(warnings.length)]]),
      ...warnings.flatMap(({ code, message }) => (code === 'KB_WARNING_SINGLE_WRITER' ? [['Unsafe:', message]] : [])),
    ]),
  ].join('\n')
}

function reportData(storage: string, result: BackupResult): object {
  return {
    backup_id: result.backupId,
    archive_id: result.archiveId,
    storage,
    commit: result.commit,
    records: result.records,
    bytes: result.bytes,
    stored_bytes: result.storedBytes,
    restorable_range: timeRangeData(result.restorableRange),
    topics: result.topics.map((topic) => ({
      name: topic.topic,
      topic_id: topic.topicId,
      records: topic.records,
      bytes: topic.bytes,
      stored_bytes: topic.storedBytes,
      partitions: topic.partitions.map((partition) => ({
        partition: partition.partition,
        lineage: partition.lineage,
        start_offset: partition.startOffset,
        next_offset: partition.nextOffset,
        records: partition.records,
      })),
    })),
    groups: { captured: result.groups.captured, offsets_topic: result.groups.offsetsTopic },
    gaps: result.gaps.map((gap) => ({
      topic: gap.topic,
      partition: gap.partition,
      start_offset: gap.startOffset,
      next_offset: gap.nextOffset,
      reason: gap.reason,
    })),
    warnings: result.warnings,
    duration_ms: result.durationMs,
  }
}
