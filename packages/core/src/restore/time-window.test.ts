import fc from 'fast-check'
import { expect, test } from 'vitest'
import { raiseStart, relateToWindow, windowContains } from './time-window.ts'

const timestamp = fc.bigInt({ min: -1n, max: 50n })
const window = fc.record({ start: fc.option(timestamp), end: fc.option(timestamp) })

test('both ends of a window are inclusive', () => {
  const bounds = { start: 10n, end: 20n }
  expect([9n, 10n, 20n, 21n].map((at) => windowContains(bounds, at))).toEqual([false, true, true, false])
})

test('a relation is never claimed that the records contradict', () => {
  fc.assert(
    fc.property(window, fc.array(timestamp, { minLength: 1 }), fc.boolean(), (bounds, timestamps, minimumKnown) => {
      const sorted = timestamps.toSorted((a, b) => (a < b ? -1 : 1))
      const relation = relateToWindow(bounds, {
        minTimestamp: minimumKnown ? (sorted[0] ?? null) : null,
        maxTimestamp: sorted.at(-1) ?? null,
      })
      const inside = timestamps.filter((at) => windowContains(bounds, at)).length
      if (relation === 'inside') expect(inside).toBe(timestamps.length)
      if (relation === 'outside') expect(inside).toBe(0)
    }),
  )
})

test('raising the start never widens a window', () => {
  fc.assert(
    fc.property(window, timestamp, timestamp, (bounds, start, at) => {
      expect(windowContains(raiseStart(bounds, start), at)).toBe(windowContains(bounds, at) && at >= start)
    }),
  )
})
