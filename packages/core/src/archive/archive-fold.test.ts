import { describe, expect, it } from 'vitest'
import type { Commit, CommitDraft, PartitionCut } from './commit.ts'
import { writeSnapshot } from './snapshot.ts'
import { CommitChain } from './testing/commit-chain.ts'
import {
  appendTo,
  createOrders,
  dropping,
  EMPTY_DRAFT,
  gapAt,
  lineageOf,
  newestOf,
  ORDERS,
  sectionAt,
  TOPIC_ID,
} from './testing/commit-fixture.ts'

const OTHER_ID = '00000000000000000000000000000002'

function chainOf(...drafts: readonly CommitDraft[]): CommitChain {
  const chain = new CommitChain()
  for (const draft of drafts) chain.commit(draft)
  return chain
}

function started(): CommitChain {
  const chain = chainOf(createOrders(2))
  chain.commit(appendTo(chain.fold.state, [0, 1]))
  return chain
}

function cutAt(nextOffset: bigint, change: Partial<PartitionCut> = {}): PartitionCut {
  const seen = {
    logStartOffset: 0n,
    lastStableOffset: nextOffset,
    highWatermark: nextOffset,
    leaderEpoch: 3,
    observedAtMs: 1n,
  }
  return { ...lineageOf(0), nextOffset, ...seen, ...change }
}

const damage = expect.objectContaining({ code: 'KB_ARCHIVE_DAMAGED' })

describe('folding commits', () => {
  it('accounts for every offset of a partition by a section or a gap', () => {
    const chain = started()
    chain.commit({
      ...appendTo(chain.fold.state, []),
      sections: [sectionAt(lineageOf(0), [15n, 20n]), sectionAt(lineageOf(0), [20n, 30n])],
      gaps: [gapAt(lineageOf(0), [10n, 15n])],
      cuts: [cutAt(30n)],
    })
    const newest = newestOf(chain.fold.state, 0)
    expect(newest).toMatchObject({ startOffset: 0n, nextOffset: 30n, lastCut: cutAt(30n) })
    expect(newest?.sections.map(({ startOffset }) => startOffset)).toEqual([0n, 15n, 20n])
    expect(newest?.gaps).toHaveLength(1)
  })

  it.each<[string, Partial<CommitDraft>]>([
    ['a hole before a section', { sections: [sectionAt(lineageOf(0), [11n, 20n])] }],
    ['offsets that are there already', { sections: [sectionAt(lineageOf(0), [9n, 20n])] }],
    [
      'two sections of the same offsets',
      { sections: [sectionAt(lineageOf(0), [10n, 20n]), sectionAt(lineageOf(0), [10n, 20n], 'other')] },
    ],
    ['a gap over archived offsets', { gaps: [gapAt(lineageOf(0), [5n, 10n])] }],
    [
      'a topic id that the partition has not',
      { sections: [sectionAt(lineageOf(0, { topicId: OTHER_ID }), [10n, 20n])] },
    ],
    ['a lineage that nobody started', { sections: [sectionAt(lineageOf(0, { lineage: 1 }), [10n, 20n])] }],
    ['a partition that nobody started', { sections: [sectionAt(lineageOf(2), [0n, 20n])] }],
    ['a cut beyond what is there', { cuts: [cutAt(11n)] }],
    [
      'a topic created twice',
      {
        catalog: [
          {
            type: 'topic-created',
            topic: ORDERS,
            topicId: OTHER_ID,
            partitionCount: 1,
            replicationFactor: 1,
            configs: {},
          },
        ],
      },
    ],
    [
      'a lineage out of turn',
      { catalog: [{ type: 'lineage-started', ...lineageOf(0, { lineage: 2 }), startOffset: 0n, reason: 'truncated' }] },
    ],
    [
      'a truncation to beyond the end',
      {
        catalog: [{ type: 'lineage-started', ...lineageOf(0, { lineage: 1 }), startOffset: 11n, reason: 'truncated' }],
      },
    ],
    [
      'a partition beyond the topic',
      { catalog: [{ type: 'lineage-started', ...lineageOf(2), startOffset: 0n, reason: 'first' }] },
    ],
    [
      'fewer partitions',
      { catalog: [{ type: 'partitions-added', topic: ORDERS, topicId: TOPIC_ID, partitionCount: 2 }] },
    ],
    [
      'a precondition that does not hold',
      { preconditions: [{ type: 'partition-at', ...lineageOf(0), nextOffset: 9n }] },
    ],
    ['an object that is not live', { preconditions: [{ type: 'object-live', key: 'nowhere' }] }],
  ])('refuses %s as damage, and is as it was', (_title, change) => {
    const chain = started()
    const before = chain.fold.state
    expect(() => chain.commit({ ...EMPTY_DRAFT, ...change })).toThrow(damage)
    expect(chain.fold.state).toBe(before)
    chain.commit(appendTo(before, [0, 1]))
    expect(newestOf(chain.fold.state, 0)?.nextOffset).toBe(20n)
  })

  it('refuses to lose the newest offsets of a partition', () => {
    const chain = started()
    chain.commit(appendTo(chain.fold.state, [0]))
    const newest = newestOf(chain.fold.state, 0)?.sections.at(-1)?.key ?? ''
    expect(() => chain.commit(dropping([newest]))).toThrow(damage)
  })

  it.each<[string, Partial<Commit>]>([
    ['archive', { archiveId: OTHER_ID }],
    ['number', { sequence: 9 }],
    ['commit before it', { previousSha256: 'a'.repeat(64) }],
  ])('refuses a commit with another %s', (_what, change) => {
    const chain = started()
    expect(() => chain.commit(EMPTY_DRAFT, change)).toThrow(damage)
  })

  it('starts a lineage of its own for a topic that was recreated: offsets never go on across topic ids', () => {
    const chain = started()
    const topic = {
      topic: ORDERS,
      topicId: OTHER_ID,
      partitionCount: 1,
      replicationFactor: 1,
      configs: { 'retention.ms': '1' },
    }
    const lineage = lineageOf(0, { topicId: OTHER_ID, lineage: 1 })
    chain.commit({
      ...EMPTY_DRAFT,
      catalog: [
        { type: 'topic-recreated', previousTopicId: TOPIC_ID, ...topic },
        { type: 'lineage-started', ...lineage, startOffset: 0n, reason: 'topic-recreated' },
      ],
      sections: [sectionAt(lineage, [0n, 3n])],
    })
    const lineages = chain.fold.state.topics.get(ORDERS)?.partitions[0]?.lineages
    expect(lineages?.map(({ topicId, nextOffset }) => [topicId, nextOffset])).toEqual([
      [TOPIC_ID, 10n],
      [OTHER_ID, 3n],
    ])
    expect(chain.fold.state.topics.get(ORDERS)).toMatchObject(topic)
    expect(() => chain.commit({ ...EMPTY_DRAFT, sections: [sectionAt(lineageOf(0), [10n, 12n])] })).toThrow(damage)
  })

  it('starts a lineage where a log was truncated', () => {
    const chain = started()
    const lineage = lineageOf(0, { lineage: 1 })
    chain.commit({
      ...EMPTY_DRAFT,
      catalog: [{ type: 'lineage-started', ...lineage, startOffset: 6n, reason: 'truncated' }],
      sections: [sectionAt(lineage, [6n, 8n])],
      cuts: [cutAt(8n, lineage)],
    })
    expect(newestOf(chain.fold.state, 0)).toMatchObject({
      lineage: 1,
      startOffset: 6n,
      nextOffset: 8n,
      reason: 'truncated',
    })
  })

  it('follows the catalog: deleted, created anew, more partitions, other configs', () => {
    const chain = started()
    chain.commit({ ...EMPTY_DRAFT, catalog: [{ type: 'topic-deleted', topic: ORDERS, topicId: TOPIC_ID }] })
    expect(chain.fold.state.topics.get(ORDERS)?.deleted).toBe(true)
    const again = { topic: ORDERS, topicId: OTHER_ID, partitionCount: 1, replicationFactor: 1, configs: {} }
    chain.commit({
      ...EMPTY_DRAFT,
      catalog: [
        { type: 'topic-created', ...again },
        { type: 'partitions-added', topic: ORDERS, topicId: OTHER_ID, partitionCount: 4 },
        { type: 'configs-changed', topic: ORDERS, topicId: OTHER_ID, configs: { 'cleanup.policy': 'compact' } },
      ],
    })
    expect(chain.fold.state.topics.get(ORDERS)).toMatchObject({
      topicId: OTHER_ID,
      deleted: false,
      partitionCount: 4,
      configs: { 'cleanup.policy': 'compact' },
    })
  })

  it('replaces sections by others that cover the same offsets, and by no others', () => {
    const chain = started()
    chain.commit(appendTo(chain.fold.state, [0]))
    const drops = newestOf(chain.fold.state, 0)?.sections.map(({ key }) => key) ?? []
    const merged = (from: bigint, to: bigint) => dropping(drops, [sectionAt(lineageOf(0), [from, to], 'merged')])
    expect(() => chain.commit(merged(0n, 19n))).toThrow(damage)
    expect(() => chain.commit({ ...merged(0n, 20n), drops: drops.slice(0, 1) })).toThrow(damage)
    chain.commit(merged(0n, 20n))
    expect(newestOf(chain.fold.state, 0)?.sections.map(({ key }) => key)).toEqual(['merged'])
    expect([...chain.fold.state.dropped]).toEqual(drops)
  })

  it('lets the oldest sections go, with the gaps before them, and nothing from the middle', () => {
    const chain = started()
    const lineage = lineageOf(0)
    chain.commit({
      ...EMPTY_DRAFT,
      gaps: [gapAt(lineage, [10n, 12n]), gapAt(lineage, [20n, 21n])],
      sections: [sectionAt(lineage, [12n, 20n], 'b'), sectionAt(lineage, [21n, 30n], 'c')],
    })
    const first = newestOf(chain.fold.state, 0)?.sections[0]?.key ?? ''
    expect(() => chain.commit(dropping(['b']))).toThrow(damage)
    chain.commit(dropping([first, 'b']))
    expect(newestOf(chain.fold.state, 0)).toMatchObject({ startOffset: 20n, nextOffset: 30n })
    expect(newestOf(chain.fold.state, 0)?.gaps).toHaveLength(1)
  })

  it('refuses to drop a live object that the commit does not say it knows to be live', () => {
    const chain = started()
    chain.commit(appendTo(chain.fold.state, [0]))
    const oldest = newestOf(chain.fold.state, 0)?.sections[0]?.key ?? ''
    expect(() => chain.commit({ ...EMPTY_DRAFT, drops: [oldest] })).toThrow(damage)
    chain.commit(dropping([oldest]))
    expect(newestOf(chain.fold.state, 0)?.startOffset).toBe(10n)
  })

  it('takes nothing from a commit that adds a dropped object, and goes on after it', () => {
    const chain = started()
    chain.commit({ ...EMPTY_DRAFT, drops: ['orphan'] })
    const before = chain.fold.state
    chain.commit({
      ...EMPTY_DRAFT,
      sections: [sectionAt(lineageOf(0), [10n, 20n], 'orphan'), sectionAt(lineageOf(1), [10n, 20n], 'good')],
    })
    expect(newestOf(chain.fold.state, 0)).toBe(newestOf(before, 0))
    expect(newestOf(chain.fold.state, 1)).toBe(newestOf(before, 1))
    chain.commit(appendTo(chain.fold.state, [0, 1]))
    expect(newestOf(chain.fold.state, 0)?.nextOffset).toBe(20n)
  })

  it('keeps a state as it was while more is folded, and shares what did not change', () => {
    const chain = started()
    const before = chain.fold.state
    const copy = structuredClone([...before.topics])
    chain.commit(appendTo(before, [0]))
    expect([...before.topics]).toEqual(copy)
    expect(newestOf(chain.fold.state, 1)).toBe(newestOf(before, 1))
    expect(newestOf(chain.fold.state, 0)).not.toBe(newestOf(before, 0))
  })

  it('remembers which commit holds which capture, and one list for the same groups', () => {
    const chain = started()
    const groups = ['a', 'b'].map((groupId) => ({
      groupId,
      type: 'classic',
      protocolType: 'consumer',
      state: 'Empty',
      offsets: [],
    }))
    for (const observedAtMs of [2n, 3n])
      chain.commit({
        ...EMPTY_DRAFT,
        capture: { startedAtMs: 1n, observedAtMs, offsetsTopicEnds: [], groups, unread: ['c'] },
      })
    const [first, second] = chain.fold.state.captures
    expect(first).toEqual({ sequence: 3, startedAtMs: 1n, observedAtMs: 2n, groupIds: ['a', 'b'], unread: ['c'] })
    expect(second?.groupIds).toBe(first?.groupIds)
    expect(second?.unread).toBe(first?.unread)
    expect(String(writeSnapshot(chain.fold.state)).split('"c"')).toHaveLength(2)
  })
})
