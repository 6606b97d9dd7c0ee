import { partitionName, type RestoreReceipt } from '@kbackup/core'
import { alignColumns } from './columns.ts'
import type { Report } from './data-format.ts'
import { groupData, groupLines } from './group-receipt.ts'
import { hazardData, timeRangeData } from './plan-data.ts'
import { proofData, proofText } from './proof-report.ts'
import { bytesText, countOf, countText, durationText } from './quantity-text.ts'
import { snakeCaseKeys } from './snake-case-keys.ts'

/** What `kbackup restore` prints at its end. */
export function receiptReport(receipt: RestoreReceipt): Report {
  return { text: () => reportText(receipt), data: () => reportData(receipt) }
}

function reportText(receipt: RestoreReceipt): string {
  const { commit } = receipt
  return [
    'Summary:',
    ...alignColumns([
      ['Records Restored:', countText(receipt.records)],
      ...presentRow(receipt),
      ['Skipped:', `${countText(receipt.recordsSkipped)} (outside of the window or left out)`],
      ['Verified:', proofText(receipt.verification)],
      ['Read:', readText(receipt)],
      ['Duration:', durationText(receipt.durationMs)],
      ['Restore:', `${receipt.restoreId} of ${receipt.backupId}`],
      ['Commit:', `${commit.sequence}:${commit.sha256}`],
      ...(receipt.heldTopics.length === 0
        ? []
        : [
            [
              'Held settings:',
              `${receipt.heldTopics.join(', ')}; kbackup restore release ${receipt.restoreId} gives them back`,
            ],
          ]),
    ]),
    ...topicLines(receipt),
    ...groupLines(receipt),
    ...noteLines(receipt),
  ].join('\n')
}

function presentRow({ recordsPresent }: RestoreReceipt): readonly (readonly string[])[] {
  return recordsPresent === 0 ? [] : [['There already:', `${countText(recordsPresent)} (left as they were)`]]
}

function readText({ read }: RestoreReceipt): string {
  const blocks = `${countOf(read.blocksRead, 'block')}, ${countText(read.blocksSkipped)} skipped`
  return `${bytesText(read.bytesRead)} in ${blocks}`
}

function noteLines({ notes, warnings }: RestoreReceipt): readonly string[] {
  const lines = [...warnings.map(({ code, message }) => `${code}: ${message}`), ...notes]
  return lines.length === 0 ? [] : ['', 'Notes:', ...lines.map((line) => `  ${line}`)]
}

function topicLines({ streams }: RestoreReceipt): readonly string[] {
  const records = new Map<string, number>()
  for (const { source, target, records: count } of streams) {
    const name = source.topic === target.topic ? source.topic : `${source.topic} → ${target.topic}`
    records.set(name, (records.get(name) ?? 0) + count)
  }
  return ['', 'Topics:', ...alignColumns([...records].map(([name, count]) => [name, `${countText(count)} records`]))]
}

function reportData(receipt: RestoreReceipt): object {
  return {
    restore_id: receipt.restoreId,
    backup_id: receipt.backupId,
    commit: receipt.commit,
    target_cluster_id: receipt.targetClusterId,
    records_restored: receipt.records,
    records_present: receipt.recordsPresent,
    records_skipped: receipt.recordsSkipped,
    read: snakeCaseKeys({ ...receipt.read }),
    duration_ms: receipt.durationMs,
    time_range: timeRangeData(receipt.window),
    verification: proofData(receipt.verification),
    groups: receipt.groups.map(groupData),
    notes: receipt.notes,
    warnings: receipt.warnings.map(hazardData),
    held_topics: receipt.heldTopics,
    partitions: receipt.streams.map((stream) => ({
      source: partitionName(stream.source),
      target: partitionName(stream.target),
      records: stream.records,
      records_present: stream.recordsPresent,
      first_source_offset: stream.firstSourceOffset,
      last_source_offset: stream.lastSourceOffset,
      target_start_offset: stream.targetStartOffset,
      target_next_offset: stream.targetNextOffset,
    })),
  }
}
