import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SourceRun } from '../batch/source-runs.ts'
import { appendSourceRun, appendTargetRun, joinRuns, type TargetRun } from './restored-runs.ts'

/** Ascending numbers with holes. */
const ascending = (maxLength: number) =>
  fc.array(fc.integer({ min: 1, max: 3 }), { maxLength }).map((steps) => {
    let last = 0
    return steps.map((step) => {
      last += step
      return last
    })
  })

describe('what source and target say of the same ordinals', () => {
  it('joins to the place of each record that the target has', () => {
    fc.assert(
      fc.property(
        ascending(40),
        ascending(40),
        fc.integer({ min: 0, max: 10 }),
        (sourceOffsets, targetOrdinals, from) => {
          const sources: SourceRun[] = []
          for (const offset of sourceOffsets) appendSourceRun(sources, { firstOffset: BigInt(offset), count: 1 })
          const targets: TargetRun[] = []
          for (const ordinal of targetOrdinals) {
            appendTargetRun(targets, {
              firstOrdinal: ordinal,
              count: 1,
              targetFirst: BigInt(1_000 + 2 * ordinal - (ordinal % 4)),
            })
          }
          const joined = joinRuns({ firstOrdinal: from, runs: sources }, targets)
          const places = joined.flatMap(({ sourceFirst, count, targetFirst }) =>
            Array.from({ length: count }, (_, index) => [sourceFirst + BigInt(index), targetFirst + BigInt(index)]),
          )
          const meant = targetOrdinals
            .filter((ordinal) => ordinal >= from && ordinal - from < sourceOffsets.length)
            .map((ordinal) => [
              BigInt(sourceOffsets[ordinal - from] ?? -1),
              BigInt(1_000 + 2 * ordinal - (ordinal % 4)),
            ])
          expect(places).toEqual(meant)
        },
      ),
    )
  })

  it('joins in time that grows with their number, not with its square', () => {
    const count = 200_000
    const runs = Array.from({ length: count }, (_, index) => ({ firstOffset: BigInt(2 * index), count: 1 }))
    const targets = runs.map((_, index) => ({ firstOrdinal: index, count: 1, targetFirst: BigInt(3 * index) }))
    expect(joinRuns({ firstOrdinal: 0, runs }, targets)).toHaveLength(count)
  })
})
