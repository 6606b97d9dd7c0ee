import { describe, expect, test } from 'vitest'
import { openJson } from '../archive/json-object.ts'
import { murmur2Partition } from '../batch/murmur2.ts'
import { readOffsetMap } from '../offsets/read-offset-map.ts'
import { offsetMapKey } from './restore-keys.ts'
import type { RestoreOptions } from './restore-options.ts'
import { recordsAt } from './testing/restored-state.ts'
import { TwoTopics } from './testing/two-topics.ts'

const TARGETS = 2
const PARTITIONS = Array.from({ length: TARGETS }, (_, partition) => partition)

async function targetRecords(at: TwoTopics, partition: number) {
  return recordsAt(at.target, { topic: 'orders', partition })
}

async function restored(options: Partial<RestoreOptions>, prepare?: (at: TwoTopics) => Promise<void>) {
  const at = await TwoTopics.backedUp(prepare)
  const receipt = await at.restore({ topics: ['orders'], ...options }).run()
  return { at, receipt }
}

describe('keys', () => {
  test('leave out all other records, and offsets are still translated', async () => {
    const { at, receipt } = await restored({ keys: ['k1', Buffer.from('k3'), 'no such key'] })
    const found = await targetRecords(at, 0)
    expect(found.map(({ key }) => String(key))).toEqual(['k1', 'k3', 'k1', 'k3', 'k1'])
    expect(receipt).toMatchObject({ records: 15, recordsSkipped: 15 })
    const key = offsetMapKey('b', receipt.restoreId)
    const map = readOffsetMap(openJson(await at.storage.get(key), key), key)
    const translated = [1n, 2n, 9n].map((offset) => map.translate({ topic: 'orders', partition: 0, offset }))
    expect(translated.map(({ kind }) => kind)).toEqual(['exact', 'next', 'exact'])
  })
})

describe('repartition', () => {
  test('sends each key where the Java client would send it, in order, and makes a topic of that many partitions', async () => {
    const { at, receipt } = await restored({ repartition: { partitionCount: TARGETS } })
    expect(receipt).toMatchObject({ records: 30, recordsSkipped: 0 })
    for (const partition of PARTITIONS) {
      const records = await targetRecords(at, partition)
      for (const { key } of records) expect(murmur2Partition(key ?? Buffer.alloc(0), TARGETS)).toBe(partition)
      for (const source of [0, 1, 2]) {
        const own = records.map(({ value }) => String(value)).filter((value) => value.startsWith(`p${source}`))
        expect(own).toEqual([...own].sort())
      }
    }
    expect((await at.target.describeTopics(['orders']))[0]?.partitions).toHaveLength(TARGETS)
  })

  test('settles that partitions are missing', async () => {
    const at = await TwoTopics.backedUp()
    await at.target.simulation.createTopic('orders', { partitionCount: TARGETS })
    const codes = async (options: Partial<RestoreOptions>) =>
      (await at.restore({ topics: ['orders'], ...options }).plan()).blockers.map(({ code }) => code)
    expect(await codes({})).toEqual(['KB_HAZARD_PARTITIONS_MISSING'])
    expect(await codes({ repartition: { partitionCount: TARGETS } })).toEqual([])
    expect(await codes({ partitionMapping: { 2: 1 } })).toEqual([])
    expect(await codes({ topics: [{ name: 'orders', partitions: [1] }] })).toEqual([])
  })

  test('takes a function, which names its version: another version is another restore', async () => {
    const at = await TwoTopics.backedUp()
    const partitioner = (key: Buffer | null) => Number(key?.toString().slice(1)) % TARGETS
    const options = (version?: string) => ({
      topics: ['orders'],
      repartition: { partitionCount: TARGETS, partitioner, version },
    })
    expect(() => at.restore(options())).toThrow(/without repartition.version/)
    const produce = at.target.produce.bind(at.target)
    at.target.produce = () => Promise.reject(new Error('killed'))
    await expect(at.restore({ ...options('1'), newRestoreId: 'r1' }).run()).rejects.toThrow('killed')
    at.target.produce = produce
    expect((await at.restore(options('2')).plan()).resumes).toBeNull()
    expect((await at.restore(options('1')).run()).restoreId).toBe('r1')
    const keys = await Promise.all(
      PARTITIONS.map(async (partition) => (await targetRecords(at, partition)).map(({ key }) => String(key))),
    )
    expect(keys.map((found) => [...new Set(found)].sort())).toEqual([
      ['k0', 'k2'],
      ['k1', 'k3'],
    ])
  })

  test('is refused beside a mapping of partitions', async () => {
    const at = await TwoTopics.backedUp()
    expect(() => at.restore({ repartition: { partitionCount: 2 }, partitionMapping: { 0: 1 } })).toThrow(/both given/)
  })

  test('takes one producer id for each source partition', async () => {
    const at = await TwoTopics.backedUp()
    let allocated = 0
    const allocate = at.target.allocateProducerId.bind(at.target)
    at.target.allocateProducerId = (options) => {
      allocated += 1
      return allocate(options)
    }
    await at.restore({ topics: ['orders'], repartition: { partitionCount: 7 } }).run()
    expect(allocated).toBe(3)
  })

  test('sets groups where they miss no record that they had not read', async () => {
    const { at, receipt } = await restored(
      { repartition: { partitionCount: TARGETS }, groups: ['billing'] },
      async ({ source }) => {
        const positions = [3n, 5n, 10n].map((offset, partition) => ({ topic: 'orders', partition, offset }))
        await source.commitGroupOffsets(
          'billing',
          positions.map((position) => ({ ...position, leaderEpoch: -1, metadata: null })),
        )
      },
    )
    expect(receipt.groups[0]?.outcome).toBe('reset')
    const [group] = await at.target.fetchGroupOffsets(['billing'])
    const read: string[] = []
    for (const { partition, offset } of group?.offsets ?? []) {
      const records = await targetRecords(at, partition)
      read.push(...records.filter((record) => record.offset >= offset).map(({ value }) => String(value)))
    }
    const unread = [3, 5, 10].flatMap((from, partition) =>
      Array.from({ length: 10 - from }, (_, index) => `p${partition}r${from + index}`),
    )
    expect(read).toEqual(expect.arrayContaining(unread))
    const repeated = receipt.groups[0]?.targets.reduce((sum, { repeatedRecords }) => sum + repeatedRecords, 0n)
    expect(repeated).toBe(BigInt(read.length - unread.length))
  })
})
