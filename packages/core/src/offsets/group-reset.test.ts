import { beforeEach, describe, expect, it } from 'vitest'
import type { GroupListing, GroupOffset } from '../kafka/kafka-groups.ts'
import type { GroupBefore } from '../restore/journal-entries.ts'
import { MemoryKafkaCluster } from '../testing/memory-kafka-cluster.ts'
import { type GroupReset, type GroupResetOptions, resetGroups } from './group-reset.ts'

/** Lets a test do something at the very moment at which a call arrives. */
class WatchedCluster extends MemoryKafkaCluster {
  beforeCommit: (groupId: string) => Promise<void> | void = () => undefined
  beforeDelete: (groupId: string) => Promise<void> | void = () => undefined
  types: ReadonlyMap<string, string> = new Map()

  override async commitGroupOffsets(...call: Parameters<MemoryKafkaCluster['commitGroupOffsets']>) {
    await this.beforeCommit(call[0])
    return super.commitGroupOffsets(...call)
  }

  override async deleteGroupOffsets(...call: Parameters<MemoryKafkaCluster['deleteGroupOffsets']>) {
    await this.beforeDelete(call[0])
    return super.deleteGroupOffsets(...call)
  }

  override async listGroups(...call: Parameters<MemoryKafkaCluster['listGroups']>): Promise<readonly GroupListing[]> {
    const groups = await super.listGroups(...call)
    return groups.map((group) => ({ ...group, type: this.types.get(group.groupId) ?? group.type }))
  }
}

const at = (partition: number, offset: bigint, metadata = ''): GroupOffset => ({
  ...{ topic: 'orders', partition, offset, metadata },
  leaderEpoch: -1,
})
const reset = (groupId: string, ...positions: readonly GroupOffset[]): GroupReset => ({ groupId, positions })

let cluster: WatchedCluster
let recorded: (readonly GroupBefore[])[]

beforeEach(async () => {
  cluster = new WatchedCluster()
  recorded = []
  await cluster.simulation.createTopic('orders', { partitionCount: 2 })
  for (const partition of [0, 1]) {
    const records = Array.from({ length: 100 }, () => ({ value: Buffer.from('v') }))
    await cluster.simulation.append({ topic: 'orders', partition }, records)
  }
  await cluster.commitGroupOffsets('known', [{ ...at(0, 10n, 'old'), leaderEpoch: 3 }])
})

function run(groups: readonly GroupReset[], options: Partial<GroupResetOptions> = {}) {
  return resetGroups({
    cluster,
    groups,
    recordBefore: async (before) => {
      recorded.push(before)
    },
    ...options,
  })
}

async function positionsOf(groupId: string): Promise<readonly string[]> {
  const [found] = await cluster.fetchGroupOffsets([groupId])
  const texts = (found?.offsets ?? []).map(({ partition, offset, metadata }) => `${partition}: ${offset} ${metadata}`)
  return texts.map((text) => text.trim()).sort()
}

describe('setting groups', () => {
  it('sets each group with one commit, and reads it back', async () => {
    const groups = [reset('known', at(0, 5n), at(1, 100n, 'kept')), reset('new', at(1, 0n))]
    const commits = cluster.faults.callCount('commitGroupOffsets')
    const report = await run(groups)
    expect(report.error).toBeNull()
    expect(report.groups).toEqual([
      {
        ...{ groupId: 'known', outcome: 'reset', reason: null },
        positions: [
          { topic: 'orders', partition: 0, before: 10n, position: 5n },
          { topic: 'orders', partition: 1, before: null, position: 100n },
        ],
      },
      {
        ...{ groupId: 'new', outcome: 'reset', reason: null },
        positions: [{ topic: 'orders', partition: 1, before: null, position: 0n }],
      },
    ])
    expect([await positionsOf('known'), await positionsOf('new')]).toEqual([['0: 5', '1: 100 kept'], ['1: 0']])
    expect(cluster.faults.callCount('commitGroupOffsets') - commits).toBe(2)
  })

  it.each([
    [1, 3],
    [2, 2],
    [50, 1],
  ])('reads back with one call as many as are set at the same time: of three groups %i', async (concurrency, reads) => {
    const before = cluster.faults.callCount('fetchGroupOffsets')
    await run([reset('known', at(0, 5n)), reset('new', at(1, 0n)), reset('other', at(1, 1n))], { concurrency })
    expect(cluster.faults.callCount('fetchGroupOffsets') - before).toBe(1 + reads)
  })

  it('records what was there, absence included, before the first change', async () => {
    cluster.beforeCommit = () => {
      expect(recorded).toHaveLength(1)
    }
    await run([reset('known', at(0, 5n), at(1, 7n)), reset('new', at(1, 0n))])
    expect(recorded).toEqual([
      [
        {
          groupId: 'known',
          offsets: [
            { ...at(0, 10n, 'old'), leaderEpoch: 3 },
            { ...at(1, -1n), metadata: null },
          ],
        },
        { groupId: 'new', offsets: [{ ...at(1, -1n), metadata: null }] },
      ],
    ])
  })

  it('changes nothing where it cannot be recorded', async () => {
    const recordBefore = () => Promise.reject(new Error('the store is gone'))
    await expect(run([reset('known', at(0, 5n))], { recordBefore })).rejects.toThrow('the store is gone')
    expect(await positionsOf('known')).toEqual(['0: 10 old'])
  })

  it('leaves positions alone that it is not told of', async () => {
    await run([reset('known', at(1, 7n))])
    expect(await positionsOf('known')).toEqual(['0: 10 old', '1: 7'])
  })

  it('goes on after a kill without taking its own positions for what was there', async () => {
    await run([reset('known', at(0, 5n)), reset('late', at(0, 5n))].slice(0, 1))
    cluster.faults.schedule({ api: 'commitGroupOffsets', fault: { kind: 'error', name: 'OFFSET_METADATA_TOO_LARGE' } })
    const report = await run([reset('known', at(0, 5n))], { recorded: recorded[0] })
    expect(recorded).toHaveLength(1)
    expect(report.groups[0]).toMatchObject({ outcome: 'rolled-back', positions: [{ before: 10n }] })
    expect(await positionsOf('known')).toEqual(['0: 10 old'])
  })

  it('refuses a record of another reset', async () => {
    const other = [{ groupId: 'known', offsets: [at(0, 10n)] }]
    await expect(run([reset('known', at(1, 5n))], { recorded: other })).rejects.toMatchObject({
      code: 'KB_RESTORE_MISMATCH',
    })
  })

  it('works on no more groups at once than it may', async () => {
    let [running, most] = [0, 0]
    cluster.beforeCommit = async () => {
      running += 1
      most = Math.max(most, running)
      await new Promise((resolve) => setImmediate(resolve))
      running -= 1
    }
    const groups = Array.from({ length: 40 }, (_, index) => reset(`g${index}`, at(0, BigInt(index))))
    expect((await run(groups, { concurrency: 7 })).error).toBeNull()
    expect(most).toBe(7)
  })
})

describe('what cannot be set is refused before anything is changed', () => {
  it.each([
    ['a negative position', [reset('new', at(0, -1n))], /is negative/],
    ['a position beyond the end', [reset('new', at(0, 101n))], /beyond the end of the partition, 100/],
    ['a partition that is not there', [reset('new', at(2, 0n))], /there is no partition/],
    ['a group named twice', [reset('new', at(0, 0n)), reset('new', at(1, 0n))], /named twice/],
    ['a partition named twice', [reset('new', at(0, 0n), at(0, 1n))], /orders\/0 is named twice/],
  ])('%s', async (_what, groups, message) => {
    const asked = run([reset('known', at(0, 5n)), ...groups])
    await expect(asked).rejects.toMatchObject({
      code: 'KB_GROUP_RESET_FAILED',
      message: expect.stringMatching(message),
    })
    expect(recorded).toEqual([])
    expect(await positionsOf('known')).toEqual(['0: 10 old'])
  })

  it('the end itself is allowed: a consumer without lag', async () => {
    expect((await run([reset('new', at(0, 100n))])).error).toBeNull()
  })

  it('a group with members, naming them', async () => {
    await cluster.simulation.joinGroup('known', { clientId: 'billing', clientHost: '/10.0.0.7' })
    await expect(run([reset('known', at(0, 5n))])).rejects.toThrow('group known has 1 member: billing on /10.0.0.7')
    expect(await positionsOf('known')).toEqual(['0: 10 old'])
  })

  it.each(['share', 'streams'])('a %s group, which has no consumer positions', async (type) => {
    cluster.types = new Map([['known', type]])
    await expect(run([reset('known', at(0, 5n))])).rejects.toThrow(`group known is a ${type} group`)
  })

  it('a group of the newer consumer protocol is no such case', async () => {
    cluster.types = new Map([['known', 'consumer']])
    expect((await run([reset('known', at(0, 5n))])).error).toBeNull()
  })

  it('groups whose positions cannot be read', async () => {
    cluster.faults.schedule({ api: 'fetchGroupOffsets', fault: { kind: 'error', name: 'GROUP_AUTHORIZATION_FAILED' } })
    await expect(run([reset('known', at(0, 5n))])).rejects.toThrow(/GROUP_AUTHORIZATION_FAILED/)
  })
})

describe('when one group fails', () => {
  const three = [reset('known', at(0, 5n), at(1, 6n)), reset('new', at(0, 1n)), reset('wrong', at(0, 2n))]
  /** The last group fails, when the others have been set. */
  const failLast = () =>
    cluster.faults.schedule({
      api: 'commitGroupOffsets',
      after: 2,
      fault: { kind: 'error', name: 'COORDINATOR_NOT_AVAILABLE' },
    })

  it('all get back what they had, and positions that were absent are deleted', async () => {
    failLast()
    const report = await run(three, { concurrency: 1 })
    expect(report.error).toMatchObject({ code: 'KB_GROUP_RESET_FAILED', details: { notRolledBack: [] } })
    expect(report.error?.message).toMatch(/group wrong in orders\/0: COORDINATOR_NOT_AVAILABLE/)
    expect(report.groups.map(({ outcome }) => outcome)).toEqual(['rolled-back', 'rolled-back', 'rolled-back'])
    expect([await positionsOf('known'), await positionsOf('new'), await positionsOf('wrong')]).toEqual([
      ['0: 10 old'],
      [],
      [],
    ])
    const [known] = await cluster.fetchGroupOffsets(['known'])
    expect(known?.offsets[0]?.leaderEpoch).toBe(3)
  })

  it('groups that were not begun are not touched', async () => {
    cluster.faults.schedule({ api: 'commitGroupOffsets', fault: { kind: 'error', name: 'COORDINATOR_NOT_AVAILABLE' } })
    const report = await run(three, { concurrency: 1 })
    expect(report.groups.map(({ outcome }) => outcome)).toEqual(['rolled-back', 'untouched', 'untouched'])
    expect(cluster.faults.callCount('deleteGroupOffsets')).toBe(0)
  })

  it('a commit that broke off and took effect all the same is rolled back too', async () => {
    cluster.faults.schedule({ api: 'commitGroupOffsets', fault: { kind: 'drop', when: 'after' } })
    const report = await run([reset('known', at(0, 5n), at(1, 6n))])
    expect(report.groups[0]).toMatchObject({
      outcome: 'rolled-back',
      reason: expect.stringMatching(/connection broke/),
    })
    expect(await positionsOf('known')).toEqual(['0: 10 old'])
  })

  it('a position that reads back otherwise is a failure', async () => {
    const spoiled = new WatchedCluster()
    cluster = Object.assign(spoiled, {
      fetchGroupOffsets: async (groupIds: readonly string[]) =>
        groupIds.map((groupId) => ({
          groupId,
          offsets: spoiled.faults.callCount('commitGroupOffsets') > 0 ? [at(0, 4n)] : [],
        })),
    })
    await cluster.simulation.createTopic('orders')
    await cluster.simulation.append(
      { topic: 'orders', partition: 0 },
      Array.from({ length: 9 }, () => ({ value: null, key: Buffer.from('k') })),
    )
    const report = await run([reset('new', at(0, 5n))])
    expect(report.groups[0]?.reason).toMatch(/was set to 5 in orders\/0 and reads 4/)
  })

  it('a group that has gained members meanwhile refuses, and is left as it is', async () => {
    failLast()
    cluster.beforeCommit = async (groupId) => {
      if (groupId === 'wrong') await cluster.simulation.joinGroup('known')
    }
    const report = await run(three, { concurrency: 1 })
    expect(report.groups.map(({ outcome }) => outcome)).toEqual(['rollback-refused', 'rolled-back', 'rolled-back'])
    expect(report.groups[0]?.reason).toMatch(/UNKNOWN_MEMBER_ID \(25\)/)
    expect(report.error?.message).toMatch(/left as they are: known \(rollback-refused\)/)
    expect(await positionsOf('known')).toEqual(['0: 5', '1: 6'])
  })

  it('a group that gained members between the check and its commit fails, and is as it was', async () => {
    cluster.beforeCommit = async (groupId) => {
      if (groupId === 'known') await cluster.simulation.joinGroup('known')
    }
    const report = await run(three, { concurrency: 1 })
    expect(report.groups[0]).toMatchObject({
      outcome: 'rolled-back',
      reason: expect.stringMatching(/UNKNOWN_MEMBER_ID/),
    })
    expect(await positionsOf('known')).toEqual(['0: 10 old'])
  })

  it('a subscribed group refuses to have positions deleted', async () => {
    failLast()
    cluster.beforeDelete = async (groupId) => {
      if (groupId === 'new') await cluster.simulation.joinGroup('new', { topics: ['orders'] })
    }
    const report = await run(three, { concurrency: 1 })
    expect(report.groups[1]).toMatchObject({ outcome: 'rollback-refused', reason: expect.stringMatching(/86/) })
  })

  it('a group that somebody else has moved since is left where it is', async () => {
    failLast()
    cluster.beforeCommit = async (groupId) => {
      if (groupId === 'wrong') await cluster.simulation.commitAsMember('known', [at(0, 50n)])
    }
    const report = await run(three, { concurrency: 1 })
    expect(report.groups[0]).toMatchObject({
      outcome: 'rollback-refused',
      reason: expect.stringMatching(/moved to 50/),
    })
    expect(await positionsOf('known')).toEqual(['0: 50', '1: 6'])
  })

  it('a group that cannot be rolled back does not keep the others from it', async () => {
    failLast()
    cluster.beforeDelete = (groupId) => {
      if (groupId === 'new') throw new Error('no route to host')
    }
    const report = await run(three, { concurrency: 1 })
    expect(report.groups.map(({ outcome }) => outcome)).toEqual(['rolled-back', 'rollback-failed', 'rolled-back'])
    expect(report.error?.details).toMatchObject({ notRolledBack: ['new'] })
  })
})

describe('a signal', () => {
  it('that was aborted before does no I/O', async () => {
    const reason = new Error('stop')
    await expect(run([reset('known', at(0, 5n))], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(cluster.faults.callCount('listGroups')).toBe(0)
  })

  it('that aborts half-way rolls back what was set, then rejects with its reason', async () => {
    const stop = new AbortController()
    const reason = new Error('stop')
    cluster.beforeCommit = (groupId) => {
      if (groupId === 'new') stop.abort(reason)
    }
    const groups = [reset('known', at(0, 5n)), reset('new', at(0, 1n)), reset('third', at(0, 1n))]
    await expect(run(groups, { signal: stop.signal, concurrency: 1 })).rejects.toBe(reason)
    expect([await positionsOf('known'), await positionsOf('new'), await positionsOf('third')]).toEqual([
      ['0: 10 old'],
      [],
      [],
    ])
  })
})
