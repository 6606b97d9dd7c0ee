import { describe, expect, it } from 'vitest'
import type { LineageState } from '../archive/archive-state.ts'
import { type PartitionFacts, partitionTask } from './partition-task.ts'

const where = { topic: 'orders', partition: 3 }

const archived: LineageState = {
  ...where,
  topicId: 'a'.repeat(32),
  lineage: 2,
  startOffset: 0n,
  nextOffset: 100n,
  reason: 'topic-recreated',
  sections: [],
  gaps: [],
  lastCut: null,
}

function facts(said: { logStart?: bigint; stable?: bigint }, more: Partial<PartitionFacts> = {}): PartitionFacts {
  const stable = said.stable ?? 150n
  return {
    topicId: archived.topicId,
    leader: 1,
    keepsTransactions: false,
    isTiered: false,
    maxBatchBytes: 1_048_588,
    observation: {
      ...where,
      logStartOffset: said.logStart ?? 0n,
      lastStableOffset: stable,
      highWatermark: stable,
      leaderEpoch: 4,
      observedAtMs: 1n,
    },
    archived,
    sharedEndOffset: 150n,
    lossReason: 'retention',
    ...more,
  }
}

describe('partitionTask', () => {
  it('goes on where the archive ends, up to the last stable offset', () => {
    expect(partitionTask(facts({}))).toMatchObject({
      lineage: 2,
      starts: null,
      gap: null,
      fromOffset: 100n,
      stopOffset: 150n,
      expected: { lineage: 2, nextOffset: 100n },
    })
  })

  it('begins a partition that the archive does not know at the start of its log, without a gap', () => {
    expect(partitionTask(facts({ logStart: 40n }, { archived: undefined, sharedEndOffset: null }))).toMatchObject({
      lineage: 0,
      starts: 'first',
      gap: null,
      fromOffset: 40n,
      expected: { lineage: -1, nextOffset: -1n },
    })
  })

  it('records what expired between the archive and the start of the log', () => {
    expect(partitionTask(facts({ logStart: 120n }))).toMatchObject({
      lineage: 2,
      starts: null,
      gap: { lineage: 2, startOffset: 100n, nextOffset: 120n, reason: 'retention' },
      fromOffset: 120n,
      stopOffset: 150n,
    })
  })

  it('records a gap up to the end of a log of which nothing is left', () => {
    expect(partitionTask(facts({ logStart: 150n, stable: 150n }))).toMatchObject({
      gap: { startOffset: 100n, nextOffset: 150n },
      fromOffset: 150n,
      stopOffset: 150n,
    })
  })

  it('never goes on across topic ids, even where the offsets would fit', () => {
    expect(partitionTask(facts({}, { topicId: 'b'.repeat(32), sharedEndOffset: null }))).toMatchObject({
      topicId: 'b'.repeat(32),
      lineage: 3,
      starts: 'topic-recreated',
      fromOffset: 0n,
      expected: { topicId: archived.topicId, lineage: 2, nextOffset: 100n },
    })
  })

  it('begins a lineage where the log was truncated and has grown again, at the offset where they part', () => {
    expect(partitionTask(facts({}, { sharedEndOffset: 80n }))).toMatchObject({
      lineage: 3,
      starts: 'truncated',
      fromOffset: 80n,
      stopOffset: 150n,
    })
  })

  it('begins it at the start of the log where that lies behind the offset where they part', () => {
    expect(partitionTask(facts({ logStart: 90n }, { sharedEndOffset: 80n }))).toMatchObject({
      starts: 'truncated',
      fromOffset: 90n,
    })
  })

  it('takes a log that is too short for truncated, and shares nothing with it where epochs are unknown', () => {
    expect(partitionTask(facts({ logStart: 7n, stable: 60n }, { sharedEndOffset: null }))).toMatchObject({
      lineage: 3,
      starts: 'truncated',
      fromOffset: 7n,
      stopOffset: 60n,
    })
  })

  it('reads nothing while a new leader does not yet know how far its log is stable', () => {
    expect(partitionTask(facts({ stable: 60n }, { sharedEndOffset: 130n }))).toMatchObject({
      starts: null,
      fromOffset: 100n,
      stopOffset: 100n,
    })
  })
})
