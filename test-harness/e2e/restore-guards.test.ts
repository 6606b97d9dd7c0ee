import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  createBackup,
  createRestore,
  type Hazard,
  type RestoreGuards,
  type RestoreOptions,
  releaseRestore,
  undoRestore,
} from '@kbackup/core'
import { kafka } from '@kbackup/kafka-io'
import { fs } from '@kbackup/storage-fs'
import type { Message } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTopic, plaintextClient, readAllRecords, startKafka, type TestKafka } from '../src/index.ts'

const BACKUP = 'guards'
const DAY_MS = 86_400_000
const NOW = Date.now()
const SAMPLED_RECORDS = 40_000
const TIMEOUT_MS = 420_000

const ago = (days: number) => String(NOW - days * DAY_MS)
const minutesAgo = (minutes: number) => NOW - minutes * 60_000
const large = { key: 'large', value: 'x'.repeat(5_000) }

/** What each source topic holds, partition 0 unless it says otherwise. */
const SOURCES: Readonly<Record<string, readonly Message[]>> = {
  retention: [
    { key: 'a', value: 'old', timestamp: ago(30) },
    { key: 'a', value: 'new', timestamp: ago(0) },
  ],
  deleted: [{ value: 'old', timestamp: ago(30) }],
  stamped: [{ value: 'yesterday', timestamp: ago(1) }],
  times: [
    { value: 'now', timestamp: ago(0) },
    { value: 'ahead', timestamp: ago(-2) },
  ],
  sizes: [{ key: 'small', value: 's' }, large],
  keys: [{ key: 'a', value: '1' }, { value: '2' }, { key: 'b', value: '3' }],
  partitions: [0, 1, 2].map((partition) => ({ partition, value: `p${partition}` })),
  compacted: Array.from({ length: 40 }, (_, index) => ({ key: `k${index % 4}`, value: `${index}` })),
  existing: [{ value: 'restored' }],
  changed: ['one', 'two', 'three'].map((value) => ({ value })),
  sampled: Array.from({ length: SAMPLED_RECORDS }, (_, index) => ({ value: `${index}` })),
}

let cluster: TestKafka
let directory: string

beforeAll(async () => {
  cluster = await startKafka({
    config: {
      'log.retention.check.interval.ms': '300',
      'log.initial.task.delay.ms': '300',
      'log.cleaner.backoff.ms': '100',
      'log.segment.delete.delay.ms': '0',
      'log.message.timestamp.after.max.ms': String(100 * DAY_MS),
    },
  })
  directory = await mkdtemp(join(tmpdir(), 'kbackup-guards-'))
  for (const [topic, messages] of Object.entries(SOURCES)) {
    await createTopic(cluster, { topic, partitions: topic === 'partitions' ? 3 : 1 })
    await produce(topic, messages)
  }
  await createTopic(cluster, { topic: 'transaction' })
  await produceTransaction('transaction')
  await using source = connect()
  await createBackup({ source, storage: fs({ directory }), backupId: BACKUP, topics: ['*'] }).run()
}, TIMEOUT_MS)

afterAll(async () => {
  await cluster.stop()
  await rm(directory, { recursive: true, force: true })
})

const connect = () => kafka({ brokers: [...cluster.plaintextServers] })
const parts = () => ({ storage: fs({ directory }), backupId: BACKUP })
const restored = (topic: string) => `restored.${topic}`

/** A few records get one batch each, so that none is refused for another; of many, kafkajs makes no large batches in time. */
async function produce(topic: string, messages: readonly Message[]): Promise<void> {
  const producer = plaintextClient(cluster.plaintextServers).producer()
  await producer.connect()
  try {
    const size = messages.length > 100 ? 1_000 : 1
    for (let from = 0; from < messages.length; from += size) {
      await producer.send({ topic, messages: messages.slice(from, from + size) })
    }
  } finally {
    await producer.disconnect()
  }
}

/** Six records, one a minute. */
async function produceTransaction(topic: string): Promise<void> {
  const client = plaintextClient(cluster.plaintextServers)
  const producer = client.producer({ transactionalId: 'guards', idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  const transaction = await producer.transaction()
  const messages = Array.from({ length: 6 }, (_, index) => ({
    value: `t${index}`,
    timestamp: String(minutesAgo(60 - index)),
  }))
  await transaction.send({ topic, messages })
  await transaction.commit()
  await producer.disconnect()
}

async function planned(topic: string, options: Partial<RestoreOptions> = {}): Promise<readonly Hazard[]> {
  await using target = connect()
  return (await createRestore({ ...parts(), target, topics: [topic], rename: restored, ...options }).plan()).hazards
}

async function run(topic: string, options: Partial<RestoreOptions> = {}) {
  await using target = connect()
  const restore = createRestore({ ...parts(), target, topics: [topic], rename: restored, verify: 'full', ...options })
  return await restore.run()
}

/** A target of its own for each guard; as the source, under its name. */
const into = (name: string, guards: RestoreGuards): Partial<RestoreOptions> => ({ rename: () => name, guards })

async function valuesOf(topic: string): Promise<readonly string[]> {
  const records = await readAllRecords(cluster, { topics: [topic] })
  return records.map(({ value }) => (typeof value === 'string' ? Buffer.from(value, 'hex').toString() : 'long'))
}

async function settingOf(topic: string, name: string): Promise<string | null> {
  await using client = connect()
  const entry = (await client.describeTopicConfigs([topic])).get(topic)?.find((each) => each.name === name)
  return entry?.isOverride === true ? entry.value : null
}

const target = (topic: string, config: Readonly<Record<string, string>>) => createTopic(cluster, { topic, config })

describe('the plan names each hazard with its numbers, and its option restores the right records', {
  timeout: TIMEOUT_MS,
}, () => {
  it('KB_HAZARD_RETENTION: a broker deletes old records, unless they are held until somebody releases them', async () => {
    const week = { 'retention.ms': String(7 * DAY_MS) }
    await target('restored.retention', week)
    expect(await planned('retention')).toMatchObject([
      { code: 'KB_HAZARD_RETENTION', blocks: true, details: { topic: 'restored.retention', records: 2 } },
    ])
    const { restoreId, heldTopics } = await run('retention', { guards: { retention: 'hold' } })
    expect(heldTopics).toEqual(['restored.retention'])
    expect(await valuesOf('restored.retention')).toEqual(['old', 'new'])
    await target('dropped.retention', week)
    await run('retention', into('dropped.retention', { retention: 'drop' }))
    expect(await valuesOf('dropped.retention')).toEqual(['new'])
    await using client = connect()
    const report = await releaseRestore({ ...parts(), target: client, restoreId })
    expect(report.settings).toMatchObject([
      { setting: 'retention.ms', outcome: 'put-back' },
      { setting: 'retention.bytes', outcome: 'put-back' },
    ])
    expect(await settingOf('restored.retention', 'retention.ms')).toBe(String(7 * DAY_MS))
  })

  it('KB_HAZARD_RETENTION: what was accepted, or released, is gone soon', async () => {
    await target('restored.deleted', { 'retention.ms': String(7 * DAY_MS) })
    await run('deleted', { guards: { retention: 'accept' }, verify: 'none' })
    await expect.poll(() => valuesOf('restored.deleted'), { timeout: 120_000 }).toEqual([])
  })

  it('KB_HAZARD_TIMESTAMP_TYPE: a broker overwrites times, unless the topic is switched meanwhile', async () => {
    const stamped = { 'message.timestamp.type': 'LogAppendTime' }
    await target('restored.stamped', stamped)
    await target('accepted.stamped', stamped)
    expect(await planned('stamped')).toMatchObject([
      { code: 'KB_HAZARD_TIMESTAMP_TYPE', blocks: true, details: { topic: 'restored.stamped', records: 1 } },
    ])
    await run('stamped', { guards: { timestampType: 'switch' } })
    await run('stamped', into('accepted.stamped', { timestampType: 'accept' }))
    const [kept, overwritten] = await readAllRecords(cluster, {
      topics: ['restored.stamped', 'accepted.stamped'],
    }).then((records) =>
      ['restored.stamped', 'accepted.stamped'].map((topic) => records.find((each) => each.topic === topic)),
    )
    // A Java consumer of a LogAppendTime topic is told the type of the batch, which is that of the moment it came.
    expect(kept).toMatchObject({ timestamp: BigInt(ago(1)), timestampType: 'CreateTime' })
    expect(Number(overwritten?.timestamp)).toBeGreaterThanOrEqual(NOW)
    expect(await settingOf('restored.stamped', 'message.timestamp.type')).toBe('LogAppendTime')
  })

  it('KB_HAZARD_TIMESTAMP_RANGE: a broker refuses times far from its clock, unless its limits are lifted', async () => {
    const limited = { 'message.timestamp.after.max.ms': '3600000' }
    await target('restored.times', limited)
    await target('dropped.times', limited)
    const [hazard] = await planned('times')
    expect(hazard).toMatchObject({
      code: 'KB_HAZARD_TIMESTAMP_RANGE',
      blocks: true,
      details: { topic: 'restored.times' },
    })
    await expect(produce('restored.times', [{ value: 'ahead', timestamp: ago(-2) }])).rejects.toThrow(/timestamp/)
    await run('times', { guards: { timestampRange: 'hold' } })
    await run('times', into('dropped.times', { timestampRange: 'drop' }))
    expect(await valuesOf('restored.times')).toEqual(['now', 'ahead'])
    expect(await valuesOf('dropped.times')).toEqual(['now'])
    expect(await settingOf('restored.times', 'message.timestamp.after.max.ms')).toBe('3600000')
  })

  it('KB_HAZARD_MESSAGE_SIZE: a broker refuses a large batch, unless its limit is raised', async () => {
    await target('restored.sizes', { 'max.message.bytes': '2000' })
    await target('dropped.sizes', { 'max.message.bytes': '2000' })
    const [hazard] = await planned('sizes')
    expect(hazard).toMatchObject({
      code: 'KB_HAZARD_MESSAGE_SIZE',
      blocks: true,
      details: { topic: 'restored.sizes', limit: 2_000 },
    })
    await expect(produce('restored.sizes', [large])).rejects.toThrow(/larger/)
    await run('sizes', { guards: { messageSize: 'hold' } })
    await run('sizes', into('dropped.sizes', { messageSize: 'drop' }))
    expect(await valuesOf('restored.sizes')).toHaveLength(2)
    expect(await valuesOf('dropped.sizes')).toEqual(['s'])
    expect(await settingOf('restored.sizes', 'max.message.bytes')).toBe('2000')
  })

  it('KB_HAZARD_NULL_KEY: a compacted topic refuses records without a key, unless they are left out', async () => {
    await target('restored.keys', { 'cleanup.policy': 'compact' })
    const hazards = await planned('keys')
    expect(hazards.find(({ blocks }) => blocks)).toMatchObject({
      code: 'KB_HAZARD_NULL_KEY',
      details: { topic: 'restored.keys', records: 1, complete: true },
    })
    await expect(produce('restored.keys', [{ value: '2' }])).rejects.toThrow()
    const { recordsSkipped } = await run('keys', { guards: { nullKey: 'drop' } })
    expect(recordsSkipped).toBe(1)
    expect(await valuesOf('restored.keys')).toEqual(['1', '3'])
  })

  it('KB_HAZARD_PARTITIONS_MISSING: records have no place, unless partitions are added', async () => {
    await target('restored.partitions', {})
    expect(await planned('partitions')).toMatchObject([
      { code: 'KB_HAZARD_PARTITIONS_MISSING', blocks: true, details: { partitions: 1, missing: 2, records: 2 } },
    ])
    await run('partitions', { guards: { partitions: 'add' } })
    expect(await valuesOf('restored.partitions')).toEqual(['p0', 'p1', 'p2'])
  })

  it('KB_HAZARD_TRANSACTION_CUT: the plan says how many records of a transaction a window leaves out', async () => {
    const window = { end: minutesAgo(58) }
    const hazards = await planned('transaction', { window })
    expect(hazards).toMatchObject([
      { code: 'KB_HAZARD_TRANSACTION_CUT', blocks: false, details: { transactions: 1, restored: 3, leftOut: 3 } },
    ])
    await run('transaction', { window })
    expect(await valuesOf('restored.transaction')).toEqual(['t0', 't1', 't2'])
  })

  it('KB_HAZARD_TARGET_HAS_RECORDS: restored records would stand after others, unless they are purged or meant to', async () => {
    for (const name of ['restored.existing', 'purged.existing', 'anew.existing']) {
      await target(name, {})
      await produce(name, [{ value: 'other' }])
    }
    expect(await planned('existing')).toMatchObject([{ code: 'KB_HAZARD_TARGET_HAS_RECORDS', blocks: true }])
    await run('existing', { existingTopics: 'append' })
    await run('existing', { ...into('purged.existing', {}), existingTopics: 'purge' })
    await run('existing', { ...into('anew.existing', {}), existingTopics: 'recreate' })
    expect(await valuesOf('restored.existing')).toEqual(['other', 'restored'])
    expect(await valuesOf('purged.existing')).toEqual(['restored'])
    expect(await valuesOf('anew.existing')).toEqual(['restored'])
  })

  it('KB_HAZARD_COMPACTION: the cleaner waits while it is held, and what it takes later is no difference', async () => {
    const config = { 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0.001', 'segment.ms': '100' }
    await target('restored.compacted', config)
    expect(await planned('compacted')).toMatchObject([
      { code: 'KB_HAZARD_COMPACTION', blocks: false, details: { topic: 'restored.compacted', records: 40 } },
    ])
    const { restoreId, verification } = await run('compacted', { guards: { compaction: 'hold' } })
    expect(verification.compared).toBe(40)
    expect(await settingOf('restored.compacted', 'min.compaction.lag.ms')).toBeNull()
    const left = async () => {
      await produce('restored.compacted', [{ key: 'roll', value: 'roll' }])
      return (await valuesOf('restored.compacted')).filter((value) => value !== 'roll').length
    }
    await expect.poll(left, { timeout: 120_000 }).toBeLessThan(40)
    await using client = connect()
    const restore = createRestore({
      ...parts(),
      target: client,
      topics: ['compacted'],
      rename: restored,
      guards: { compaction: 'hold' },
    })
    const { streams } = await restore.verify(restoreId)
    expect(streams).toMatchObject([{ difference: null }])
    expect(streams[0]?.removedSince).toBeGreaterThan(0)
  })
})

describe('a restore that was cut short', { timeout: TIMEOUT_MS }, () => {
  it('leaves held settings changed; undo puts them back, and run again it comes to its end', async () => {
    await target('undone.sizes', { 'max.message.bytes': '2000' })
    const options = { ...into('undone.sizes', { messageSize: 'hold' }), newRestoreId: 'cut-short' }
    const abort = new AbortController()
    await using client = connect()
    const cut = createRestore({ ...parts(), target: client, topics: ['sizes'], ...options })
    const onEvent = ({ type }: { readonly type: string }) =>
      type === 'stream-start' && abort.abort(new Error('cut short'))
    await expect(cut.run({ signal: abort.signal, onEvent })).rejects.toThrow('cut short')
    expect(await settingOf('undone.sizes', 'max.message.bytes')).not.toBe('2000')
    const { settings } = await undoRestore({ ...parts(), target: client, restoreId: 'cut-short' })
    expect(settings).toMatchObject([{ setting: 'max.message.bytes', outcome: 'put-back' }])
    expect(await settingOf('undone.sizes', 'max.message.bytes')).toBe('2000')
    expect((await run('sizes', options)).restoreId).toBe('cut-short')
    expect(await valuesOf('undone.sizes')).toHaveLength(2)
    expect(await settingOf('undone.sizes', 'max.message.bytes')).toBe('2000')
  })
})

describe('what is read back from a target', { timeout: TIMEOUT_MS }, () => {
  it('is all of it, or samples from beginning to end, and can be asked for later', async () => {
    const full = await run('changed', into('full.changed', {}))
    expect(full.verification).toMatchObject({ depth: 'full', compared: 3, streams: [{ difference: null }] })
    const sampled = await run('sampled', { verify: 'sample' })
    expect(sampled.verification.depth).toBe('sample')
    expect(sampled.verification.compared).toBe(32_000)
    await using client = connect()
    const again = createRestore({ ...parts(), target: client, topics: ['sampled'], rename: restored, verify: 'full' })
    const { compared, streams } = await again.verify(sampled.restoreId)
    expect(compared).toBe(SAMPLED_RECORDS)
    expect(streams[0]?.targetDigest).toBe(streams[0]?.archiveDigest)
  })

  it('is nothing that somebody else wrote in its place: what is missing is named', async () => {
    const { restoreId } = await run('changed')
    await using client = connect()
    const restore = createRestore({ ...parts(), target: client, topics: ['changed'], rename: restored, verify: 'full' })
    await client.deleteTopics(['restored.changed'])
    await target('restored.changed', {})
    const times = (await readAllRecords(cluster, { topics: ['changed'] })).map(({ timestamp }) => `${timestamp}`)
    const values = ['one', 'other', 'three']
    await produce(
      'restored.changed',
      values.map((value, index) => ({ value, timestamp: times[index] ?? '' })),
    )
    const error: unknown = await restore.verify(restoreId).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'KB_RESTORE_UNVERIFIED' })
    expect(String(error)).toContain('restored.changed/0: record 0 of the restore is missing')
  })
})
