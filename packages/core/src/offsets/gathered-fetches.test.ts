import { describe, expect, it } from 'vitest'
import type { GroupOffsets } from '../kafka/kafka-groups.ts'
import { type GroupOffsetCalls, gatheringFetches } from './gathered-fetches.ts'

/** A coordinator whose answers are given by hand, in order. */
function slowCoordinator() {
  const sent: { readonly groupIds: readonly string[]; answer(): void; fail(error: Error): void }[] = []
  const calls: GroupOffsetCalls = {
    commitGroupOffsets: async () => [],
    deleteGroupOffsets: async () => [],
    fetchGroupOffsets: (groupIds) =>
      new Promise((resolve, reject) => {
        sent.push({ groupIds, answer: () => resolve(groupIds.map(standing)), fail: reject })
      }),
  }
  return { sent, calls }
}

const standing = (groupId: string): GroupOffsets => ({ groupId, offsets: [] })
const settled = () => new Promise((resolve) => setImmediate(resolve))

describe('fetches of positions at the same time', () => {
  it('are sent as one while another is under way, and each asker gets its own groups, in order', async () => {
    const { sent, calls } = slowCoordinator()
    const gathering = gatheringFetches(calls)
    const answers = [['a'], ['c', 'b'], ['b']].map((groupIds) => gathering.fetchGroupOffsets(groupIds))
    sent[0]?.answer()
    await settled()
    sent[1]?.answer()
    expect(await Promise.all(answers)).toEqual([['a'], ['c', 'b'], ['b']].map((groupIds) => groupIds.map(standing)))
    expect(sent.map(({ groupIds }) => groupIds)).toEqual([['a'], ['c', 'b']])
  })

  it('are each sent after they were asked for, so that they see what was committed before', async () => {
    const { sent, calls } = slowCoordinator()
    const gathering = gatheringFetches(calls)
    const first = gathering.fetchGroupOffsets(['a'])
    const again = gathering.fetchGroupOffsets(['a'])
    expect(sent).toHaveLength(1)
    sent[0]?.answer()
    await first
    await settled()
    expect(sent).toHaveLength(2)
    sent[1]?.answer()
    expect(await again).toEqual([standing('a')])
  })

  it('fail for those only who asked with them', async () => {
    const { sent, calls } = slowCoordinator()
    const gathering = gatheringFetches(calls)
    const [first, second, third] = ['a', 'b', 'c'].map((groupId) => gathering.fetchGroupOffsets([groupId]))
    sent[0]?.fail(new Error('gone'))
    await expect(first).rejects.toThrow('gone')
    await settled()
    sent[1]?.answer()
    expect(await second).toEqual([standing('b')])
    expect(await third).toEqual([standing('c')])
  })
})
