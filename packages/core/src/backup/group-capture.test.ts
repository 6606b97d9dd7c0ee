import { describe, expect, it } from 'vitest'
import { openArchive } from '../archive/open-archive.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import type { TopicPartition } from '../kafka/topic-partition.ts'
import { archivedGroupPositions } from '../offsets/archived-group-positions.ts'
import { offsetsTopicPartition } from '../offsets/offsets-topic-partition.ts'
import { createBackup } from './create-backup.ts'
import { archivedLineages, archivedOmissions, archivedRecords } from './testing/archived-records.ts'
import { appendValues, BACKUP_ID, type BackupFixture, backupFixture, position } from './testing/backup-fixture.ts'

const first = { topic: 'orders', partition: 0 }

describe('consumer groups', () => {
  it('are captured with the cut, and their history is archived beside, but not counted', async () => {
    const fixture = await backupFixture()
    await appendValues(fixture.source, 0, ['a', 'b', 'c'])
    for (const offset of [1n, 2n]) await fixture.source.commitGroupOffsets('billing', [position(0, offset)])
    const result = await fixture.run()
    expect(result).toMatchObject({ records: 3, groups: { captured: 1, offsetsTopic: 'archived' }, warnings: [] })
    expect(result.topics.map(({ topic }) => topic)).toEqual(['orders'])
    const view = await openArchive(fixture.store, BACKUP_ID)
    const [reference] = view.state.captures
    const capture = reference && (await view.readCapture(reference))
    expect(capture?.groups).toMatchObject([{ groupId: 'billing', offsets: [{ partition: 0, offset: 2n }] }])
    const history = view.state.topics.get('__consumer_offsets')?.partitions.flatMap(({ lineages }) => lineages) ?? []
    expect(history.flatMap(({ sections }) => sections).reduce((sum, { records }) => sum + records, 0)).toBe(2)
  })

  it('keep markers and aborted positions in their history, since only these tell what took effect', async () => {
    const fixture = await backupFixture({ offsetsTopicPartitions: 1 })
    const transaction = fixture.source.simulation.beginTransaction()
    await transaction.commitGroupOffsets('billing', [position(0, 1n)])
    await transaction.abort()
    await fixture.run()
    const where = { topic: '__consumer_offsets', partition: 0 }
    expect(await archivedOmissions(fixture.store, BACKUP_ID, where)).toEqual([])
    expect(await archivedRecords(fixture.store, BACKUP_ID, where)).toHaveLength(2)
  })

  it('whose coordinator is not there are a warning, and keep neither the data nor other groups out of a backup', async () => {
    const fixture = await backupFixture()
    await appendValues(fixture.source, 0, ['a'])
    await fixture.source.commitGroupOffsets('billing', [position(0, 1n)])
    const message = hideGroup(fixture, 'shipping')
    const result = await fixture.run()
    expect(result).toMatchObject({ records: 1, groups: { captured: 1 } })
    expect(result.warnings).toMatchObject([{ code: 'KB_WARNING_GROUP', message, hint: 'bring back the brokers' }])
  })

  it('that could not be read keep the positions they had, as bounds, until they are seen to be gone', async () => {
    const fixture = await backupFixture()
    const listGroups = fixture.source.listGroups
    await appendValues(fixture.source, 0, ['a', 'b'])
    for (const group of ['billing', 'shipping']) await fixture.source.commitGroupOffsets(group, [position(0, 1n)])
    await fixture.run()
    expect(await hiddenPartitions(fixture)).toEqual([])
    hideGroup(fixture, 'shipping')
    for (const offset of [1n, 2n]) {
      await fixture.source.commitGroupOffsets('billing', [position(0, offset)])
      await fixture.run()
      expect(await newest(fixture)).toEqual([
        ['billing', offset, 'exact'],
        ['shipping', 1n, 'at-or-before'],
      ])
    }
    expect(await hiddenPartitions(fixture)).toEqual([offsetsTopicPartition('shipping', 2)])
    fixture.source.listGroups = listGroups
    await fixture.source.deleteGroupOffsets('shipping', [position(0, 1n)])
    await fixture.run()
    expect(await newest(fixture)).toEqual([['billing', 2n, 'exact']])
  })

  it('that a listing passes over are asked for by name, if they were captured before', async () => {
    const fixture = await backupFixture()
    for (const group of ['billing', 'shipping', 'audit', 'gone'])
      await fixture.source.commitGroupOffsets(group, [position(0, 1n)])
    await fixture.run()
    await fixture.source.deleteGroupOffsets('gone', [position(0, 1n)])
    passOver(fixture, { always: ['billing', 'shipping', 'gone'], once: 'audit' })
    refuseGroup(fixture, 'shipping')
    const result = await fixture.run()
    expect(result.warnings.map(({ message }) => message)).toEqual([
      'consumer group shipping could not be captured: GROUP_AUTHORIZATION_FAILED (30)',
    ])
    expect(await newest(fixture)).toEqual([
      ['audit', 1n, 'exact'],
      ['billing', 1n, 'at-or-before'],
      ['shipping', 1n, 'at-or-before'],
    ])
  })

  it('are captured where partitions of their history have no leader, which is a warning', async () => {
    const fixture = await backupFixture({ offsetsTopicPartitions: 2 })
    await appendValues(fixture.source, 0, ['a'])
    await fixture.source.commitGroupOffsets('billing', [position(0, 1n)])
    loseLeader(fixture, 1)
    const result = await fixture.run()
    expect(await hiddenPartitions(fixture)).toEqual([1])
    expect(result).toMatchObject({ records: 1, groups: { captured: 1, offsetsTopic: 'incomplete' } })
    expect(result.warnings).toMatchObject([{ code: 'KB_WARNING_OFFSETS_TOPIC', details: { partitions: [1] } }])
  })

  it('are waited for once: partitions of their history without a leader are not, after their coordinators were', async () => {
    const fixture = await backupFixture({ offsetsTopicPartitions: 2 })
    await fixture.source.commitGroupOffsets('billing', [position(0, 1n)])
    hideGroup(fixture, 'shipping')
    const asked = loseLeader(fixture, 1)
    expect((await fixture.run()).groups.offsetsTopic).toBe('incomplete')
    expect(asked()).toBe(0)
  })

  it('have an incomplete history also where a partition of it lost its leader while the run read', async () => {
    const fixture = await backupFixture({ offsetsTopicPartitions: 2 })
    await fixture.source.commitGroupOffsets('billing', [position(0, 1n)])
    const fetch = fixture.source.fetch
    fixture.source.fetch = async (...args) => {
      fixture.source.fetch = fetch
      await fixture.source.simulation.recreateTopic('__consumer_offsets')
      await fixture.source.commitGroupOffsets('billing', [position(0, 2n)])
      loseLeader(fixture, 1)
      return fixture.source.fetch(...args)
    }
    const result = await fixture.run()
    expect(result).toMatchObject({ groups: { captured: 1, offsetsTopic: 'incomplete' } })
    expect(result.warnings).toContainEqual(expect.objectContaining({ details: { partitions: [1] } }))
  })

  it('never stand beyond the data of their cut', async () => {
    const fixture = await backupFixture()
    const listOffsets = fixture.source.listOffsets.bind(fixture.source)
    await appendValues(fixture.source, 0, ['a'])
    await fixture.source.commitGroupOffsets('billing', [position(0, 1n)])
    let appended = 1n
    fixture.source.listOffsets = async (...args) => {
      const answers = await listOffsets(...args)
      await appendValues(fixture.source, 0, ['b', 'c'])
      appended += 2n
      await fixture.source.commitGroupOffsets('billing', [position(0, appended)])
      return answers
    }
    await fixture.run()
    const view = await openArchive(fixture.store, BACKUP_ID)
    const [reference] = view.state.captures
    const capture = reference && (await view.readCapture(reference))
    const [lineage] = await archivedLineages(fixture.store, BACKUP_ID, first)
    const captured = capture?.groups[0]?.offsets[0]?.offset ?? 0n
    expect(captured).toBe(3n)
    expect(captured).toBeLessThanOrEqual(lineage?.nextOffset ?? 0n)
    expect(appended).toBeGreaterThan(lineage?.nextOffset ?? 0n)
  })

  it('are left out when they are not wanted, and taken by name when they are named', async () => {
    const fixture = await backupFixture()
    for (const groupId of ['billing', 'audit']) await fixture.source.commitGroupOffsets(groupId, [position(0, 0n)])
    expect((await fixture.run({ consumerGroups: false })).groups).toEqual({ captured: 0, offsetsTopic: 'not-wanted' })
    const named = await fixture.run({ consumerGroups: ['audit', 'typo'] })
    expect(named.groups.captured).toBe(1)
    expect(named.warnings).toMatchObject([{ code: 'KB_WARNING_GROUP', details: { groupId: 'typo' } }])
  })

  it('are captured with a warning where their history may not be read', async () => {
    const fixture = await backupFixture()
    await appendValues(fixture.source, 0, ['a'])
    await fixture.source.commitGroupOffsets('billing', [position(0, 1n)])
    const fault = { kind: 'error', name: 'TOPIC_AUTHORIZATION_FAILED' } as const
    fixture.source.faults.schedule({ api: 'listOffsets', fault, times: 2 })
    const result = await fixture.run()
    expect(result).toMatchObject({ records: 1, groups: { captured: 1, offsetsTopic: 'unreadable' } })
    expect(result.warnings.map(({ code }) => code)).toEqual(['KB_WARNING_OFFSETS_TOPIC'])
  })

  it('are captured with a warning where their history may be described but not read', async () => {
    const fixture = await backupFixture()
    await appendValues(fixture.source, 0, ['a'])
    await fixture.source.commitGroupOffsets('billing', [position(0, 1n)])
    const fetch = fixture.source.fetch.bind(fixture.source)
    const error = { code: 29, name: 'TOPIC_AUTHORIZATION_FAILED', retriable: false }
    fixture.source.fetch = async (request, options) => {
      const { partitions, ...rest } = await fetch(request, options)
      return { ...rest, partitions: partitions.map((one) => (one.topic === 'orders' ? one : { ...one, error })) }
    }
    const result = await fixture.run()
    expect(result).toMatchObject({ records: 1, groups: { captured: 1, offsetsTopic: 'unreadable' } })
    expect(result.warnings.map(({ code }) => code)).toEqual(['KB_WARNING_OFFSETS_TOPIC'])
    fixture.source.fetch = fetch
    expect(await fixture.run()).toMatchObject({ groups: { offsetsTopic: 'archived' }, warnings: [] })
  })
  it('have no history where the source has no offsets topic yet: it is absent, not unreadable', async () => {
    const fixture = await backupFixture()
    const backup = createBackup({
      source: fixture.source,
      storage: fixture.store,
      backupId: BACKUP_ID,
      topics: ['orders'],
    })
    const plan = await backup.plan()
    expect(plan).toMatchObject({ offsetsTopic: 'absent', warnings: [] })
    expect(String(plan)).toContain('there is no topic __consumer_offsets yet')
    expect(await fixture.run()).toMatchObject({ groups: { captured: 0, offsetsTopic: 'absent' }, warnings: [] })
    await fixture.source.commitGroupOffsets('billing', [position(0, 0n)])
    expect(await fixture.run()).toMatchObject({ groups: { captured: 1, offsetsTopic: 'archived' }, warnings: [] })
  })

  it('are captured with a warning where the offsets topic is hidden: that is unreadable, not absent', async () => {
    const fixture = await backupFixture()
    await fixture.source.commitGroupOffsets('billing', [position(0, 0n)])
    const describeTopics = fixture.source.describeTopics.bind(fixture.source)
    fixture.source.describeTopics = async (topics, options) => {
      if (topics !== 'all' && topics.includes('__consumer_offsets')) {
        throw new KbackupError('KB_KAFKA_AUTHORIZATION', { message: 'TOPIC_AUTHORIZATION_FAILED' })
      }
      return (await describeTopics(topics, options)).filter(({ topic }) => topic !== '__consumer_offsets')
    }
    const result = await fixture.run()
    expect(result).toMatchObject({ groups: { captured: 1, offsetsTopic: 'unreadable' } })
    expect(result.warnings.map(({ code }) => code)).toEqual(['KB_WARNING_OFFSETS_TOPIC'])
  })
})

/** From now on the coordinator of a group is not there. */
function hideGroup({ source }: BackupFixture, hidden: string): string {
  const message = 'not all groups can be listed'
  const listGroups = source.listGroups.bind(source)
  source.listGroups = async (options = {}) => {
    if (options.allowMissing === true) return (await listGroups(options)).filter(({ groupId }) => groupId !== hidden)
    throw new KbackupError('KB_KAFKA_UNAVAILABLE', { message, hint: 'bring back the brokers' })
  }
  return message
}

async function newest(fixture: BackupFixture) {
  const { positions } = await archivedGroupPositions(await openArchive(fixture.store, BACKUP_ID), fixture)
  return positions.map(({ groupId, offset, kind }) => [groupId, offset, kind])
}

/** Where the archive's newest answer may lack groups. */
async function hiddenPartitions(fixture: BackupFixture): Promise<readonly number[]> {
  return (await archivedGroupPositions(await openArchive(fixture.store, BACKUP_ID), fixture)).hiddenPartitions
}

/** Listings lack groups without a word, one of them only until it is listed again. */
function passOver(
  { source }: BackupFixture,
  { always, once }: { readonly always: readonly string[]; readonly once: string },
): void {
  const listGroups = source.listGroups.bind(source)
  let count = 0
  source.listGroups = async (options) => {
    count += 1
    const hidden = count === 1 ? [...always, once] : always
    return (await listGroups(options)).filter(({ groupId }) => !hidden.includes(groupId))
  }
}

function refuseGroup({ source }: BackupFixture, refused: string): void {
  const fetchGroupOffsets = source.fetchGroupOffsets.bind(source)
  const error = { code: 30, name: 'GROUP_AUTHORIZATION_FAILED', retriable: false }
  source.fetchGroupOffsets = async (...args) =>
    (await fetchGroupOffsets(...args)).map((group) =>
      group.groupId === refused ? { ...group, offsets: [], error } : group,
    )
}

/** A partition of `__consumer_offsets` has no leader from now on; tells how often its offsets were asked for. */
function loseLeader({ source }: BackupFixture, partition: number): () => number {
  const listOffsets = source.listOffsets.bind(source)
  const describeTopics = source.describeTopics.bind(source)
  const error = { code: 5, name: 'LEADER_NOT_AVAILABLE', retriable: true }
  const isLost = (one: TopicPartition) => one.topic === '__consumer_offsets' && one.partition === partition
  let asked = 0
  source.listOffsets = async (queries, options) => {
    asked += queries.filter(isLost).length
    return (await listOffsets(queries, options)).map((answer) => (isLost(answer) ? { ...answer, error } : answer))
  }
  source.describeTopics = async (...args) =>
    (await describeTopics(...args)).map(({ topic, partitions, ...rest }) => {
      const seen = partitions.map((one) => (isLost({ topic, ...one }) ? { ...one, leader: -1 } : one))
      return { ...rest, topic, partitions: seen }
    })
  return () => asked
}
