import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { RestoredRun } from '../journal-entries.ts'
import { PresentOffsets } from './present-offsets.ts'
import { inBothOrders, runsWithin } from './present-runs.ts'

/** Runs with holes of 0 or more between them, in the order of the source. */
const runs = fc
  .array(fc.record({ hole: fc.nat(3), count: fc.integer({ min: 1, max: 4 }), targetFirst: fc.bigInt(0n, 60n) }), {
    maxLength: 8,
  })
  .map((steps) => {
    let next = 0n
    return steps.map(({ hole, count, targetFirst }): RestoredRun => {
      const sourceFirst = next + BigInt(hole)
      next = sourceFirst + BigInt(count)
      return { sourceFirst, count, targetFirst }
    })
  })

const bounds = fc
  .tuple(fc.bigInt(0n, 40n), fc.bigInt(0n, 40n))
  .map(([left, right]) => (left < right ? [left, right] : [right, left]))
  .map(([startOffset = 0n, nextOffset = 0n]) => ({ startOffset, nextOffset }))

function offsetsOf(start: bigint, next: bigint): readonly bigint[] {
  return Array.from({ length: Number(next - start) }, (_, index) => start + BigInt(index))
}

const sourceOffsets = (all: readonly RestoredRun[]) =>
  new Set(all.flatMap(({ sourceFirst, count }) => offsetsOf(sourceFirst, sourceFirst + BigInt(count))))

test('what is missing of a range is what no run holds', () => {
  fc.assert(
    fc.property(runs, bounds, (all, asked) => {
      const present = new PresentOffsets(all)
      const known = sourceOffsets(all)
      const missing = present
        .missingIn(asked)
        .flatMap(({ startOffset, nextOffset }) => offsetsOf(startOffset, nextOffset))
      const offsets = offsetsOf(asked.startOffset, asked.nextOffset)
      expect(missing).toEqual(offsets.filter((offset) => !known.has(offset)))
      for (const offset of offsets) expect(present.has(offset)).toBe(known.has(offset))
      if (missing.length > 0) expect(present.covers(asked)).toBe(false)
    }),
  )
})

test('of runs that a log holds no more, what is left keeps its place', () => {
  const placesOf = (all: readonly RestoredRun[]) =>
    all.flatMap(({ sourceFirst, count, targetFirst }) =>
      offsetsOf(0n, BigInt(count)).map((step) => [sourceFirst + step, targetFirst + step] as const),
    )
  fc.assert(
    fc.property(runs, bounds, (all, { startOffset, nextOffset: endOffset }) => {
      const left = placesOf(runsWithin(all, { startOffset, endOffset }))
      expect(left).toEqual(placesOf(all).filter(([, target]) => target >= startOffset && target < endOffset))
    }),
  )
})

test('runs are taken apart into lists that are in order on both sides, and nothing is lost', () => {
  fc.assert(
    fc.property(runs, (all) => {
      const lists = inBothOrders(all)
      expect(new Set(lists.flat())).toEqual(new Set(all))
      for (const list of lists) {
        for (const [index, run] of list.slice(1).entries()) {
          const before = list[index]
          expect(run.targetFirst).toBeGreaterThanOrEqual((before?.targetFirst ?? 0n) + BigInt(before?.count ?? 0))
          expect(run.sourceFirst).toBeGreaterThan(before?.sourceFirst ?? -1n)
        }
      }
    }),
  )
})
