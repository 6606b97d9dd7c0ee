import { describe, expect, it } from 'vitest'
import { openArchive } from '../archive/open-archive.ts'
import { OFFSETS_TOPIC } from '../offsets/offsets-topic-record.ts'
import { verifyArchive } from '../verify/verify-archive.ts'
import { archivedLineages, archivedRecords } from './testing/archived-records.ts'
import { appendValues, BACKUP_ID, type BackupFixture, backupFixture, position } from './testing/backup-fixture.ts'

/** Commits at every section, so that writers meet often. */
const OPTIONS = { maxSegmentBytes: 1, maxSegmentAgeMs: 1, commitIntervalMs: 0 } as const
const OFFSETS_PARTITIONS = [0, 1]

async function twoTopics(): Promise<BackupFixture> {
  const fixture = await backupFixture()
  await fixture.source.simulation.createTopic('other')
  await append(fixture, 'o0')
  await appendValues(fixture.source, 0, ['a0'])
  return fixture
}

async function append({ source }: BackupFixture, value: string): Promise<void> {
  await source.simulation.append({ topic: 'other', partition: 0 }, [{ value }])
}

/** Positions of many groups, so that both partitions of `__consumer_offsets` hold some. */
async function commitPositions({ source }: BackupFixture, offset: bigint): Promise<void> {
  for (let group = 0; group < 8; group++) await source.commitGroupOffsets(`group-${group}`, [position(0, offset)])
}

async function valuesOf({ store }: BackupFixture, topic: string): Promise<readonly string[]> {
  return (await archivedRecords(store, BACKUP_ID, { topic, partition: 0 })).map(({ value }) => String(value))
}

async function expectPositionsWhole({ source, store }: BackupFixture): Promise<void> {
  for (const partition of OFFSETS_PARTITIONS) {
    const [end] = await source.listOffsets([{ topic: OFFSETS_TOPIC, partition, at: 'latest' }])
    const lineages = await archivedLineages(store, BACKUP_ID, { topic: OFFSETS_TOPIC, partition })
    expect(lineages).toMatchObject([{ startOffset: 0n, nextOffset: end?.offset, gaps: [] }])
    const offsets = (await archivedRecords(store, BACKUP_ID, { topic: OFFSETS_TOPIC, partition })).map(
      ({ offset }) => offset,
    )
    expect(new Set(offsets).size).toBe(offsets.length)
  }
}

describe('two backups of the same topics at once', () => {
  it('archive each record once; the slower one is told that it was fenced', async () => {
    const fixture = await backupFixture()
    await appendValues(fixture.source, 0, ['a0', 'a1'])
    await fixture.run()
    await appendValues(fixture.source, 0, ['a2', 'a3'])
    const outcomes = await Promise.allSettled([fixture.run(OPTIONS), fixture.run(OPTIONS)])
    const failures = outcomes.filter((outcome) => outcome.status === 'rejected').map(({ reason }) => reason.code)
    expect(failures).toEqual(['KB_ARCHIVE_FENCED'])
    expect(await valuesOf(fixture, 'orders')).toEqual(['a0', 'a1', 'a2', 'a3'])
  })

  it('of which one has another topic besides: that topic is archived, and the fenced partitions are named', async () => {
    const fixture = await twoTopics()
    const options = { ...OPTIONS, consumerGroups: false } as const
    const { source } = fixture
    const listOffsets = source.listOffsets.bind(source)
    let isFirst = true
    source.listOffsets = async (...args) => {
      const answers = await listOffsets(...args)
      // The other run comes in between, and is done before this one has read anything.
      if (isFirst) {
        isFirst = false
        await fixture.run(options)
      }
      return answers
    }
    await expect(fixture.run({ ...options, topics: ['orders', 'other'] })).rejects.toMatchObject({
      code: 'KB_ARCHIVE_FENCED',
      details: { partitions: ['orders/0', 'orders/1', 'orders/2'] },
    })
    // The error names all partitions; what is told of each names none of the others.
    const failed = { type: 'partition-failed', topic: 'orders', code: 'KB_ARCHIVE_FENCED' }
    const message = 'another writer has advanced it'
    expect(fixture.events.filter(({ type }) => type === 'partition-failed')).toEqual(
      [0, 1, 2].map((partition) => ({ ...failed, partition, message })),
    )
    expect([await valuesOf(fixture, 'orders'), await valuesOf(fixture, 'other')]).toEqual([['a0'], ['o0']])
    const { state } = await openArchive(fixture.store, BACKUP_ID)
    expect(state.captures).toEqual([])
  })
})

describe('two backups of different topics at once', () => {
  it.each([
    ['that begin the archive', false],
    ['that go on with it', true],
  ])('%s: both end well, and share the history of positions without a hole', async (_name, goesOn) => {
    for (let turn = 0; turn < 5; turn++) {
      const fixture = await twoTopics()
      await commitPositions(fixture, 1n)
      if (goesOn) await fixture.run({ ...OPTIONS, topics: ['orders', 'other'] })
      await appendValues(fixture.source, 0, ['a1', 'a2'])
      await append(fixture, 'o1')
      await commitPositions(fixture, 2n)
      const results = await Promise.all([fixture.run(OPTIONS), fixture.run({ ...OPTIONS, topics: ['other'] })])
      expect(results.map(({ groups }) => groups.captured)).toEqual([8, 8])
      const shared = results.filter(({ groups }) => groups.offsetsTopic === 'other-writer')
      expect(shared.length).toBeGreaterThan(0)
      for (const { warnings } of shared) expect(warnings).toMatchObject([{ code: 'KB_WARNING_OTHER_WRITER' }])
      const last = fixture.events.findLast(({ type }) => type === 'progress')
      expect(last).toMatchObject({ percent: 100 })
      expect([await valuesOf(fixture, 'orders'), await valuesOf(fixture, 'other')]).toEqual([
        ['a0', 'a1', 'a2'],
        ['o0', 'o1'],
      ])
      await expectPositionsWhole(fixture)
      expect(await verifyArchive(fixture.store, BACKUP_ID, { depth: 'records' })).toMatchObject({ ok: true })
    }
  })

  it('do not disturb each other where only one of them takes positions', async () => {
    const fixture = await twoTopics()
    await commitPositions(fixture, 1n)
    const results = await Promise.all([
      fixture.run(OPTIONS),
      fixture.run({ ...OPTIONS, consumerGroups: false, topics: ['other'] }),
    ])
    expect(results.map(({ groups }) => groups.offsetsTopic)).toEqual(['archived', 'not-wanted'])
    expect(results.flatMap(({ warnings }) => warnings)).toEqual([])
  })

  it('both see new partitions of the offsets topic, and the catalog is told once', async () => {
    const fixture = await twoTopics()
    await commitPositions(fixture, 1n)
    await fixture.run({ ...OPTIONS, topics: ['orders', 'other'] })
    await fixture.source.createPartitions([{ topic: OFFSETS_TOPIC, partitionCount: 3 }])
    await appendValues(fixture.source, 0, ['a1'])
    await Promise.all([fixture.run(OPTIONS), fixture.run({ ...OPTIONS, topics: ['other'] })])
    const { state } = await openArchive(fixture.store, BACKUP_ID)
    expect(state.topics.get(OFFSETS_TOPIC)).toMatchObject({ partitionCount: 3 })
    expect(await valuesOf(fixture, 'orders')).toEqual(['a0', 'a1'])
  })
})
