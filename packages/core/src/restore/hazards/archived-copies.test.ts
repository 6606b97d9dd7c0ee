import { expect, it } from 'vitest'
import type { TopicCopies } from '../copies/archived-copies.ts'
import { findCopyHazards } from './archived-copies.ts'

/** Copies in a topic of `partitionCount` partitions, which a restore of the first ones of them had purged before. */
function purged(restored: number, partitionCount: number): TopicCopies {
  const numbers = Array.from({ length: restored }, (_, partition) => partition)
  const copy = { copyFirst: 9n, count: 3, originalFirst: 0n, appendedAtMs: 1n, producerId: 1n }
  const startOffsets = new Map(numbers.toReversed().map((partition) => [partition, BigInt(100 + partition)]))
  return {
    topic: 'orders',
    restores: [],
    partitions: new Map([[0, [copy]]]),
    inseparable: 0,
    unfinished: [],
    purge: { restoreId: 'mend', startOffsets, partitionCount },
  }
}

function adviceOf(copies: TopicCopies): string | undefined {
  return findCopyHazards([copies], undefined)[0]?.remedies[0]?.text
}

it('names where each partition of a purged topic begins, in order', () => {
  expect(adviceOf(purged(2, 2))).toMatch(/: offsets\.start 100 in partition 0, 101 in partition 1$/)
})

it('names the first partitions of many, and where the others are found', () => {
  const text = adviceOf(purged(5_000, 5_000))
  expect(text).toMatch(/107 in partition 7, … \(the receipt of that restore has all\)$/)
})

it('says that a purge emptied partitions into which nothing was restored', () => {
  expect(adviceOf(purged(1, 2))).toMatch(/100 in partition 0; it emptied the other partitions, too$/)
})

it('gives no such advice where nothing was purged', () => {
  expect(adviceOf({ ...purged(1, 1), purge: null })).not.toMatch(/offsets\.start/)
})
