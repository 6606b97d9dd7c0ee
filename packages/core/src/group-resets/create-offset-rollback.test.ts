import { beforeEach, describe, expect, it } from 'vitest'
import { MemoryKafkaCluster } from '../testing/memory-kafka-cluster.ts'
import { createOffsetReset } from './create-offset-reset.ts'
import { createOffsetRollback, type OffsetRollbackOptions } from './create-offset-rollback.ts'
import { AFTER, BACKUP_ID, BEFORE, type ResetScenario, resetScenario, standOf } from './testing/reset-scenario.ts'

let scenario: ResetScenario

beforeEach(async () => {
  scenario = await resetScenario()
})

function rollback(options: Partial<OffsetRollbackOptions> = {}) {
  const { target, store } = scenario
  return createOffsetRollback({ storage: store, backupId: BACKUP_ID, target, ...options })
}

const resetAll = () =>
  createOffsetReset({ storage: scenario.store, backupId: BACKUP_ID, target: scenario.target }).run()

describe('a snapshot of groups', () => {
  it('has all positions of the groups that are meant', async () => {
    const taken = await rollback().snapshot({ groups: ['ship*'], description: 'before the move', snapshotId: 's1' })
    expect(taken).toMatchObject({
      snapshotId: 's1',
      kind: 'snapshot',
      clusterId: 'target',
      description: 'before the move',
    })
    expect(taken.groups).toMatchObject([
      { groupId: 'shipping-eu', offsets: [{ topic: 'restored', offset: 5n }, { offset: 6n }] },
    ])
    const { notInCluster, ...kept } = taken
    expect(notInCluster).toEqual([])
    expect(await rollback().show('s1')).toEqual(kept)
  })

  it('knows that a group which is named has no positions, and takes from it those that it is given later', async () => {
    const taken = await rollback().snapshot({ groups: ['shipping', 'billing'], snapshotId: 's1' })
    expect(taken.groups).toContainEqual({ groupId: 'shipping', offsets: [], absent: [] })
    await resetAll()
    await rollback().rollback('s1')
    expect((await standOf(scenario.target)).shipping).toEqual(BEFORE.shipping)
  })

  it('is not said to differ from a group that cannot be read', async () => {
    await rollback().snapshot({ snapshotId: 's1' })
    for (const verb of ['verify', 'rollback'] as const) {
      const fault = { kind: 'error', name: 'GROUP_AUTHORIZATION_FAILED' } as const
      scenario.target.faults.schedule({ api: 'fetchGroupOffsets', fault })
      await expect(rollback()[verb]('s1'), verb).rejects.toMatchObject({
        code: 'KB_KAFKA_PROTOCOL',
        message: expect.stringContaining('GROUP_AUTHORIZATION_FAILED'),
      })
    }
  })

  it('is never written over', async () => {
    await rollback().snapshot({ snapshotId: 's1' })
    await scenario.target.commitGroupOffsets('new', [
      { topic: 'restored', partition: 0, offset: 1n, leaderEpoch: -1, metadata: '' },
    ])
    await expect(rollback().snapshot({ snapshotId: 's1' })).rejects.toMatchObject({ code: 'KB_USAGE' })
    expect((await rollback().show('s1')).groups.map(({ groupId }) => groupId)).not.toContain('new')
  })

  it('brings groups back to it, absence included', async () => {
    await rollback().snapshot({ snapshotId: 's1' })
    await resetAll()
    expect(await standOf(scenario.target)).toEqual(AFTER)
    const { changed } = await rollback().rollback('s1', { groups: ['billing', 'shipping-eu'] })
    expect(changed).toContainEqual({ groupId: 'billing', topic: 'restored', partition: 1, wanted: null, found: 27n })
    expect(await standOf(scenario.target)).toEqual({ ...BEFORE, shipping: AFTER.shipping })
  })

  it('changes nothing where everything stands as it did', async () => {
    await rollback().snapshot({ snapshotId: 's1' })
    expect(await rollback().rollback('s1')).toMatchObject({ resetId: null, changed: [] })
  })

  it('tells where groups stand otherwise', async () => {
    await rollback().snapshot({ snapshotId: 's1' })
    expect(await rollback().verify('s1')).toEqual([])
    await scenario.target.commitGroupOffsets('billing', [
      { topic: 'restored', partition: 0, offset: 4n, leaderEpoch: -1, metadata: '' },
    ])
    expect(await rollback().verify('s1')).toEqual([
      { groupId: 'billing', topic: 'restored', partition: 0, wanted: 3n, found: 4n },
    ])
  })

  it('is gone when it is deleted', async () => {
    await rollback().snapshot({ snapshotId: 's1' })
    await rollback({ target: undefined }).delete('s1')
    await expect(rollback().show('s1')).rejects.toMatchObject({ code: 'KB_SNAPSHOT_NOT_FOUND' })
    expect(await rollback().list()).toEqual([])
  })

  it('is refused in another cluster', async () => {
    await rollback().snapshot({ snapshotId: 's1' })
    const other = rollback({ target: new MemoryKafkaCluster({ clusterId: 'other' }) })
    await expect(other.rollback('s1')).rejects.toMatchObject({ code: 'KB_RESTORE_MISMATCH' })
  })

  it('is not brought back to under a group that has members', async () => {
    await rollback().snapshot({ snapshotId: 's1' })
    await resetAll()
    await scenario.target.simulation.joinGroup('billing')
    await expect(rollback().rollback('s1')).rejects.toMatchObject({ code: 'KB_GROUP_RESET_FAILED' })
    expect(await standOf(scenario.target)).toEqual(AFTER)
  })

  it('is not taken into an archive that is not there', async () => {
    await expect(rollback({ backupId: 'ordes' }).snapshot()).rejects.toMatchObject({ code: 'KB_ARCHIVE_NOT_FOUND' })
  })
})

describe('what a reset found before it began', () => {
  it('is listed beside the snapshots, newest first, and can be brought back', async () => {
    const { resetId } = await resetAll()
    await rollback().snapshot({ snapshotId: 's1' })
    expect((await rollback().list()).map(({ snapshotId, kind }) => [snapshotId, kind])).toEqual(
      expect.arrayContaining([
        ['s1', 'snapshot'],
        [resetId, 'reset'],
      ]),
    )
    await rollback().rollback(String(resetId))
    expect(await standOf(scenario.target)).toEqual(BEFORE)
  })

  it('can be deleted when the reset has ended', async () => {
    const { resetId } = await resetAll()
    await rollback().delete(String(resetId))
    expect([...scenario.store.keys()].filter((key) => key.includes('_group-resets'))).toEqual([])
  })
})
