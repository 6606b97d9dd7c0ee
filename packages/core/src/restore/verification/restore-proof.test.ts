import { describe, expect, it } from 'vitest'
import { systemEnvironment } from '../../archive/environment.ts'
import { openJson } from '../../archive/json-object.ts'
import { createBackup } from '../../backup/create-backup.ts'
import { KbackupError } from '../../errors/kbackup-error.ts'
import type { KafkaCluster } from '../../kafka/kafka-cluster.ts'
import type { FetchedPartition } from '../../kafka/kafka-data.ts'
import { FaultBlobStore } from '../../testing/fault-blob-store.ts'
import { MemoryBlobStore } from '../../testing/memory-blob-store.ts'
import type { TestRecord } from '../../testing/memory-kafka/test-record.ts'
import { MemoryKafkaCluster } from '../../testing/memory-kafka-cluster.ts'
import type { RestoreOptions } from '../restore-options.ts'
import { orders, restoreInto, type Scene } from '../testing/hazard-scene.ts'

const HEADERS = [['trace', Buffer.from('1')]] as const

async function sceneOf(batches: readonly (readonly TestRecord[])[], codec: 'none' | 'lz4' = 'none'): Promise<Scene> {
  const source = new MemoryKafkaCluster({ clusterId: 'source' })
  const storage = new MemoryBlobStore()
  await source.simulation.createTopic('orders')
  for (const records of batches) await source.simulation.append(orders, records, { codec })
  await createBackup({ source, storage, backupId: 'b', topics: ['orders'] }).run()
  return { storage, target: new MemoryKafkaCluster({ clusterId: 'target' }) }
}

const timestamp = BigInt(Date.now())
const numbered = (count: number) => Array.from({ length: count }, (_, index) => record(index))
const record = (index: number): TestRecord => ({ key: `k${index}`, value: `v${index}`, headers: HEADERS, timestamp })

/** A target that answers reads with another partition's content: what stands there is not what was produced. */
function lyingTarget(target: MemoryKafkaCluster, instead: string): KafkaCluster {
  return new Proxy(target, {
    get: (cluster, name) => {
      const member: unknown = Reflect.get(cluster, name)
      if (typeof member !== 'function') return member
      if (name !== 'produce') return (...args: readonly unknown[]) => Reflect.apply(member, cluster, args)
      return async (...args: readonly unknown[]) => {
        const results = await Reflect.apply(member, cluster, args)
        const log = cluster.simulation
        await log.electLeader(orders, { truncateTo: 0n })
        await cluster.simulation.append(orders, [{ value: instead }])
        return results
      }
    },
  })
}

/** A target whose reads give other bytes than it was sent. */
function alteringTarget(target: MemoryKafkaCluster, alter: (records: Buffer) => void): KafkaCluster {
  return new Proxy(target, {
    get: (cluster, name) => {
      const member: unknown = Reflect.get(cluster, name)
      if (typeof member !== 'function') return member
      return async (...args: readonly unknown[]) => {
        const answer = await Reflect.apply(member, cluster, args)
        if (name !== 'fetch') return answer
        const partitions = answer.partitions.map((fetched: FetchedPartition) => {
          const records = Buffer.from(fetched.records)
          alter(records)
          return { ...fetched, records }
        })
        return { ...answer, partitions }
      }
    },
  })
}

describe('the proof of a restore', () => {
  it.each(['none', 'lz4'] as const)(
    'reads back every record, and gives one digest for both sides (%s)',
    async (codec) => {
      const at = await sceneOf([numbered(3), numbered(40)], codec)
      const { verification } = await restoreInto(at, { verify: 'full' }).run()
      expect(verification).toMatchObject({
        depth: 'full',
        compared: 43,
        streams: [{ difference: null, removedSince: 0 }],
      })
      const [stream] = verification.streams
      expect(stream?.archiveDigest).toMatch(/^[0-9a-f]{64}$/)
      expect(stream?.targetDigest).toBe(stream?.archiveDigest)
    },
  )

  it('the digest tells order, keys, values, headers and timestamps apart, and not how records are batched', async () => {
    const [first, second] = [record(1), record(2)]
    const variants = [
      [[first, second]],
      [[second, first]],
      [[{ ...first, key: 'other' }, second]],
      [[{ ...first, value: null }, second]],
      [[{ ...first, headers: [] }, second]],
      [[{ ...first, timestamp: timestamp - 1n }, second]],
    ]
    const digests = await Promise.all(variants.map(digestOf))
    expect(new Set(digests).size).toBe(variants.length)
    expect(await digestOf([[first], [second]])).toBe(digests[0])
  })

  it('small restores are read back in full unless told otherwise; none reads nothing', async () => {
    const at = await sceneOf([numbered(2)])
    expect((await restoreInto(at).run()).verification).toMatchObject({ depth: 'full', compared: 2 })
    const rename = { orders: 'copy' }
    const { verification } = await restoreInto(at, { rename, verify: 'none' }).run()
    expect(verification).toEqual({ depth: 'none', compared: 0, streams: [] })
  })

  it('a sample reads beginning and end', async () => {
    const batches = Array.from({ length: 40 }, () => numbered(1_000))
    const at = await sceneOf(batches)
    const { verification } = await restoreInto(at, { verify: 'sample' }).run()
    expect(verification).toMatchObject({ depth: 'sample', compared: 32_000 })
  })

  it('a target with another content ends with an error that names the first record, and sets no group', async () => {
    const at = await sceneOf([[record(0)]])
    const target = lyingTarget(at.target, 'other')
    const run = restoreInto(at, { target, verify: 'full', groups: [] }).run()
    await expect(run).rejects.toMatchObject({
      code: 'KB_RESTORE_UNVERIFIED',
      message: expect.stringContaining('orders/0: record 0 of the restore is missing'),
    })
    expect(at.storage.keys('b/restores/').some((key) => key.endsWith('receipt.json'))).toBe(false)
    const reports = at.storage.keys('b/restores/').filter((key) => key.includes('/verifications/'))
    expect(await Promise.all(reports.map((key) => reportAt(at, key)))).toMatchObject([
      { isEqual: false, streams: [{}] },
    ])
  })

  it('finds a byte that a target has changed, be it of the last record', async () => {
    const at = await sceneOf([numbered(3), [record(3), { ...record(4), headers: [] }]])
    const target = alteringTarget(at.target, (records) => {
      // Behind the value of the last record comes one byte, the count of its headers.
      const place = records.length - 2
      if (records.length > 0) records.writeUInt8(records.readUInt8(place) ^ 1, place)
    })
    await expect(restoreInto(at, { target, verify: 'full' }).run()).rejects.toMatchObject({
      code: 'KB_RESTORE_UNVERIFIED',
      message: expect.stringContaining('record 4 of the restore at offset 4 has another key, value or header'),
    })
  })

  it('what compaction has removed since is told, and is no difference', async () => {
    const at = await sceneOf([[record(0)], [{ ...record(1), key: 'k0' }], [{ ...record(2), key: 'z' }]])
    await at.target.simulation.createTopic('orders', { configs: { 'cleanup.policy': 'compact' } })
    const options = { verify: 'none', newRestoreId: 'r1' } as const
    await restoreInto(at, options).run()
    // The newest batch is never compacted.
    await at.target.simulation.append(orders, [{ key: 'later', value: 'other' }])
    await at.target.simulation.compact(orders)
    const proof = await restoreInto(at, { existingTopics: 'append' }).verify('r1')
    expect(proof.streams).toMatchObject([{ difference: null, compared: 2, removedSince: 1 }])
  })
})

describe('verifying a restore later', () => {
  it('reads the live target back, and finds what somebody else has done to it', async () => {
    const at = await sceneOf([numbered(5)])
    await restoreInto(at, { newRestoreId: 'r1', verify: 'none' }).run()
    await at.target.simulation.append(orders, [{ value: 'later' }])
    expect(await restoreInto(at).verify('r1')).toMatchObject({ depth: 'full', compared: 5 })
    await at.target.deleteRecords([{ ...orders, beforeOffset: 2n }])
    const error: unknown = await restoreInto(at)
      .verify('r1')
      .catch((reason: unknown) => reason)
    expect(error).toMatchObject({
      code: 'KB_RESTORE_UNVERIFIED',
      message: expect.stringMatching(
        /2 missing of the records that were compared\): orders\/0: record 0 of the restore is missing/,
      ),
      hint: expect.stringContaining("existingTopics: 'only-missing'"),
      details: { missing: 2, extra: 0, changed: 0 },
    })
    const report = KbackupError.is(error) ? error.details.report : undefined
    expect(await reportAt(at, report)).toMatchObject({ verification: { streams: [{ missing: 2, compared: 3 }] } })
  })

  it('tells what differs also where the report of it cannot be written', async () => {
    const at = await sceneOf([numbered(5)])
    await restoreInto(at, { newRestoreId: 'r1' }).run()
    await at.target.deleteRecords([{ ...orders, beforeOffset: 2n }])
    const storage = new FaultBlobStore(at.storage, {
      schedule: ({ operation }) => (operation === 'put' ? { kind: 'fail-before', error: FULL } : undefined),
    })
    await expect(restoreInto(at, { storage }).verify('r1')).rejects.toMatchObject({
      code: 'KB_RESTORE_UNVERIFIED',
      details: { report: null },
    })
  })

  it('refuses an unknown restore', async () => {
    const at = await sceneOf([numbered(5)])
    await expect(restoreInto(at).verify('r1')).rejects.toMatchObject({ code: 'KB_RESTORE_NOT_FOUND' })
  })

  it('takes window, offsets, names and added headers from the journal', async () => {
    const at = await sceneOf([Array.from({ length: 9 }, (_, index) => later(index)), [later(9)]])
    const told: Partial<RestoreOptions> = {
      topics: [{ name: 'orders', offsets: { start: 2n, end: 8n } }],
      window: { start: timestamp + 4n },
      rename: { orders: 'restored' },
      originalHeaders: true,
      existingTopics: 'append',
    }
    const { verification } = await restoreInto(at, { ...told, newRestoreId: 'r1' }).run()
    expect(verification.compared).toBe(5)
    expect(await restoreInto(at).verify('r1')).toMatchObject(verification)
    expect(await restoreInto(at, { window: { end: 0n } }).verify('r1')).toMatchObject(verification)
  })

  it('waits once for all partitions, however many of them have lost their ends', async () => {
    const [source, storage] = [new MemoryKafkaCluster({ clusterId: 'source' }), new MemoryBlobStore()]
    const partitions = [0, 1, 2, 3].map((partition) => ({ topic: 'orders', partition }))
    await source.simulation.createTopic('orders', { partitionCount: partitions.length })
    for (const where of partitions) await source.simulation.append(where, numbered(3))
    await createBackup({ source, storage, backupId: 'b', topics: ['orders'] }).run()
    const at = { storage, target: new MemoryKafkaCluster({ clusterId: 'target' }) }
    await restoreInto(at, { newRestoreId: 'r1' }).run()
    for (const where of partitions) await at.target.simulation.electLeader(where, { truncateTo: 0n })
    const waited: number[] = []
    const environment = { ...systemEnvironment, sleep: async (ms: number) => void waited.push(ms) }
    await expect(restoreInto(at, { environment }).verify('r1')).rejects.toMatchObject({ code: 'KB_RESTORE_UNVERIFIED' })
    expect(waited.reduce((sum, ms) => sum + ms)).toBe(2_500)
  })

  it('puts what it finds into the archive, equal or not, and finds the same where that may not be written to', async () => {
    const at = await sceneOf([numbered(5)])
    await restoreInto(at, { newRestoreId: 'r1' }).run()
    const { reportKey } = await restoreInto(at).verify('r1')
    expect(await reportAt(at, reportKey)).toMatchObject({ isEqual: true, verification: { compared: 5 } })
    const storage = new FaultBlobStore(at.storage, {
      schedule: ({ operation }) => (operation === 'put' ? { kind: 'fail-before', error: FORBIDDEN } : undefined),
    })
    expect(await restoreInto(at, { storage }).verify('r1')).toMatchObject({ compared: 5, reportKey: null })
    await at.target.deleteRecords([{ ...orders, beforeOffset: 2n }])
    const error: unknown = await restoreInto(at)
      .verify('r1')
      .catch((reason: unknown) => reason)
    const failed = KbackupError.is(error) ? error.details.report : undefined
    expect(await reportAt(at, failed)).toMatchObject({
      isEqual: false,
      streams: [{ records: 5, firstSourceOffset: '0', lastSourceOffset: '4' }],
      verification: { streams: [{ difference: { ordinal: 0, what: 'missing' } }] },
    })
  })
})

const FULL = new KbackupError('KB_STORE_FAILED', { message: 'no room', hint: 'none' })
const FORBIDDEN = new KbackupError('KB_STORE_FORBIDDEN', { message: 'read only', hint: 'none' })
const later = (index: number): TestRecord => ({ ...record(index), timestamp: timestamp + BigInt(index) })

async function reportAt({ storage }: Scene, key: unknown): Promise<unknown> {
  return openJson(await storage.get(String(key)), String(key))
}

async function digestOf(batches: readonly (readonly TestRecord[])[]): Promise<string | undefined> {
  const { verification } = await restoreInto(await sceneOf(batches), { verify: 'full' }).run()
  return verification.streams[0]?.archiveDigest
}
