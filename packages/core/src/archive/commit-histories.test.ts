import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ArchiveFold } from './archive-fold.ts'
import type { ArchiveState } from './archive-state.ts'
import type { CommitDraft } from './commit.ts'
import { readSnapshot, writeSnapshot } from './snapshot.ts'
import { CommitChain } from './testing/commit-chain.ts'
import { createOrders, dropping, EMPTY_DRAFT, gapAt, lineageOf, newestOf, sectionAt } from './testing/commit-fixture.ts'

function started(): CommitChain {
  const chain = new CommitChain()
  chain.commit(createOrders(3))
  return chain
}

/** Steps of a history: which partition, what happens. */
const history = fc.array(
  fc.record({
    partition: fc.nat(2),
    kind: fc.constantFrom('append', 'append', 'append', 'gap', 'truncate', 'drop-oldest', 'merge', 'capture'),
    size: fc.bigInt({ min: 1n, max: 9n }),
  }),
  { maxLength: 40 },
)

type Step = { partition: number; kind: string; size: bigint }

function draftOf(state: ArchiveState, { partition, kind, size }: Step, number: number): CommitDraft {
  const newest = newestOf(state, partition)
  if (newest === undefined) throw new Error('no lineage')
  const range = [newest.nextOffset, newest.nextOffset + size] as const
  const [first, second] = newest.sections
  const groups = [{ groupId: `g${size}`, type: 'classic', protocolType: '', state: 'Empty', offsets: [] }]
  if (kind === 'gap') return { ...EMPTY_DRAFT, gaps: [gapAt(newest, range)] }
  if (kind === 'capture')
    return {
      ...EMPTY_DRAFT,
      capture: { startedAtMs: size, observedAtMs: size, offsetsTopicEnds: [], groups, unread: [`u${size}`] },
    }
  if (kind === 'truncate') {
    const startOffset = newest.nextOffset - (size < newest.nextOffset ? size : newest.nextOffset)
    const lineage = { ...lineageOf(partition), lineage: newest.lineage + 1 }
    return { ...EMPTY_DRAFT, catalog: [{ type: 'lineage-started', ...lineage, startOffset, reason: 'truncated' }] }
  }
  if (kind === 'drop-oldest' && first !== undefined && second !== undefined) return dropping([first.key])
  if (kind === 'merge' && first?.nextOffset === second?.startOffset && first !== undefined && second !== undefined) {
    const merged = sectionAt(newest, [first.startOffset, second.nextOffset], `merged-${number}`)
    return dropping([first.key, second.key], [merged])
  }
  return { ...EMPTY_DRAFT, sections: [sectionAt(newest, range, `segment-${number}`)] }
}

describe('any history of commits', () => {
  it('lies end to end in every lineage', () => {
    fc.assert(
      fc.property(history, (steps) => {
        const chain = started()
        for (const [number, step] of steps.entries()) chain.commit(draftOf(chain.fold.state, step, number))
        assertEndToEnd(chain.fold.state)
      }),
    )
  })

  it('goes on from a snapshot as if it had been folded from the start', () => {
    fc.assert(
      fc.property(history, fc.nat(40), (steps, cut) => {
        const whole = started()
        for (const [number, step] of steps.entries()) whole.commit(draftOf(whole.fold.state, step, number))
        const part = started()
        const head = steps.slice(0, cut)
        for (const [number, step] of head.entries()) part.commit(draftOf(part.fold.state, step, number))
        const bytes = writeSnapshot(part.fold.state)
        if (bytes === undefined) throw new Error('no snapshot')
        const resumed = new CommitChain(ArchiveFold.from(readSnapshot(bytes, 'snapshot')))
        for (const [number, step] of steps.slice(cut).entries()) {
          resumed.commit(draftOf(resumed.fold.state, step, head.length + number))
        }
        expect(resumed.fold.state).toEqual(whole.fold.state)
        expect(resumed.fold.sectionCount).toBe(whole.fold.sectionCount)
      }),
    )
  })
})

function assertEndToEnd(state: ArchiveState): void {
  for (const { partitions } of state.topics.values()) {
    for (const { sections, gaps, startOffset, nextOffset } of partitions.flatMap(({ lineages }) => lineages)) {
      const extents = [...sections, ...gaps].sort((left, right) => (left.startOffset < right.startOffset ? -1 : 1))
      let next = startOffset
      for (const extent of extents) {
        expect(extent.startOffset).toBe(next)
        next = extent.nextOffset
      }
      expect(next).toBe(nextOffset)
    }
  }
}
