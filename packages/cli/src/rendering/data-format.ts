import { stringify } from 'yaml'

export const DATA_FORMATS = ['text', 'json', 'yaml', 'csv'] as const
/** How a command prints its data. */
export type DataFormat = (typeof DATA_FORMATS)[number]

/** What a command prints: a text for people, and data for programs. */
export interface Report {
  readonly text: () => string
  readonly data: () => object
  /** The first row is the header. */
  readonly rows?: () => readonly (readonly string[])[]
}

/** A report in one of the formats, without a line feed at the end. */
export function renderReport(report: Report, format: DataFormat): string {
  if (format === 'json') return jsonText(report.data(), 2)
  if (format === 'yaml') return stringify(plain(report.data())).trimEnd()
  if (format === 'csv') return csvText(report.rows?.() ?? [])
  return report.text()
}

/** JSON in which a bigint is its decimal digits as text. */
export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, (_key, item) => (typeof item === 'bigint' ? item.toString() : item), indent)
}

function plain(value: object): unknown {
  return JSON.parse(jsonText(value))
}

/** RFC 4180 but for the line ends, which are line feeds. */
function csvText(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => row.map(csvCell).join(',')).join('\n')
}

function csvCell(cell: string): string {
  return /[",\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
}
