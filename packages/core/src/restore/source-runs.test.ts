import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type SourceRun, sliceRuns, sourceRunsOf } from './source-runs.ts'

const offsets = fc.uniqueArray(fc.nat(40)).map((list) => list.toSorted((a, b) => a - b).map(BigInt))

function expand(runs: readonly SourceRun[]): bigint[] {
  return runs.flatMap(({ firstOffset, count }) => Array.from({ length: count }, (_, i) => firstOffset + BigInt(i)))
}

test('runs hold exactly the offsets they were made of, and no two touch', () => {
  fc.assert(
    fc.property(offsets, (list) => {
      const runs = sourceRunsOf(list.map((offset) => ({ offset })))
      expect(expand(runs)).toEqual(list)
      for (const [i, run] of runs.entries()) {
        expect(runs[i + 1]?.firstOffset).not.toBe(run.firstOffset + BigInt(run.count))
      }
    }),
  )
})

test('slicing runs is slicing the list of offsets', () => {
  fc.assert(
    fc.property(offsets, fc.nat(45), fc.nat(45), (list, skip, keep) => {
      const runs = sourceRunsOf(list.map((offset) => ({ offset })))
      expect(expand(sliceRuns(runs, skip, keep))).toEqual(list.slice(skip, skip + keep))
    }),
  )
})
