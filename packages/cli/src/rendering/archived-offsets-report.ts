import type { LineageState, RecordTimes } from '@kbackup/core'
import { contentsOf, dataTopics, lineagesOf, type ReportedArchive } from './archive-facts.ts'
import type { Report } from './data-format.ts'
import { offsetTable } from './offset-table.ts'
import { utcTime } from './time-text.ts'

/** The archived offsets of one life of a partition. */
interface OffsetRow {
  readonly topic: string
  readonly partition: number
  /** 1 for the first life of the partition in the archive. */
  readonly life: number
  readonly firstOffset: bigint
  readonly lastOffset: bigint
  readonly timeRange: RecordTimes
}

const EXPLANATION = `No restore of this archive has ended yet, so there is nothing to map these offsets to: they are those of the
source, where its records may have been deleted since. Restored records stand elsewhere in their target. After a restore this
command shows where. Groups need no commands: name them under restore.consumer_groups, and the restore moves them exactly.`

const HEADER = ['Topic/Partition', 'Source Offset Range', 'First Timestamp', 'Last Timestamp'] as const

/** What `kbackup show-offset-mapping` prints of an archive of which no restore has ended: the side of the source. */
export function archivedOffsetsReport({ backupId, state }: ReportedArchive): Report {
  const rows = dataTopics(state).flatMap(lineagesOf).flatMap(offsetRow)
  return {
    text: () => `${offsetTable({ backupId }, HEADER, rows.map(tableRow))}\n\n${EXPLANATION}`,
    data: () => ({ backup_id: backupId, restore: null, entries: rows.map(rowData) }),
    rows: () => [Object.keys(CSV_COLUMNS), ...rows.map((row) => Object.values(CSV_COLUMNS).map((cell) => cell(row)))],
  }
}

function offsetRow({ topic, partition, lineage, sections }: LineageState): readonly OffsetRow[] {
  const first = sections[0]
  const last = sections.at(-1)
  if (first === undefined || last === undefined) return []
  return [
    {
      topic,
      partition,
      life: lineage + 1,
      firstOffset: first.startOffset,
      lastOffset: last.nextOffset - 1n,
      timeRange: contentsOf(sections).timeRange,
    },
  ]
}

function tableRow(row: OffsetRow): readonly string[] {
  return [
    row.life === 1 ? `${row.topic}/${row.partition}` : `${row.topic}/${row.partition} (life ${row.life})`,
    `${row.firstOffset} - ${row.lastOffset}`,
    timeCell(row.timeRange.earliest),
    timeCell(row.timeRange.latest),
  ]
}

function timeCell(ms: bigint | null): string {
  return ms === null ? '–' : utcTime(ms)
}

function rowData(row: OffsetRow): object {
  return {
    topic: row.topic,
    partition: row.partition,
    life: row.life,
    source_first_offset: row.firstOffset,
    source_last_offset: row.lastOffset,
    first_timestamp: row.timeRange.earliest,
    last_timestamp: row.timeRange.latest,
  }
}

const CSV_COLUMNS: Readonly<Record<string, (row: OffsetRow) => string>> = {
  topic: ({ topic }) => topic,
  partition: ({ partition }) => String(partition),
  life: ({ life }) => String(life),
  source_first_offset: ({ firstOffset }) => String(firstOffset),
  source_last_offset: ({ lastOffset }) => String(lastOffset),
  first_timestamp: ({ timeRange }) => String(timeRange.earliest ?? ''),
  last_timestamp: ({ timeRange }) => String(timeRange.latest ?? ''),
}
