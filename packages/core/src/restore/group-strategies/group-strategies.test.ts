import { describe, expect, it } from 'vitest'
import { createBackup } from '../../backup/create-backup.ts'
import { MemoryBlobStore } from '../../testing/memory-blob-store.ts'
import { MemoryKafkaCluster } from '../../testing/memory-kafka-cluster.ts'
import { createRestore } from '../create-restore.ts'
import type { RestoreOptions } from '../restore-options.ts'
import { FIRST_MS, PARTITION_COUNT, TwoTopics, timeOf } from '../testing/two-topics.ts'
import type { GroupStrategy } from './group-strategy.ts'

const GROUP = 'billing'
/** Of each partition of `orders`: the record that the group reads next; behind the last one of the third. */
const POSITIONS = [0n, 4n, 10n]

/** With where a group of merged partitions goes on; times cannot tell records of one partition from those of another. */
const FINDERS: readonly (readonly [string, Partial<RestoreOptions>, bigint])[] = [
  ['timestamp-based', { groupStrategy: 'timestamp-based' }, 2n],
  ['cluster-scan with original offsets', { groupStrategy: 'cluster-scan', originalHeaders: true }, 7n],
  ['cluster-scan by content', { groupStrategy: 'cluster-scan' }, 7n],
]

function backedUp(offsets: readonly bigint[] = POSITIONS): Promise<TwoTopics> {
  const positions = offsets.map((offset, partition) => ({ topic: 'orders', partition, offset }))
  return TwoTopics.backedUp(async ({ source }) => {
    await source.commitGroupOffsets(
      GROUP,
      positions.map((position) => ({ ...position, leaderEpoch: -1, metadata: null })),
    )
  })
}

function restore(at: TwoTopics, options: Partial<RestoreOptions> = {}) {
  return at.restore({ topics: ['orders'], groups: [GROUP], ...options })
}

async function positionsIn({ target }: TwoTopics): Promise<readonly bigint[]> {
  const [group] = await target.fetchGroupOffsets([GROUP])
  const offsets = new Map(group?.offsets.map(({ partition, offset }) => [partition, offset]))
  return [...offsets].sort(([left], [right]) => left - right).map(([, offset]) => offset)
}

describe.each(FINDERS)('groups that are set by %s', (_name, options, mergedOffset) => {
  it('go on at the record that they were to read next, and behind the last one at the end', async () => {
    const at = await backedUp()
    const { groups } = await restore(at, options).run()
    expect(groups).toMatchObject([{ groupId: GROUP, outcome: 'reset' }])
    expect(await positionsIn(at)).toEqual(POSITIONS)
  })

  it('go on behind what stood in the target before', async () => {
    const at = await backedUp()
    const before = { value: 'before', timestamp: timeOf(0) - 1n }
    await at.target.simulation.createTopic('orders', { partitionCount: PARTITION_COUNT })
    for (let partition = 0; partition < PARTITION_COUNT; partition++) {
      await at.target.simulation.append({ topic: 'orders', partition }, [before, before])
    }
    await restore(at, { ...options, existingTopics: 'append' }).run()
    expect(await positionsIn(at)).toEqual(POSITIONS.map((offset) => offset + 2n))
  })

  it('go on at the first restored record where the window begins behind their position', async () => {
    const at = await backedUp()
    await restore(at, { ...options, window: { start: timeOf(6) } }).run()
    expect(await positionsIn(at)).toEqual([0n, 0n, 4n])
  })

  it('miss no record of partitions that were merged', async () => {
    const at = await backedUp([7n, 2n, 10n])
    const merged = { ...options, partitionMapping: { 1: 0, 2: 0 }, maxConcurrentPartitions: 1 }
    const { groups, streams } = await restore(at, merged).run()
    const [target] = groups[0]?.targets ?? []
    const [own] = streams.filter(({ source }) => source.partition === 0)
    // The first partition stands before the others: the group has not read its eighth record, and the second's third.
    expect(own?.targetStartOffset).toBe(0n)
    expect(target).toMatchObject({ topic: 'orders', partition: 0, offset: mergedOffset })
    expect(await positionsIn(at)).toEqual([mergedOffset])
  })

  it('are left where their position is beyond what is archived', async () => {
    const at = await backedUp([4n, 4n, 4_000n])
    const { groups } = await restore(at, options).run()
    expect(groups[0]?.positions.map(({ translation }) => translation.kind)).toContain('unknown')
    expect(await positionsIn(at)).toEqual([4n, 4n])
  })
})

/** Where a group goes on in a topic of records whose content is a minute, and that were of that minute. */
async function positionAfter(minutes: readonly number[], offset: bigint, groupStrategy: GroupStrategy) {
  const where = { topic: 'minutes', partition: 0 }
  const [source, target] = ['source', 'target'].map((clusterId) => new MemoryKafkaCluster({ clusterId }))
  if (source === undefined || target === undefined) throw new Error('there are no clusters')
  await source.simulation.createTopic(where.topic)
  const records = minutes.map((minute) => ({ value: `${minute}`, timestamp: FIRST_MS + BigInt(minute) * 60_000n }))
  await source.simulation.append(where, records)
  await source.commitGroupOffsets(GROUP, [{ ...where, offset, leaderEpoch: -1, metadata: null }])
  const storage = new MemoryBlobStore()
  await createBackup({ source, storage, backupId: 'b', topics: [where.topic] }).run()
  await createRestore({ storage, backupId: 'b', target, groups: [GROUP], groupStrategy }).run()
  const [group] = await target.fetchGroupOffsets([GROUP])
  return group?.offsets[0]?.offset
}

describe('a group', () => {
  it('set by timestamps misses no record where times are out of order, and may read some again', async () => {
    // To be read next is the 7; the first record that is not older is the 9 before it.
    expect(await positionAfter([5, 9, 7, 9, 6], 2n, 'timestamp-based')).toBe(1n)
  })

  it('set by timestamps never goes on before what was restored, whatever stood there before', async () => {
    const at = await backedUp()
    await at.target.simulation.createTopic('orders', { partitionCount: PARTITION_COUNT })
    for (let partition = 0; partition < PARTITION_COUNT; partition++) {
      await at.target.simulation.append({ topic: 'orders', partition }, [{ value: 'newer' }])
    }
    await restore(at, { groupStrategy: 'timestamp-based', existingTopics: 'append' }).run()
    expect(await positionsIn(at)).toEqual([1n, 1n, 11n])
  })

  it('set by the content of records goes on at the first of several that are equal, so that none is missed', async () => {
    expect(await positionAfter([5, 9, 9, 9, 6], 3n, 'cluster-scan')).toBe(1n)
  })
})

describe('the strategy manual', () => {
  it('reports where groups would go on, and changes none, also while they have members', async () => {
    const at = await backedUp()
    await at.target.simulation.createTopic('other')
    await at.target.simulation.joinGroup(GROUP)
    const plan = await restore(at, { groupStrategy: 'manual' }).plan()
    expect(plan.blockers).toEqual([])
    expect(plan.groups).toMatchObject([{ isReported: true }])
    expect(String(plan)).toContain('only reported, and left as it is')
    const { groups } = await restore(at, { groupStrategy: 'manual' }).run()
    const targets = POSITIONS.map((offset, partition) => ({ topic: 'orders', partition, offset }))
    expect(groups).toMatchObject([{ groupId: GROUP, outcome: 'reported', targets }])
    expect(await positionsIn(at)).toEqual([])
  })
})

describe('a strategy that is not exact', () => {
  it.each(['timestamp-based', 'cluster-scan', 'manual'] as const)(
    '%s is told of by the plan',
    async (groupStrategy) => {
      const at = await backedUp()
      const { notes } = await restore(at, { groupStrategy }).plan()
      expect(notes.join()).toMatch(/by timestamps|a scan of the target|only reported/)
      expect((await restore(at, { groupStrategy, groups: [] }).plan()).notes).toEqual([])
    },
  )

  it('that is not known is refused', async () => {
    const at = await backedUp()
    expect(() => restore(at, { groupStrategy: JSON.parse('"guess"') })).toThrow('groupStrategy')
  })
})
