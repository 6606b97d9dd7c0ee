import { displayWidth } from './box.ts'

/** Fits a window that is somewhat wider than the classic 80 columns, frame included. */
const MAX_WIDTH = 96
/** Spaces, and the sign of an entry. */
const START = /^ *(?:[•✗!→] )?/u

/**
 * A line as lines that are no wider than a report should be, broken at spaces; what follows the first hangs below its
 * text.
 */
export function wrappedLines(line: string): readonly string[] {
  const start = START.exec(line)?.[0] ?? ''
  const [first = '', ...words] = line.slice(start.length).split(' ')
  const lines: string[] = []
  let current = start + first
  for (const word of words) {
    const longer = `${current} ${word}`
    if (displayWidth(longer) <= MAX_WIDTH) {
      current = longer
      continue
    }
    lines.push(current)
    current = ' '.repeat(displayWidth(start)) + word
  }
  return [...lines, current]
}
