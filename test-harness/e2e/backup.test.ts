import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BackupEvent, type BackupOptions, createBackup, openArchive, type SectionEntry } from '@kbackup/core'
import { kafka } from '@kbackup/kafka-io'
import { fs } from '@kbackup/storage-fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createTopic,
  javaTools,
  plaintextClient,
  produceCorpus,
  readAllRecords,
  startKafka,
  type TestKafka,
  unpackSection,
  type WitnessRecord,
} from '../src/index.ts'

let cluster: TestKafka
let folder: string

beforeAll(async () => {
  cluster = await startKafka({ config: { 'message.max.bytes': String(16 << 20) } })
  folder = await mkdtemp(join(tmpdir(), 'kbackup-backup-'))
})

afterAll(async () => {
  await cluster.stop()
  await rm(folder, { recursive: true })
})

async function run(
  options: Pick<BackupOptions, 'backupId' | 'topics'> & Partial<BackupOptions>,
  events: BackupEvent[] = [],
) {
  await using source = kafka({ brokers: [...cluster.plaintextServers] })
  const backup = createBackup({ source, storage: fs({ directory: folder }), ...options })
  return await backup.run({ onEvent: (event) => events.push(event) })
}

interface DumpedRecord {
  readonly partition: number
  readonly offset: bigint
  readonly timestamp: bigint
  readonly keySize: number
  readonly valueSize: number
}

/** What Kafka's own tool reads in the archive of a topic: of kbackup only the list of its sections is believed. */
async function dumped(backupId: string, topic: string): Promise<readonly DumpedRecord[]> {
  const { state } = await openArchive(fs({ directory: folder }), backupId)
  const partitions = state.topics.get(topic)?.partitions ?? []
  const sections = partitions.flatMap(({ lineages }) => lineages.at(-1)?.sections ?? [])
  const logs = await Promise.all(sections.map(unpacked))
  const tools = await javaTools(cluster)
  const { stdout } = await tools.tool('DumpLogSegments', ['--files', logs.join(','), '--print-data-log'])
  const [, ...texts] = stdout.split(/^Dumping .*\n/m)
  return sections.flatMap((section, index) => recordsIn(texts[index] ?? '', section))
}

/** A section as `zstd` unpacks it, under the name that Kafka's tool wants. */
async function unpacked(section: SectionEntry): Promise<string> {
  const directory = await mkdtemp(join(folder, 'log-'))
  const log = join(directory, '00000000000000000000.log')
  await unpackSection(folder, section, log)
  return log
}

const RECORD_LINE = /\| offset: (\d+) (?:CreateTime|LogAppendTime): (-?\d+) keySize: (-?\d+) valueSize: (-?\d+)/g

function recordsIn(text: string, { partition, startOffset, nextOffset }: SectionEntry): readonly DumpedRecord[] {
  const records = [...text.matchAll(RECORD_LINE)].map(([, offset = '', timestamp = '', keySize, valueSize]) => {
    const [key, value] = [Number(keySize), Number(valueSize)]
    return { partition, offset: BigInt(offset), timestamp: BigInt(timestamp), keySize: key, valueSize: value }
  })
  return records.filter(({ offset }) => offset >= startOffset && offset < nextOffset)
}

async function consumed(topic: string): Promise<readonly DumpedRecord[]> {
  return (await readAllRecords(cluster, { topics: [topic] })).map(sizesOf)
}

function sizesOf({ partition, offset, timestamp, key, value }: WitnessRecord): DumpedRecord {
  return { partition, offset, timestamp, keySize: sizeOf(key), valueSize: sizeOf(value) }
}

function sizeOf(bytes: WitnessRecord['key']): number {
  if (bytes === null) return -1
  return typeof bytes === 'string' ? bytes.length / 2 : bytes.length
}

describe('a backup of a real cluster', () => {
  it('archives what a read_committed Java consumer sees, of every codec, and nothing else', async () => {
    const topic = 'corpus'
    const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
    await createTopic(cluster, { topic, partitions: 6, config: { 'max.message.bytes': String(16 << 20) } })
    const cases = ['nulls', 'headers', 'timestamps', 'tombstones:30', 'singles:3', 'plain:200', 'big:1'] as const
    for (const [partition, codec] of codecs.entries()) await produceCorpus(cluster, { topic, partition, codec, cases })
    const result = await run({ backupId: topic, topics: [topic] })
    expect(result.topics[0]?.partitions.map(({ records }) => records)).toEqual([276, 276, 276, 276, 276, 0])
    expect(await dumped(topic, topic)).toEqual(await consumed(topic))
  })

  it('leaves aborted records and markers out, waits for no open transaction, and takes the rest with the next run', async () => {
    const topic = 'transactions'
    await createTopic(cluster, { topic })
    await produceCorpus(cluster, { topic, cases: ['committed:4', 'aborted:4', 'interleaved:6', 'plain:2', 'open:3'] })
    const first = await run({ backupId: topic, topics: [topic] })
    expect(first.records).toBe(9)
    expect(await dumped(topic, topic)).toEqual(await consumed(topic))
    await produceCorpus(cluster, { topic, cases: ['fence', 'plain:1'] })
    const second = await run({ backupId: topic, topics: [topic] })
    expect(second.records).toBe(1)
    expect(await dumped(topic, topic)).toEqual(await consumed(topic))
    expect((await run({ backupId: topic, topics: [topic] })).records).toBe(0)
  })

  it('begins at a log start inside a batch, and tells what expired between two runs', async () => {
    const topic = 'deleted'
    await createTopic(cluster, { topic })
    await produceCorpus(cluster, { topic, cases: ['plain:50'] })
    await deleteRecordsBelow(topic, 7n)
    expect((await run({ backupId: topic, topics: [topic] })).records).toBe(43)
    expect(await dumped(topic, topic)).toEqual(await consumed(topic))
    await produceCorpus(cluster, { topic, cases: ['plain:50'] })
    await deleteRecordsBelow(topic, 63n)
    const second = await run({ backupId: topic, topics: [topic] })
    expect(second).toMatchObject({
      records: 37,
      gaps: [{ topic, startOffset: 50n, nextOffset: 63n, reason: 'deleted-records' }],
      warnings: [{ code: 'KB_WARNING_GAP' }],
    })
  })

  it('begins a lineage for a topic that was recreated, and keeps the one before', async () => {
    const topic = 'recreated'
    await createTopic(cluster, { topic })
    await produceCorpus(cluster, { topic, cases: ['plain:5'] })
    await run({ backupId: topic, topics: [topic] })
    await withAdmin((admin) => admin.deleteTopics({ topics: [topic] }))
    await createTopic(cluster, { topic })
    await produceCorpus(cluster, { topic, cases: ['plain:8'] })
    expect(await run({ backupId: topic, topics: [topic] })).toMatchObject({
      records: 8,
      warnings: [{ code: 'KB_WARNING_TOPIC_RECREATED' }],
    })
    const { state } = await openArchive(fs({ directory: folder }), topic)
    const lineages = state.topics.get(topic)?.partitions[0]?.lineages
    expect(lineages?.map(({ reason, nextOffset }) => [reason, nextOffset])).toEqual([
      ['first', 5n],
      ['topic-recreated', 8n],
    ])
  })

  it('captures group positions, and archives the history of all positions beside', async () => {
    const topic = 'grouped'
    await createTopic(cluster, { topic, partitions: 2 })
    await produceCorpus(cluster, { topic, cases: ['plain:20'] })
    for (const offset of ['4', '11']) await setPosition({ groupId: 'billing', topic, partition: 0, offset })
    const events: BackupEvent[] = []
    const result = await run({ backupId: topic, topics: [topic] }, events)
    expect(result).toMatchObject({ records: 20, groups: { offsetsTopic: 'archived' } })
    const view = await openArchive(fs({ directory: folder }), topic)
    const [capture] = view.state.captures
    const captured = capture === undefined ? undefined : await view.readCapture(capture)
    const billing = captured?.groups.find(({ groupId }) => groupId === 'billing')
    expect(billing?.offsets).toMatchObject([{ topic, partition: 0, offset: 11n }])
    const history = view.state.topics.get('__consumer_offsets')?.partitions.flatMap(({ lineages }) => lineages) ?? []
    const records = history.flatMap(({ sections }) => sections).reduce((sum, section) => sum + section.records, 0)
    expect(records).toBeGreaterThanOrEqual(2)
    expect(events.at(-1)).toMatchObject({ type: 'run-end', outcome: 'completed' })
  })

  it('plans without writing, and says what is there to read', async () => {
    await using source = kafka({ brokers: [...cluster.plaintextServers] })
    const backup = createBackup({
      source,
      storage: fs({ directory: folder }),
      backupId: 'planned',
      topics: ['grouped'],
    })
    const plan = await backup.plan()
    expect(plan).toMatchObject({ archive: null, records: 20, topics: [{ topic: 'grouped', records: 20 }] })
    expect(String(plan)).toContain('At most 20 records of 2 partitions to read. Nothing was written.')
    await expect(openArchive(fs({ directory: folder }), 'planned')).rejects.toMatchObject({
      code: 'KB_ARCHIVE_NOT_FOUND',
    })
  })
})

type Admin = ReturnType<ReturnType<typeof plaintextClient>['admin']>

async function withAdmin<Value>(use: (admin: Admin) => Promise<Value>): Promise<Value> {
  const admin = plaintextClient(cluster.plaintextServers).admin()
  await admin.connect()
  try {
    return await use(admin)
  } finally {
    await admin.disconnect()
  }
}

async function deleteRecordsBelow(topic: string, beforeOffset: bigint): Promise<void> {
  await using source = kafka({ brokers: [...cluster.plaintextServers] })
  await source.deleteRecords([{ topic, partition: 0, beforeOffset }])
}

interface Position {
  readonly groupId: string
  readonly topic: string
  readonly partition: number
  readonly offset: string
}

async function setPosition({ groupId, topic, partition, offset }: Position): Promise<void> {
  await withAdmin((admin) => admin.setOffsets({ groupId, topic, partitions: [{ partition, offset }] }))
}
