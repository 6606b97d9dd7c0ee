/** One part of a box: a centred heading, or lines at the left. */
export type BoxPart = { readonly heading: string } | { readonly lines: readonly string[] }

const MIN_WIDTH = 70

/** Draws parts under each other in one double frame that is wide enough for the longest line. */
export function drawBox(parts: readonly BoxPart[]): string {
  const lines = parts.flatMap((part) => ('heading' in part ? [part.heading] : part.lines))
  const width = Math.max(MIN_WIDTH, ...lines.map((line) => displayWidth(line) + 2))
  const rule = '═'.repeat(width)
  const drawn = parts.map((part) => drawPart(part, width).join('\n'))
  return `╔${rule}╗\n${drawn.join(`\n╠${rule}╣\n`)}\n╚${rule}╝`
}

/** Lines of `Label:   value` whose values stand under each other. */
export function labelled(rows: readonly (readonly [label: string, value: string])[], minWidth = 0): readonly string[] {
  const width = Math.max(minWidth, ...rows.map(([label]) => label.length + 1))
  return rows.map(([label, value]) => `${`${label}:`.padEnd(width)} ${value}`)
}

/** Text filled with spaces up to a width in columns. */
export function padTo(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)))
}

/** Columns that a text takes on a terminal, as far as the signs of our reports and of topic names go. */
export function displayWidth(text: string): number {
  return [...text].length
}

function drawPart(part: BoxPart, width: number): readonly string[] {
  if ('lines' in part) return part.lines.map((line) => `║ ${padTo(line, width - 1)}║`)
  const left = Math.floor((width - displayWidth(part.heading)) / 2)
  return [`║${padTo(' '.repeat(left) + part.heading, width)}║`]
}
