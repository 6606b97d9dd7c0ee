import { describe, expect, it } from 'vitest'
import { displayWidth } from './box.ts'
import { wrappedLines } from './wrapped-lines.ts'

const WORDS = Array.from({ length: 60 }, (_, index) => `word${index}`).join(' ')

describe('a wrapped line', () => {
  it.each(['', '• ', '✗ ', '    → '])(
    'is no wider than 96 columns, hangs below its text, and loses nothing: %j',
    (start) => {
      const lines = wrappedLines(start + WORDS)
      expect(lines.length).toBeGreaterThan(3)
      for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(96)
      const hanging = ' '.repeat(start.length)
      for (const line of lines.slice(1)) expect(line).toMatch(new RegExp(`^${hanging}word`))
      expect(lines.map((line) => line.trim()).join(' ')).toBe((start + WORDS).trim())
    },
  )

  it('stays as it is where it fits, and where it is one long word', () => {
    for (const line of ['• short', '', `    → ${'x'.repeat(120)}`])
      expect(wrappedLines(line).join('|')).toContain(line.trim())
    expect(wrappedLines('a  b')).toEqual(['a  b'])
  })
})
