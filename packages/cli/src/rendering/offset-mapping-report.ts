import type { ArchiveView, LineageState } from '@kbackup/core'
import { contentsOf, dataTopics, lineagesOf, type TimeRange } from './archive-facts.ts'
import { displayWidth, drawBox, padTo } from './box.ts'
import type { Report } from './data-format.ts'
import { utcTime } from './time-text.ts'

/** The archived offsets of one life of a partition. */
interface OffsetRow {
  readonly topic: string
  readonly partition: number
  /** 1 for the first life of the partition in the archive. */
  readonly life: number
  readonly firstOffset: bigint
  readonly lastOffset: bigint
  readonly timeRange: TimeRange
}

const HEADER = ['Topic/Partition', 'Source Offset Range', 'First Timestamp', 'Last Timestamp'] as const

/** What `kbackup show-offset-mapping` prints. */
export function offsetMappingReport({ backupId, state }: ArchiveView): Report {
  const rows = dataTopics(state).flatMap(lineagesOf).flatMap(offsetRow)
  return {
    text: () => `${mappingBox(backupId, rows)}\n\n${resetCommands(rows)}`,
    data: () => ({ backup_id: backupId, entries: rows.map(rowData) }),
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

function mappingBox(backupId: string, rows: readonly OffsetRow[]): string {
  const cells = rows.map((row) => [
    row.life === 1 ? `${row.topic}/${row.partition}` : `${row.topic}/${row.partition} (life ${row.life})`,
    `${row.firstOffset} - ${row.lastOffset}`,
    timeCell(row.timeRange.earliest),
    timeCell(row.timeRange.latest),
  ])
  const lines = tableLines([HEADER, ...cells])
  return drawBox([
    { heading: 'OFFSET MAPPING REPORT' },
    { lines: [`Backup ID: ${backupId}`] },
    { lines: lines.slice(0, 1) },
    { lines: rows.length === 0 ? ['nothing is archived yet'] : lines.slice(1) },
  ])
}

function tableLines(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = HEADER.map((_, column) => Math.max(...rows.map((row) => displayWidth(row[column] ?? ''))))
  return rows.map((row) => row.map((cell, column) => padTo(cell, widths[column] ?? 0)).join(' │ '))
}

function timeCell(ms: bigint | null): string {
  return ms === null ? '–' : utcTime(ms)
}

function resetCommands(rows: readonly OffsetRow[]): string {
  const commands = rows.map(
    ({ topic, partition, firstOffset }) =>
      `# Reset to start of backup for ${topic}/${partition}\n` +
      'kafka-consumer-groups --bootstrap-server <BROKER> \\\n' +
      '  --group <GROUP_NAME> \\\n' +
      `  --topic ${topic}:${partition} \\\n` +
      `  --reset-offsets --to-offset ${firstOffset} --execute`,
  )
  return ['To reset consumer group offsets, use the following commands:', ...commands].join('\n\n')
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
