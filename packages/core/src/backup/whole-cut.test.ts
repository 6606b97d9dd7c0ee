import { describe, expect, test } from 'vitest'
import type { PartitionCut } from '../archive/commit.ts'
import { latestWholeCut } from './whole-cut.ts'

function cut(partition: number, observedAtMs: bigint, nextOffset = 10n): PartitionCut {
  const place = { topic: 'orders', topicId: 'a'.repeat(32), partition, lineage: 0 }
  const ends = { nextOffset, lastStableOffset: 10n, highWatermark: 10n, logStartOffset: 0n }
  return { ...place, ...ends, leaderEpoch: 0, observedAtMs }
}

describe('the moment up to which partitions are whole', () => {
  test('is when the newest run looked that reached every end it had found', () => {
    expect(latestWholeCut([cut(0, 5n), cut(1, 7n)], [])).toBe(7n)
  })

  test('lies before a run that was cut short, though a later one without that partition has ended', () => {
    expect(latestWholeCut([cut(0, 5n, 9n), cut(1, 7n)], [])).toBeNull()
    expect(latestWholeCut([cut(0, 5n, 9n), cut(1, 7n), cut(2, 3n)], [])).toBe(3n)
    expect(latestWholeCut([cut(0, 5n, 9n), cut(1, 7n)], [{ observedAtMs: 4n }, { observedAtMs: 6n }])).toBe(4n)
  })

  test('is unknown where nothing was looked at', () => {
    expect(latestWholeCut([], [])).toBeNull()
  })
})
