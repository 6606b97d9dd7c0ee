import { describe, expect, test } from 'vitest'
import type { GroupOffset } from '../kafka/kafka-groups.ts'
import { TwoTopics } from '../restore/testing/two-topics.ts'
import { createOffsetReset } from './create-offset-reset.ts'
import { offsetResetScript } from './reset-script.ts'

const GROUP = 'billing'

function positionsAt(offsets: Readonly<Record<number, bigint>>): readonly GroupOffset[] {
  return Object.entries(offsets).map(([partition, offset]) => ({
    topic: 'orders',
    partition: Number(partition),
    offset,
    leaderEpoch: -1,
    metadata: '',
  }))
}

/** A restore, with its group, that sent partitions 0 and 1 of `orders` to partition 0, and 2 to partition 1. */
async function mergedRestore(positions: Readonly<Record<number, bigint>>) {
  const at = await TwoTopics.backedUp(async ({ source }) => {
    await source.commitGroupOffsets(GROUP, positionsAt(positions))
  })
  await at.restore({ topics: ['orders'], partitionMapping: { 1: 0, 2: 1 }, groups: [GROUP] }).run()
  return { at, reset: createOffsetReset({ storage: at.storage, backupId: 'b', target: at.target }) }
}

async function standOf({ target }: TwoTopics): Promise<readonly string[]> {
  const [group] = await target.fetchGroupOffsets([GROUP])
  return (group?.offsets ?? []).map(({ partition, offset }) => `${partition}:${offset}`).sort()
}

describe('a reset of a group on partitions that were merged', () => {
  test.each([
    ['in the middle of all', { 0: 4n, 1: 7n, 2: 10n }],
    ['at the end of one, and in the middle of another', { 0: 10n, 1: 7n }],
    ['at the end of one, without a position in another', { 0: 10n }],
    ['at the end of all', { 0: 10n, 1: 10n, 2: 10n }],
  ])('sets it where its restore did: %s', async (_where, positions) => {
    const { at, reset } = await mergedRestore(positions)
    const restored = await standOf(at)
    expect(restored).not.toEqual([])
    await at.target.commitGroupOffsets(GROUP, positionsAt({ 0: 1n, 1: 1n }))
    const result = await reset.run()
    expect(result.groups).toEqual([{ groupId: GROUP, outcome: 'reset', partitions: restored.length }])
    expect(await standOf(at)).toEqual(expect.arrayContaining([...restored]))
  })

  test('leaves it where one of its positions lies beyond what is archived', async () => {
    const { at, reset } = await mergedRestore({ 0: 3n, 1: 500n })
    await at.target.commitGroupOffsets(GROUP, positionsAt({ 0: 1n }))
    expect((await reset.run()).groups).toMatchObject([{ outcome: 'nothing-to-set' }])
    expect(await standOf(at)).toEqual(['0:1'])
  })

  test('has the same places in its script', async () => {
    const { at, reset } = await mergedRestore({ 0: 10n })
    const [place] = await standOf(at)
    const script = offsetResetScript(await reset.plan(), { bootstrapServers: [] })
    const commands = [...script.matchAll(/--topic orders:(\d+) \\\n {2}--reset-offsets --to-offset (\d+)/g)]
    expect(commands.map(([, partition, offset]) => `${partition}:${offset}`)).toEqual([place])
  })
})
