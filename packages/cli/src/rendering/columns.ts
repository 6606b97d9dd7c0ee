import { displayWidth, padTo } from './box.ts'

/** Rows whose cells stand under each other, two spaces apart, without spaces at the end. */
export function alignColumns(rows: readonly (readonly string[])[], indent = '  '): readonly string[] {
  const widths: number[] = []
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, displayWidth(cell))
  }
  return rows.map(
    (row) =>
      indent +
      row
        .map((cell, column) => padTo(cell, widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
  )
}
