import { describe, expect, it } from 'vitest'
import { openArchive } from '../archive/open-archive.ts'
import { archivedLineages, archivedRecords } from './testing/archived-records.ts'
import { appendValues, BACKUP_ID, type BackupFixture, backupFixture } from './testing/backup-fixture.ts'

const first = { topic: 'orders', partition: 0 }

async function values({ store }: BackupFixture): Promise<readonly string[]> {
  return (await archivedRecords(store, BACKUP_ID, first)).map(({ value }) => String(value))
}

function lineages({ store }: BackupFixture) {
  return archivedLineages(store, BACKUP_ID, first)
}

/** Does something once, when the nth fetch is about to be answered. */
function beforeFetch({ source }: BackupFixture, nth: number, action: () => Promise<unknown>): void {
  const fetch = source.fetch.bind(source)
  let count = 0
  source.fetch = async (...args) => {
    if (++count === nth) await action()
    return fetch(...args)
  }
}

describe('records that are gone', () => {
  it('between two runs are a gap with its reason, a warning, and an event', async () => {
    const fixture = await backupFixture()
    await appendValues(fixture.source, 0, ['a', 'b'])
    await fixture.run()
    await appendValues(fixture.source, 0, ['c', 'd', 'e'])
    await fixture.source.deleteRecords([{ ...first, beforeOffset: 4n }])
    const result = await fixture.run()
    const gap = { ...first, lineage: 0, startOffset: 2n, nextOffset: 4n, reason: 'retention' }
    expect(result).toMatchObject({ records: 1, gaps: [gap], warnings: [{ code: 'KB_WARNING_GAP' }] })
    expect(fixture.events).toContainEqual(expect.objectContaining({ type: 'partition-gap' }))
    expect(await lineages(fixture)).toMatchObject([{ startOffset: 0n, nextOffset: 5n, gaps: [gap] }])
    expect(await values(fixture)).toEqual(['a', 'b', 'e'])
  })

  it('are put down to a person where the topic keeps everything', async () => {
    const fixture = await backupFixture()
    const configs = { 'retention.ms': '-1' }
    await fixture.source.alterTopicConfigs([{ topic: 'orders', configs }])
    await fixture.run()
    await appendValues(fixture.source, 0, ['a', 'b'])
    await fixture.source.deleteRecords([{ ...first, beforeOffset: 1n }])
    expect((await fixture.run()).gaps).toMatchObject([{ reason: 'deleted-records' }])
  })

  it('while a run reads are a gap too, and what came before stays', async () => {
    const fixture = await backupFixture()
    await fixture.source.simulation.append(first, [{ value: Buffer.alloc(300_000) }])
    await fixture.source.simulation.append(first, [{ value: Buffer.alloc(300_000) }])
    await appendValues(fixture.source, 0, ['c', 'd'])
    beforeFetch(fixture, 2, () => fixture.source.deleteRecords([{ ...first, beforeOffset: 3n }]))
    const result = await fixture.run({ maxMemoryBytes: 4 * 1024 * 1024, consumerGroups: false })
    expect(result).toMatchObject({ records: 2, gaps: [{ startOffset: 1n, nextOffset: 3n }] })
    expect((await values(fixture)).at(-1)).toBe('d')
  })

  it('up to the stop leave nothing to read', async () => {
    const fixture = await backupFixture()
    await appendValues(fixture.source, 0, ['a', 'b'])
    beforeFetch(fixture, 1, () => fixture.source.deleteRecords([{ ...first, beforeOffset: 2n }]))
    expect(await fixture.run()).toMatchObject({ records: 0, gaps: [{ startOffset: 0n, nextOffset: 2n }] })
  })
})

describe('a topic that was recreated', () => {
  it('begins a lineage, and the old one stays as it is', async () => {
    const fixture = await backupFixture()
    await appendValues(fixture.source, 0, ['a', 'b', 'c'])
    await fixture.run()
    await fixture.source.simulation.recreateTopic('orders')
    await appendValues(fixture.source, 0, ['x', 'y'])
    const result = await fixture.run()
    expect(result).toMatchObject({ records: 2, warnings: Array(3).fill({ code: 'KB_WARNING_TOPIC_RECREATED' }) })
    expect(await lineages(fixture)).toMatchObject([
      { reason: 'first', nextOffset: 3n },
      { reason: 'topic-recreated', startOffset: 0n, nextOffset: 2n },
    ])
    expect(await values(fixture)).toEqual(['x', 'y'])
  })

  it.each([1, 2])('under a running backup, before fetch %i, is never archived under its old id', async (nth) => {
    const fixture = await backupFixture()
    await fixture.source.simulation.append(first, [{ value: Buffer.alloc(300_000) }])
    await fixture.source.simulation.append(first, [{ value: Buffer.alloc(300_000) }])
    const old = (await fixture.source.describeTopics(['orders']))[0]?.topicId
    beforeFetch(fixture, nth, async () => {
      await fixture.source.simulation.recreateTopic('orders')
      await appendValues(fixture.source, 0, ['x', 'y', 'z'])
    })
    const result = await fixture.run({ maxMemoryBytes: 4 * 1024 * 1024, consumerGroups: false })
    expect(await values(fixture)).toEqual(['x', 'y', 'z'])
    const all = await lineages(fixture)
    expect(all.filter(({ topicId }) => topicId === old).flatMap(({ sections }) => sections)).toEqual([])
    expect(all.at(-1)?.topicId).not.toBe(old)
    expect(result.records).toBe(3)
  })

  it('under a running backup, after a commit, and with more records than before, ends the reading of the old one', async () => {
    const fixture = await backupFixture()
    const append = (fill: string) => fixture.source.simulation.append(first, [{ value: Buffer.alloc(300_000, fill) }])
    for (const fill of ['a', 'b', 'c', 'd']) await append(fill)
    beforeFetch(fixture, 3, async () => {
      await fixture.source.simulation.recreateTopic('orders')
      for (let count = 0; count < 12; count++) await append('x')
    })
    const small = {
      maxMemoryBytes: 4 * 1024 * 1024,
      commitIntervalMs: 0,
      maxSegmentBytes: 1,
      compression: 'none',
    } as const
    await fixture.run({ ...small, consumerGroups: false })
    const [old, recreated] = await lineages(fixture)
    expect(Number(old?.nextOffset)).toBeLessThanOrEqual(2)
    expect(recreated).toMatchObject({ reason: 'topic-recreated', nextOffset: 12n })
    expect(await values(fixture)).toEqual(Array(12).fill('x'.repeat(300_000)))
  })

  it('between the questions of a cut is not cut under its old id', async () => {
    const fixture = await backupFixture()
    await appendValues(fixture.source, 0, ['a', 'b', 'c'])
    await fixture.run()
    const listOffsets = fixture.source.listOffsets.bind(fixture.source)
    let isRecreated = false
    fixture.source.listOffsets = async (...args) => {
      if (!isRecreated) await fixture.source.simulation.recreateTopic('orders')
      isRecreated = true
      return listOffsets(...args)
    }
    await fixture.run({ consumerGroups: false })
    expect(await lineages(fixture)).toMatchObject([
      { reason: 'first', nextOffset: 3n },
      { reason: 'topic-recreated', nextOffset: 0n },
    ])
  })
})

describe('a topic that was deleted', () => {
  it('is told by the catalog, and the archive keeps what it has', async () => {
    const fixture = await backupFixture()
    await fixture.source.simulation.createTopic('other')
    await appendValues(fixture.source, 0, ['a'])
    await fixture.run({ topics: ['*'] })
    await fixture.source.deleteTopics(['orders'])
    const result = await fixture.run({ topics: ['*'] })
    expect(result.warnings).toMatchObject([{ code: 'KB_WARNING_TOPIC_DELETED', details: { topic: 'orders' } }])
    const { state } = await openArchive(fixture.store, BACKUP_ID)
    expect(state.topics.get('orders')?.deleted).toBe(true)
    expect(await values(fixture)).toEqual(['a'])
    expect((await fixture.run({ topics: ['*'] })).warnings).toEqual([])
  })

  it('under a running backup keeps what was read of it', async () => {
    const fixture = await backupFixture()
    await fixture.source.simulation.createTopic('other')
    await fixture.source.simulation.append(first, [{ value: Buffer.alloc(300_000, 'a') }])
    await fixture.source.simulation.append(first, [{ value: Buffer.alloc(300_000, 'b') }])
    beforeFetch(fixture, 2, () => fixture.source.deleteTopics(['orders']))
    const result = await fixture.run({ topics: ['*'], maxMemoryBytes: 4 * 1024 * 1024, consumerGroups: false })
    expect(result.warnings.map(({ code }) => code)).toContain('KB_WARNING_TOPIC_DELETED')
    const { state } = await openArchive(fixture.store, BACKUP_ID)
    expect(state.topics.get('orders')?.deleted).toBe(true)
  })
})

describe('a log that was truncated by an unclean election', () => {
  it('and has grown again begins a lineage where the two histories part', async () => {
    const fixture = await backupFixture()
    await appendValues(fixture.source, 0, ['a', 'b', 'c', 'd'])
    await fixture.run()
    await fixture.source.simulation.electLeader(first, { truncateTo: 2n })
    await appendValues(fixture.source, 0, ['C', 'D', 'E'])
    const result = await fixture.run()
    expect(result).toMatchObject({ records: 3, warnings: [{ code: 'KB_WARNING_LOG_TRUNCATED' }] })
    expect(await lineages(fixture)).toMatchObject([
      { lineage: 0, nextOffset: 4n },
      { lineage: 1, reason: 'truncated', startOffset: 2n, nextOffset: 5n },
    ])
    expect(await values(fixture)).toEqual(['C', 'D', 'E'])
  })

  it('begins a lineage where it is shorter than the archive', async () => {
    const fixture = await backupFixture()
    await appendValues(fixture.source, 0, ['a', 'b', 'c', 'd'])
    await fixture.run()
    await fixture.source.simulation.electLeader(first, { truncateTo: 1n })
    expect((await fixture.run()).records).toBe(0)
    expect(await lineages(fixture)).toMatchObject([{ nextOffset: 4n }, { startOffset: 1n, nextOffset: 1n }])
  })

  it('goes on in its lineage after a clean election, again and again', async () => {
    const fixture = await backupFixture()
    await appendValues(fixture.source, 0, ['a'])
    await fixture.run()
    for (const value of ['b', 'c']) {
      await fixture.source.simulation.electLeader(first)
      await appendValues(fixture.source, 0, [value])
      expect((await fixture.run()).warnings).toEqual([])
    }
    expect(await lineages(fixture)).toHaveLength(1)
    expect(await values(fixture)).toEqual(['a', 'b', 'c'])
  })

  it('while a run reads it is told by the epoch of what was written again', async () => {
    const fixture = await backupFixture()
    await fixture.source.simulation.append(first, [{ value: Buffer.alloc(300_000) }])
    await fixture.source.simulation.append(first, [{ value: Buffer.alloc(300_000) }])
    await appendValues(fixture.source, 0, ['c'])
    beforeFetch(fixture, 2, async () => {
      await fixture.source.simulation.electLeader(first, { truncateTo: 1n })
      await appendValues(fixture.source, 0, ['B', 'C', 'D'])
    })
    await fixture.run({ maxMemoryBytes: 4 * 1024 * 1024, consumerGroups: false })
    expect((await values(fixture)).slice(-3)).toEqual(['B', 'C', 'D'])
    const records = await archivedRecords(fixture.store, BACKUP_ID, first)
    expect(new Set(records.map(({ offset }) => offset)).size).toBe(records.length)
  })
})

describe('the catalog', () => {
  it('follows partitions and settings of the source', async () => {
    const fixture = await backupFixture()
    await fixture.run()
    await fixture.source.createPartitions([{ topic: 'orders', partitionCount: 5 }])
    await fixture.source.alterTopicConfigs([{ topic: 'orders', configs: { 'cleanup.policy': 'compact' } }])
    await appendValues(fixture.source, 4, ['new'])
    expect((await fixture.run()).records).toBe(1)
    const { state } = await openArchive(fixture.store, BACKUP_ID)
    expect(state.topics.get('orders')).toMatchObject({ partitionCount: 5, configs: { 'cleanup.policy': 'compact' } })
  })
})

describe('a topic in tiered storage', () => {
  it('is asked again where brokers gave nothing of its remote part, and loses nothing', async () => {
    const fixture = await backupFixture()
    await fixture.source.simulation.createTopic('tiered', { configs: { 'remote.storage.enable': 'true' } })
    for (const value of ['a', 'b'])
      await fixture.source.simulation.append({ topic: 'tiered', partition: 0 }, [{ value }])
    const fetch = fixture.source.fetch.bind(fixture.source)
    let slow = 4
    fixture.source.fetch = async (...args) => {
      const response = await fetch(...args)
      if (slow-- <= 0) return response
      return { ...response, partitions: response.partitions.map((one) => ({ ...one, records: Buffer.alloc(0) })) }
    }
    expect(await fixture.run({ topics: ['tiered'], consumerGroups: false })).toMatchObject({ records: 2 })
  })
})

describe('a partition without a leader', () => {
  it('keeps no other partition from being archived: the run fails when they are done, naming it', async () => {
    const { source, store, events, run } = await backupFixture()
    for (const partition of [0, 1, 2]) await appendValues(source, partition, ['a', 'b'])
    const listOffsets = source.listOffsets.bind(source)
    const error = { code: 5, name: 'LEADER_NOT_AVAILABLE', retriable: true }
    source.listOffsets = async (...call) =>
      (await listOffsets(...call)).map((answer) =>
        answer.topic === 'orders' && answer.partition === 1 ? { ...answer, offset: -1n, error } : answer,
      )
    await expect(run()).rejects.toMatchObject({
      code: 'KB_KAFKA_UNAVAILABLE',
      details: { topic: 'orders', partition: 1 },
    })
    expect(events).toContainEqual(expect.objectContaining({ type: 'partition-failed', topic: 'orders', partition: 1 }))
    for (const partition of [0, 2]) {
      expect(await archivedRecords(store, BACKUP_ID, { topic: 'orders', partition })).toHaveLength(2)
    }
    source.listOffsets = listOffsets
    expect((await run()).records).toBe(2)
  })
})
