import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createBackup, createRestore, type RestoreOptions } from '@kbackup/core'
import { kafka } from '@kbackup/kafka-io'
import { fs } from '@kbackup/storage-fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  createTopic,
  produceCorpus,
  readAllRecords,
  startKafka,
  type TestKafka,
  type WitnessRecord,
} from '../src/index.ts'

const [TOPIC, OTHER, BACKUP, GROUP] = ['orders', 'payments', 'routes', 'billing']
const PARTITIONS = 3
const RECORDS = 60
const TIMEOUT_MS = 420_000
/** Where the group stands in each source partition. */
const POSITIONS = [20n, 45n, 60n]

let cluster: TestKafka
let directory: string
let source: readonly WitnessRecord[]

beforeAll(async () => {
  cluster = await startKafka()
  directory = await mkdtemp(join(tmpdir(), 'kbackup-routes-'))
  for (const topic of [TOPIC, OTHER]) {
    await createTopic(cluster, { topic, partitions: PARTITIONS })
    for (let partition = 0; partition < PARTITIONS; partition++) {
      await produceCorpus(cluster, { topic, partition, codec: 'lz4', cases: ['plain:20', `singles:${RECORDS - 20}`] })
    }
  }
  await using client = connect()
  const positions = POSITIONS.map((offset, partition) => ({
    topic: TOPIC,
    partition,
    offset,
    leaderEpoch: -1,
    metadata: '',
  }))
  await client.commitGroupOffsets(GROUP, positions)
  await createBackup({ source: client, storage: fs({ directory }), backupId: BACKUP, topics: [TOPIC, OTHER] }).run()
  source = await readAllRecords(cluster, { topics: [TOPIC, OTHER] })
}, TIMEOUT_MS)

afterAll(async () => {
  await cluster.stop()
  await rm(directory, { recursive: true, force: true })
})

const connect = () => kafka({ brokers: [...cluster.plaintextServers] })

/** Restores to topics under a prefix, and reads what a Java consumer finds there. */
async function restored(prefix: string, options: Partial<RestoreOptions> = {}): Promise<readonly WitnessRecord[]> {
  await using target = connect()
  const rename = (topic: string) => `${prefix}.${topic}`
  const parts = { storage: fs({ directory }), backupId: BACKUP, topics: [TOPIC] }
  const restore = createRestore({ ...parts, target, rename, verify: 'full', ...options })
  const { streams } = await restore.run()
  return readAllRecords(cluster, { topics: [...new Set(streams.map((stream) => stream.target.topic))] })
}

const of = (topic: string, partition: number) =>
  source.filter((record) => record.topic === topic && record.partition === partition)
const inPartition = (records: readonly WitnessRecord[], partition: number) =>
  records.filter((record) => record.partition === partition)
const contentOf = ({ key, value, timestamp, headers }: WitnessRecord) =>
  JSON.stringify([key, value, String(timestamp), headers])
const contents = (records: readonly WitnessRecord[]) => records.map(contentOf)
const textOf = (key: WitnessRecord['key']) => (typeof key === 'string' ? Buffer.from(key, 'hex').toString() : '')
const numberOf = ({ key }: WitnessRecord) => Number(textOf(key).split('-')[1])

it('merged partitions keep the order of each, and a group goes on before all that it had not read', {
  timeout: TIMEOUT_MS,
}, async () => {
  const merged = inPartition(await restored('merged', { partitionMapping: { 1: 0, 2: 1 }, groups: [GROUP] }), 0)
  const sources = [of(TOPIC, 0), of(TOPIC, 1)]
  expect(merged).toHaveLength(2 * RECORDS)
  for (const records of sources) {
    const own = new Set(contents(records))
    expect(contents(merged).filter((content) => own.has(content))).toEqual(contents(records))
  }
  await using client = connect()
  const [group] = await client.fetchGroupOffsets([GROUP])
  const offsetOf = (partition: number) =>
    group?.offsets.find((each) => each.topic === `merged.${TOPIC}` && each.partition === partition)?.offset
  const unread = new Set(contents(sources.flatMap((records, index) => records.slice(Number(POSITIONS[index])))))
  expect(offsetOf(0)).toBe(merged.find((record) => unread.has(contentOf(record)))?.offset)
  expect(offsetOf(1)).toBe(BigInt(RECORDS))
})

it('repartitioned by key, each record goes where the Java producer would have sent it', {
  timeout: TIMEOUT_MS,
}, async () => {
  const partitionCount = 7
  await createTopic(cluster, { topic: 'by-key', partitions: partitionCount })
  const cases = ['plain:20', `singles:${RECORDS - 20}`] as const
  const chosen = await produceCorpus(cluster, { topic: 'by-key', partition: 'by-key', cases })
  const partitionOf = new Map(chosen.map(({ key, partition }) => [key, partition]))
  expect(new Set(partitionOf.values()).size).toBe(partitionCount)
  const records = await restored('split', { repartition: { partitionCount } })
  expect(contents(records).toSorted()).toEqual(contents(source.filter(({ topic }) => topic === TOPIC)).toSorted())
  expect(records.filter(({ key, partition }) => partitionOf.get(key) !== partition)).toEqual([])
})

it('a transform changes, leaves out and fans out records, and groups go on at the next one', {
  timeout: TIMEOUT_MS,
}, async () => {
  const records = await restored('transformed', {
    groups: [GROUP],
    transform: {
      version: '1',
      apply: async (record) => {
        const number = Number(record.key?.toString().split('-')[1])
        if (number % 3 === 0) return null
        const changed = { ...record, value: Buffer.from(`changed ${number}`) }
        return number % 3 === 1 ? changed : [changed, { ...record, value: Buffer.from(`again ${number}`) }]
      },
    },
  })
  const expected = (partition: number) =>
    of(TOPIC, partition).flatMap((record) => {
      const number = numberOf(record)
      const made = [[], [`changed ${number}`], [`changed ${number}`, `again ${number}`]][number % 3]
      return made?.map((value) => `${textOf(record.key)} ${value}`) ?? []
    })
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const found = inPartition(records, partition).map(({ key, value }) => `${textOf(key)} ${textOf(value)}`)
    expect(found).toEqual(expected(partition))
  }
  await using client = connect()
  const [group] = await client.fetchGroupOffsets([GROUP])
  for (const [partition, position] of POSITIONS.entries()) {
    const next = of(TOPIC, partition)
      .slice(Number(position))
      .find((record) => numberOf(record) % 3 !== 0)
    const place = inPartition(records, partition).find(({ key }) => key === next?.key)?.offset
    const end = BigInt(expected(partition).length)
    const found = group?.offsets.find((each) => each.topic === `transformed.${TOPIC}` && each.partition === partition)
    expect(found?.offset).toBe(place ?? end)
  }
})

it('only the keys of a list are restored', { timeout: TIMEOUT_MS }, async () => {
  const keys = ['plain-3', 'singles-0', 'singles-39']
  const wanted = source.filter(({ topic, key }) => topic === TOPIC && keys.includes(textOf(key)))
  expect(wanted).toHaveLength(keys.length * PARTITIONS)
  expect(contents(await restored('keys', { keys }))).toEqual(contents(wanted))
})

it('each topic has its own window, partitions and offsets', { timeout: TIMEOUT_MS }, async () => {
  const start = of(OTHER, 1)[30]?.timestamp ?? 0n
  const records = await restored('own', {
    topics: [
      { name: TOPIC, partitions: [2], offsets: { start: 5n, end: 24n } },
      { name: OTHER, window: { start } },
    ],
  })
  const wanted = source.filter(({ topic, partition, offset, timestamp }) =>
    topic === TOPIC ? partition === 2 && offset >= 5n && offset <= 24n : timestamp >= start,
  )
  expect(contents(records)).toEqual(contents(wanted))
})

it('only what a topic lacks is restored, whether it is the log that was backed up or another one', {
  timeout: TIMEOUT_MS,
}, async () => {
  const [lost, where] = [30, { topic: OTHER, partition: 0 }]
  await using client = connect()
  await client.deleteRecords([{ ...where, beforeOffset: BigInt(lost) }])
  const later = await produceCorpus(cluster, { ...where, codec: 'lz4', cases: ['headers'] })
  const options = { existingTopics: 'only-missing', guards: { order: 'accept' } } as const
  const parts = { storage: fs({ directory }), backupId: BACKUP, topics: [OTHER], target: client }
  const unsettled = await createRestore({ ...parts, existingTopics: 'only-missing' }).plan()
  expect(unsettled.blockers).toMatchObject([
    { code: 'KB_HAZARD_ORDER', details: { missing: lost, overtaken: lost, others: later.length } },
  ])
  const records = inPartition(await restored('', { topics: [OTHER], rename: {}, ...options }), 0)
  const archived = of(OTHER, 0)
  expect(contents(records.slice(0, RECORDS - lost))).toEqual(contents(archived.slice(lost)))
  expect(contents(records.slice(-lost))).toEqual(contents(archived.slice(0, lost)))
  expect(records).toHaveLength(RECORDS + later.length)

  const last = { topics: [{ name: TOPIC, offsets: { start: 40n } }], originalHeaders: true }
  const part = await restored('lacking', last)
  const all = await restored('lacking', options)
  expect(contents(all).toSorted()).toEqual(
    contents([...part, ...source.filter(({ topic, offset }) => topic === TOPIC && offset < 40n)]).toSorted(),
  )
  expect(await restored('lacking', { ...options, startNew: true })).toEqual(all)
})

it('a topic that was mended in place is restored from the next backup with each record once, and groups behind none', {
  timeout: TIMEOUT_MS,
}, async () => {
  const [topic, lost] = ['mended', 15]
  const where = { topic, partition: 0 }
  await using client = connect()
  await createTopic(cluster, { topic, partitions: 1 })
  await produceCorpus(cluster, { ...where, codec: 'lz4', cases: ['plain:20', 'singles:20'] })
  const backup = { source: client, storage: fs({ directory }), backupId: topic, topics: [topic] }
  await createBackup(backup).run()
  const whole = await readAllRecords(cluster, { topics: [topic] })
  await client.deleteRecords([{ ...where, beforeOffset: BigInt(lost) }])
  const parts = { storage: backup.storage, backupId: topic, target: client }
  await createRestore({ ...parts, existingTopics: 'only-missing', guards: { order: 'accept' } }).run()
  const atOriginal = { groupId: 'reads-copies', offset: BigInt(whole.length + 4), place: 4n }
  await client.commitGroupOffsets(atOriginal.groupId, [
    { ...where, offset: atOriginal.offset, leaderEpoch: -1, metadata: '' },
  ])
  await createBackup({ ...backup, consumerGroups: 'all' }).run()

  const rename = { [topic]: 'once' }
  const { blockers } = await createRestore({ ...parts, rename }).plan()
  expect(blockers).toMatchObject([{ code: 'KB_HAZARD_COPIES', details: { records: lost } }])
  const guards = { copies: 'drop' } as const
  await createRestore({ ...parts, rename, guards, groups: [atOriginal.groupId], verify: 'full' }).run()
  expect(contents(await readAllRecords(cluster, { topics: ['once'] }))).toEqual(contents(whole))
  const [group] = await client.fetchGroupOffsets([atOriginal.groupId])
  expect(group?.offsets.find((each) => each.topic === 'once')?.offset).toBe(atOriginal.place)
  const again = { existingTopics: 'only-missing', guards: { ...guards, order: 'accept' } } as const
  expect((await createRestore({ ...parts, ...again }).run()).records).toBe(0)
})
