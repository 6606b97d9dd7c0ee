import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createBackup, createRestore, openArchive, type RestoreOptions, type RestoreReceipt } from '@kbackup/core'
import { kafka } from '@kbackup/kafka-io'
import { fs } from '@kbackup/storage-fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createTopic,
  javaTools,
  kcat,
  kcatInstalled,
  plaintextClient,
  produceCorpus,
  produceRawCorpus,
  readAllRecords,
  startKafka,
  type TestKafka,
  unpackSection,
  type WitnessRecord,
} from '../src/index.ts'

const LARGE = { 'max.message.bytes': String(16 << 20) }
const hasKcat = await kcatInstalled()

let cluster: TestKafka
let folder: string

beforeAll(async () => {
  cluster = await startKafka({
    config: { 'message.max.bytes': String(16 << 20), 'log.cleaner.backoff.ms': '200' },
  })
  folder = await mkdtemp(join(tmpdir(), 'kbackup-fidelity-'))
})

afterAll(async () => {
  await cluster.stop()
  await rm(folder, { recursive: true })
})

async function backUp(topics: readonly string[], backupId: string): Promise<void> {
  await using source = kafka({ brokers: [...cluster.plaintextServers] })
  await createBackup({ source, storage: fs({ directory: folder }), backupId, topics, consumerGroups: false }).run()
}

async function restore(backupId: string, options: Partial<RestoreOptions> = {}): Promise<RestoreReceipt> {
  await using target = kafka({ brokers: [...cluster.plaintextServers] })
  const rename = (topic: string) => `restored.${topic}`
  return await createRestore({ storage: fs({ directory: folder }), backupId, target, rename, ...options }).run()
}

/** A record without its place, which holes in the source move. */
type Content = Omit<WitnessRecord, 'topic' | 'offset' | 'timestampType'>

async function contentOf(topic: string): Promise<readonly Content[]> {
  const records = await readAllRecords(cluster, { topics: [topic] })
  return records.map(({ topic: _topic, offset: _offset, timestampType: _type, ...content }) => content)
}

async function roundTrip(topic: string, options: Partial<RestoreOptions> = {}): Promise<readonly Content[]> {
  const before = await contentOf(topic)
  await backUp([topic], topic)
  const receipt = await restore(topic, options)
  const after = await contentOf(`restored.${topic}`)
  expect(after).toEqual(before)
  expect(receipt.records).toBe(before.length)
  return after
}

async function deleteRecordsBelow(topic: string, beforeOffset: bigint): Promise<void> {
  await using target = kafka({ brokers: [...cluster.plaintextServers] })
  await target.deleteRecords([{ topic, partition: 0, beforeOffset }])
}

describe('what a Java consumer sees is the same after backup and restore', () => {
  it.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)('with batches in %s', async (codec) => {
    const topic = `corpus.${codec}`
    await createTopic(cluster, { topic, partitions: 3, config: LARGE })
    const cases = ['nulls', 'headers', 'timestamps', 'tombstones:30', 'singles:20', 'plain:500', 'big:1'] as const
    await produceCorpus(cluster, { topic, partition: 1, codec, cases })
    await produceCorpus(cluster, { topic, partition: 0, codec, cases: ['plain:50'] })
    expect(await roundTrip(topic)).toHaveLength(27 + 6 + 9 + 30 + 20 + 500 + 1 + 50)
  })

  it('of hand-made batches: no timestamp, raw snappy framing, header keys that are not UTF-8', async () => {
    await createTopic(cluster, { topic: 'raw' })
    await produceRawCorpus(cluster, { topic: 'raw', cases: ['no-timestamp', 'raw-snappy', 'non-utf8-headers'] })
    const records = await roundTrip('raw')
    expect(records.slice(0, 3).map(({ timestamp }) => timestamp)).toEqual([-1n, -1n, -1n])
    expect(records.slice(6).map(({ headers }) => headers)).toEqual(Array(3).fill([['fffe0080', '76']]))
  })

  it('of a LogAppendTime topic, with the times that its broker gave', async () => {
    await createTopic(cluster, { topic: 'stamped', config: { 'message.timestamp.type': 'LogAppendTime' } })
    await produceCorpus(cluster, { topic: 'stamped', codec: 'lz4', cases: ['plain:100', 'singles:3'] })
    await createTopic(cluster, { topic: 'restored.stamped' })
    await roundTrip('stamped')
    const types = (await readAllRecords(cluster, { topics: ['restored.stamped'] })).map((each) => each.timestampType)
    expect(new Set(types)).toEqual(new Set(['CreateTime']))
  })

  it('of a LogAppendTime topic that is created anew, switched meanwhile and back', async () => {
    await createTopic(cluster, { topic: 'switched', config: { 'message.timestamp.type': 'LogAppendTime' } })
    await produceCorpus(cluster, { topic: 'switched', cases: ['plain:100'] })
    await roundTrip('switched', { guards: { timestampType: 'switch' } })
    await using target = kafka({ brokers: [...cluster.plaintextServers] })
    const configs = (await target.describeTopicConfigs(['restored.switched'])).get('restored.switched')
    const type = configs?.find(({ name }) => name === 'message.timestamp.type')
    expect(type).toMatchObject({ value: 'LogAppendTime', isOverride: true })
  })

  it('of committed, aborted and open transactions, and of a log that ends in a marker', async () => {
    await createTopic(cluster, { topic: 'transactions' })
    const cases = ['committed:40', 'aborted:40', 'interleaved:60', 'plain:20', 'committed:5'] as const
    await produceCorpus(cluster, { topic: 'transactions', codec: 'zstd', cases })
    expect(await roundTrip('transactions')).toHaveLength(40 + 30 + 20 + 5)
    await createTopic(cluster, { topic: 'open' })
    await produceCorpus(cluster, { topic: 'open', cases: ['committed:4', 'open:3'] })
    expect(await roundTrip('open')).toHaveLength(4)
  })

  it('of a log that starts inside a batch, and of what came since the backup before', async () => {
    await createTopic(cluster, { topic: 'trimmed' })
    await produceCorpus(cluster, { topic: 'trimmed', codec: 'gzip', cases: ['plain:50'] })
    await deleteRecordsBelow('trimmed', 7n)
    await backUp(['trimmed'], 'trimmed')
    await produceCorpus(cluster, { topic: 'trimmed', cases: ['plain:20'] })
    expect(await roundTrip('trimmed')).toHaveLength(43 + 20)
  })

  it('of a compacted log with holes and delete horizons', async () => {
    const config = {
      'cleanup.policy': 'compact',
      'min.cleanable.dirty.ratio': '0.001',
      'segment.ms': '100',
      'delete.retention.ms': '3600000',
    }
    await createTopic(cluster, { topic: 'compacted', config })
    await produceCorpus(cluster, { topic: 'compacted', codec: 'lz4', cases: ['tombstones:200', 'tombstones:200'] })
    await awaitCompaction('compacted', 400)
    await roundTrip('compacted')
  })

  it('of empty partitions', async () => {
    await createTopic(cluster, { topic: 'empty', partitions: 4 })
    await produceCorpus(cluster, { topic: 'empty', partition: 2, cases: ['plain:5'] })
    await roundTrip('empty')
  })

  it('within a window of shuffled timestamps, record by record', async () => {
    await createTopic(cluster, { topic: 'shuffled' })
    await produceCorpus(cluster, {
      topic: 'shuffled',
      codec: 'snappy',
      cases: ['timestamps', 'plain:100', 'timestamps'],
    })
    await backUp(['shuffled'], 'shuffled')
    const all = await contentOf('shuffled')
    const times = all.map(({ timestamp }) => timestamp).toSorted((left, right) => (left < right ? -1 : 1))
    const [start = 0n, end = 0n] = [times[Math.floor(times.length / 10)], times[Math.floor(times.length / 2)]]
    await restore('shuffled', { window: { start, end }, rename: (topic) => `windowed.${topic}` })
    const wanted = all.filter(({ timestamp }) => timestamp >= start && timestamp <= end)
    expect(await contentOf('windowed.shuffled')).toEqual(wanted)
  })

  it.skipIf(!hasKcat)('and kcat sees the same', async () => {
    const format = '%T %K %S %k %s %h\n'
    const read = (topic: string) =>
      kcat(['-C', '-e', '-q', '-b', cluster.plaintextServers.join(','), '-t', topic, '-f', format])
    expect(await read('restored.transactions')).toEqual(await read('transactions'))
  })
})

/** Produces to make segments roll, until the cleaner has taken records out. */
async function awaitCompaction(topic: string, produced: number): Promise<void> {
  for (let round = 1; round < 60; round++) {
    await new Promise((resolve) => setTimeout(resolve, 500))
    await produceCorpus(cluster, { topic, cases: ['tombstones:30'] })
    const left = await readAllRecords(cluster, { topics: [topic] })
    if (left.length < (produced + round * 30) / 2) return
  }
  throw new Error(`the cleaner did not compact ${topic}`)
}

describe('an archive', () => {
  it('lets dd, zstd and DumpLogSegments read a section of every codec, every batch valid', async () => {
    const tools = await javaTools(cluster)
    for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
      const { state } = await openArchive(fs({ directory: folder }), `corpus.${codec}`)
      const section = state.topics.get(`corpus.${codec}`)?.partitions[1]?.lineages[0]?.sections[0]
      if (section === undefined) throw new Error(`the archive holds nothing of ${codec}`)
      const log = join(folder, '00000000000000000000.log')
      await unpackSection(folder, section, log)
      const { stdout } = await tools.tool('DumpLogSegments', ['--files', log, '--deep-iteration'])
      expect(stdout).not.toContain('isvalid: false')
      expect(stdout.match(/isvalid: true/g)?.length ?? 0).toBeGreaterThan(5)
    }
  })

  it('can be restored after its topic was deleted, under its own name on its own cluster', async () => {
    await createTopic(cluster, { topic: 'deleted', partitions: 2, config: { 'retention.ms': '86400000' } })
    await produceCorpus(cluster, { topic: 'deleted', cases: ['plain:30'] })
    const before = await contentOf('deleted')
    await backUp(['deleted'], 'deleted')
    const admin = plaintextClient(cluster.plaintextServers).admin()
    await admin.connect()
    await admin.deleteTopics({ topics: ['deleted'] })
    await admin.disconnect()
    await restore('deleted', { rename: (topic) => topic })
    expect(await contentOf('deleted')).toEqual(before)
    await using target = kafka({ brokers: [...cluster.plaintextServers] })
    const [described] = await target.describeTopics(['deleted'])
    expect(described?.partitions).toHaveLength(2)
  })
})
