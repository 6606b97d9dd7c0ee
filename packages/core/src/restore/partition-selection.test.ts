import { describe, expect, test } from 'vitest'
import type { RestoreOptions } from './restore-options.ts'
import { recordsAt } from './testing/restored-state.ts'
import { ordinals, TwoTopics, timeOf, valuesOf } from './testing/two-topics.ts'

async function restoredValues(at: TwoTopics, topic: string, partition = 0): Promise<readonly string[]> {
  const records = await recordsAt(at.target, { topic, partition })
  return records.map(({ value }) => String(value))
}

async function restored(topics: RestoreOptions['topics'], options: Partial<RestoreOptions> = {}) {
  const at = await TwoTopics.backedUp()
  const receipt = await at.restore({ topics, ...options }).run()
  return { at, receipt }
}

describe('topics of a restore', () => {
  test('have windows of their own, each end of which takes the place of that of the whole restore', async () => {
    const topics = [
      { name: 'orders', window: { end: timeOf(3) } },
      { name: '~^pay', window: { start: timeOf(8) } },
    ]
    const { at } = await restored(topics, { window: { start: timeOf(2) } })
    expect(await restoredValues(at, 'orders')).toEqual(valuesOf(0, ordinals(2, 3)))
    expect(await restoredValues(at, 'payments')).toEqual(valuesOf(0, ordinals(8, 9)))
  })

  test('may be plain names beside others, and are left out by exclude', async () => {
    const { at } = await restored({ include: ['orders', { name: '*' }], exclude: ['pay*'] }, { partitions: [0] })
    expect(await restoredValues(at, 'orders')).toHaveLength(10)
    expect((await at.target.describeTopics('all')).map(({ topic }) => topic)).toEqual(['orders'])
  })

  test('have offsets, both ends inclusive, and partitions of their own; the first entry that fits decides', async () => {
    const topics = [
      { name: 'orders', partitions: [0], offsets: { start: 2n, end: 6n } },
      { name: 'orders', partitions: [2], offsets: { start: 9n } },
    ]
    const { at, receipt } = await restored(topics)
    expect(await restoredValues(at, 'orders', 0)).toEqual(valuesOf(0, ordinals(2, 6)))
    expect(await restoredValues(at, 'orders', 1)).toEqual([])
    expect(await restoredValues(at, 'orders', 2)).toEqual(valuesOf(2, [9]))
    expect(receipt).toMatchObject({ records: 6, recordsSkipped: 14 })
  })

  test('are refused where their offsets or their window hold nothing', async () => {
    const at = await TwoTopics.backedUp()
    for (const topic of [
      { name: 'orders', offsets: { start: 3n, end: 2n } },
      { name: 'orders', offsets: { start: -1n } },
      { name: 'orders', window: { start: timeOf(2), end: timeOf(1) } },
    ]) {
      expect(() => at.restore({ topics: [topic] })).toThrow(expect.objectContaining({ code: 'KB_CONFIG_INVALID' }))
    }
    const beyond = at.restore({ topics: [{ name: 'orders', offsets: { start: 10n } }] })
    await expect(beyond.run()).rejects.toMatchObject({ code: 'KB_NO_DATA_IN_WINDOW' })
  })

  test('give groups their positions as of the end of the window of their own topic', async () => {
    const at = await TwoTopics.backedUp(async ({ source }) => {
      const positions = ['orders', 'payments'].map((topic) => ({ topic, partition: 0, offset: 5n }))
      await source.commitGroupOffsets(
        'billing',
        positions.map((position) => ({ ...position, leaderEpoch: -1, metadata: null })),
      )
    })
    const topics = ['orders', { name: 'payments', window: { end: timeOf(2) } }]
    const receipt = await at.restore({ topics, groups: ['billing'] }).run()
    // The group committed after the window of payments had ended: as of then, it had no position there.
    expect(receipt.groups[0]?.positions.map(({ source }) => source.topic)).toEqual(['orders'])
    const [group] = await at.target.fetchGroupOffsets(['billing'])
    expect(group?.offsets).toMatchObject([{ topic: 'orders', offset: 5n }])
  })
})

describe('a restore that was begun', () => {
  test('is not gone on with where offsets of a topic differ', async () => {
    const at = await TwoTopics.backedUp()
    const options = (end: bigint) => ({ topics: [{ name: 'orders', offsets: { end } }] })
    at.target.produce = () => Promise.reject(new Error('killed'))
    await expect(at.restore({ ...options(5n), newRestoreId: 'r1' }).run()).rejects.toThrow('killed')
    expect((await at.restore(options(5n)).plan()).resumes).toBe('r1')
    expect((await at.restore(options(6n)).plan()).resumes).toBeNull()
    await expect(at.restore({ ...options(6n), restoreId: 'r1' }).plan()).rejects.toMatchObject({
      code: 'KB_RESTORE_MISMATCH',
    })
  })
})
