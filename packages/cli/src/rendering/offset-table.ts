import { displayWidth, drawBox, padTo } from './box.ts'

/** What stands above a table of offsets. */
export interface OffsetTableTitle {
  readonly backupId: string
  readonly restore?: string | undefined
}

/** The box of the offset mapping report. */
export function offsetTable(
  { backupId, restore }: OffsetTableTitle,
  header: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const [head = '', ...lines] = tableLines([header, ...rows])
  return drawBox([
    { heading: 'OFFSET MAPPING REPORT' },
    { lines: [`Backup ID: ${backupId}`, ...(restore === undefined ? [] : [`Restore:   ${restore}`])] },
    { lines: [head] },
    { lines: rows.length === 0 ? ['nothing is archived yet'] : lines },
  ])
}

function tableLines(rows: readonly (readonly string[])[]): readonly string[] {
  const [header = []] = rows
  const widths = header.map((_, column) => Math.max(...rows.map((row) => displayWidth(row[column] ?? ''))))
  return rows.map((row) => row.map((cell, column) => padTo(cell, widths[column] ?? 0)).join(' │ '))
}
