import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fs } from '@kbackup/storage-fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeEvidence } from '../src/evidence.ts'
import {
  createTopic,
  plaintextClient,
  readAllRecords,
  scaled,
  startKafka,
  type TestKafka,
  type WitnessRecord,
} from '../src/index.ts'
import type { ManyFigures } from '../src/many/many-job.ts'
import { measuredJob } from '../src/many/measured-job.ts'

const PARTITIONS = scaled(3000)
const TOPICS = 30
const PARTITIONS_PER_TOPIC = PARTITIONS / TOPICS
const RECORDS_PER_PARTITION = 4
const BACKUP_ID = 'many'
const PREFIX = 'restored.'
const MAX_RSS_MIB = 300
const TIMEOUT_MS = 900_000

const names = Array.from({ length: TOPICS }, (_, index) => `many.${String(index).padStart(2, '0')}`)

let cluster: TestKafka
let directory: string
const figures: Record<string, ManyFigures> = {}

beforeAll(async () => {
  cluster = await startKafka()
  directory = await mkdtemp(join(tmpdir(), 'kbackup-many-'))
  await fillTopics()
}, TIMEOUT_MS)

afterAll(async () => {
  await cluster.stop()
  await rm(directory, { recursive: true, force: true })
})

async function fillTopics(): Promise<void> {
  // Idempotent: where the answer for one partition is an error, what others took is not written twice.
  const producer = plaintextClient(cluster.plaintextServers).producer({ idempotent: true })
  await producer.connect()
  for (const topic of names) {
    await createTopic(cluster, { topic, partitions: PARTITIONS_PER_TOPIC })
    await producer.send({ topic, messages: messagesOf(topic) })
  }
  await producer.disconnect()
}

function messagesOf(topic: string) {
  return Array.from({ length: PARTITIONS_PER_TOPIC * RECORDS_PER_PARTITION }, (_, index) => {
    const [partition, number] = [index % PARTITIONS_PER_TOPIC, Math.floor(index / PARTITIONS_PER_TOPIC)]
    const text = `${topic}/${partition}/${number}`
    return { partition, key: text, value: text.repeat(20), headers: { origin: text } }
  })
}

async function contentOf(topics: readonly string[]): Promise<ReadonlyMap<string, readonly unknown[]>> {
  const content = new Map<string, unknown[]>()
  for (const record of await readAllRecords(cluster, { topics: [...topics] })) {
    const partition = `${record.topic.replace(PREFIX, '')}/${record.partition}`
    content.set(partition, [...(content.get(partition) ?? []), contentOfRecord(record)])
  }
  return content
}

function contentOfRecord({ timestamp, key, value, headers }: WitnessRecord) {
  return { timestamp, key, value, headers }
}

async function measured(name: string, job: Parameters<typeof measuredJob>[0]): Promise<ManyFigures> {
  const taken = await measuredJob(job)
  figures[name] = taken
  expect(taken.records).toBe(PARTITIONS * RECORDS_PER_PARTITION)
  expect(taken.peakRssMiB).toBeLessThan(MAX_RSS_MIB)
  return taken
}

async function keysBelow(folder: string): Promise<readonly string[]> {
  const keys: string[] = []
  for await (const { key } of fs({ directory }).list(`${BACKUP_ID}/${folder}`)) keys.push(key)
  return keys
}

describe(`${PARTITIONS} partitions with a little data each`, { timeout: TIMEOUT_MS }, () => {
  it('are backed up in bundles, in few requests and bounded memory', async () => {
    const common = { brokers: cluster.plaintextServers, directory, backupId: BACKUP_ID }
    const { requests } = await measured('backup', { kind: 'backup', ...common, topics: names })
    expect(await keysBelow('topics/')).toEqual([])
    const bundles = await keysBelow('bundles/')
    // One for each commit, and those that filled up before it; beside them the archive's own few objects.
    expect(bundles.length).toBeLessThanOrEqual((requests.commit ?? 0) + 1)
    expect(requests.upload).toBeLessThanOrEqual(bundles.length + 4)
    expect(requests.fetch).toBeLessThan(PARTITIONS / 5)
  })

  it('are verified to the last record', async () => {
    const common = { brokers: cluster.plaintextServers, directory, backupId: BACKUP_ID }
    const { requests } = await measured('verify', { kind: 'verify', ...common })
    expect(requests.read).toBeLessThan(PARTITIONS / 5)
  })

  it('are restored as a Java consumer read them before, in few requests and bounded memory', async () => {
    const common = { brokers: cluster.plaintextServers, directory, backupId: BACKUP_ID }
    const { requests } = await measured('restore', { kind: 'restore', ...common, prefix: PREFIX })
    expect(requests.read).toBeLessThan(PARTITIONS / 5)
    expect(requests.produce).toBeLessThan(PARTITIONS)
    const source = await contentOf(names)
    expect(source.size).toBe(PARTITIONS)
    expect(await contentOf(names.map((topic) => `${PREFIX}${topic}`))).toEqual(source)
  })

  it('took what they took', async () => {
    console.log(JSON.stringify(figures, undefined, 1))
    await writeEvidence({
      name: 'many-partitions',
      what: 'Many partitions with four small records each are backed up, verified and restored, each in a process of its own.',
      figures: { partitions: PARTITIONS, topics: TOPICS, ...figures },
    })
  })
})
