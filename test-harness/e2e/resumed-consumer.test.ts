import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createBackup, createRestore, type RestoreOptions } from '@kbackup/core'
import { kafka } from '@kbackup/kafka-io'
import { fs } from '@kbackup/storage-fs'
import type { Message } from 'kafkajs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTopic, plaintextClient, startKafka, type TestKafka } from '../src/index.ts'
import { type MemberRecord, readAsMember } from '../src/kafka/read-as-member.ts'

const BACKUP = 'resumed'
const TIMEOUT_MS = 420_000
const COMPACTED = {
  'cleanup.policy': 'compact',
  'min.cleanable.dirty.ratio': '0.001',
  'segment.ms': '100',
  'delete.retention.ms': '3600000',
}

/** What a group reads, and how far it came until T; a name of a topic is that of its group too. */
const TOPICS = {
  compacted: { handled: [13, 20], config: COMPACTED },
  // Ten records are two transactions: the position is that of a marker, with an aborted transaction behind it.
  transactional: { handled: [10, 7], config: {} },
  merged: { handled: [8, 15], config: {} },
  repartitioned: { handled: [17], config: {} },
} as const
type Topic = keyof typeof TOPICS
const NAMES: readonly Topic[] = ['compacted', 'transactional', 'merged', 'repartitioned']

/** Of each partition, until T. */
const RECORDS = 40
const BATCH = 5

let cluster: TestKafka
let folder: string
let momentMs: number
/** What consumers were to see of each partition until T, in order. */
const until = new Map<Topic, readonly (readonly string[])[]>()

beforeAll(async () => {
  cluster = await startKafka({ config: { 'log.cleaner.backoff.ms': '200' } })
  folder = await mkdtemp(join(tmpdir(), 'kbackup-resumed-'))
  for (const topic of NAMES) {
    const { handled, config } = TOPICS[topic]
    await createTopic(cluster, { topic, partitions: handled.length, config })
    until.set(topic, await produceUntilMoment(topic))
    await readOn(topic, handled)
  }
  await sleep(150)
  momentMs = Date.now()
  await sleep(150)
  // What comes later must not show: neither records nor how far the group came with them.
  for (const topic of NAMES) {
    for (const partition of TOPICS[topic].handled.keys()) {
      await send(topic, numbered(partition, RECORDS, 2 * BATCH, 'later'))
    }
    await readOn(
      topic,
      TOPICS[topic].handled.map(() => BATCH),
    )
  }
  until.set('compacted', await afterCompaction())
  await using source = connect()
  await createBackup({ source, storage: fs({ directory: folder }), backupId: BACKUP, topics: [...NAMES] }).run()
}, TIMEOUT_MS)

afterAll(async () => {
  await cluster?.stop()
  await rm(folder, { recursive: true, force: true })
})

const connect = () => kafka({ brokers: [...cluster.plaintextServers] })

type PlacedMessage = Message & { readonly value: string; readonly partition: number }

/** Records of which every third has a key of its own, and others share four: those that a cleaner may take. */
function numbered(partition: number, first: number, count: number, prefix = 'value'): readonly PlacedMessage[] {
  return Array.from({ length: count }, (_none, index) => {
    const number = first + index
    return { partition, value: `${prefix}-${partition}-${number}`, key: keyOf(number) }
  })
}

const keyOf = (number: number) => (number % 3 === 0 ? `own-${number}` : `shared-${number % 4}`)

async function send(topic: string, messages: readonly PlacedMessage[]): Promise<void> {
  const producer = plaintextClient(cluster.plaintextServers).producer()
  await producer.connect()
  await producer.send({ topic, messages: [...messages] })
  await producer.disconnect()
}

async function produceUntilMoment(topic: Topic): Promise<readonly (readonly string[])[]> {
  const seen: string[][] = []
  for (const partition of TOPICS[topic].handled.keys()) {
    const messages = numbered(partition, 0, RECORDS)
    if (topic === 'transactional') seen.push(await sendInTransactions(topic, messages))
    else {
      await send(topic, messages)
      seen.push(messages.map(({ value }) => value))
    }
  }
  return seen
}

/** Every third transaction is aborted. */
async function sendInTransactions(topic: string, messages: readonly PlacedMessage[]): Promise<string[]> {
  const options = { transactionalId: topic, idempotent: true, maxInFlightRequests: 1 }
  const producer = plaintextClient(cluster.plaintextServers).producer(options)
  await producer.connect()
  const seen: string[] = []
  for (let first = 0; first < messages.length; first += BATCH) {
    const batch = messages.slice(first, first + BATCH)
    const transaction = await producer.transaction()
    await transaction.send({ topic, messages: batch })
    const isAborted = (first / BATCH) % 3 === 2
    if (isAborted) await transaction.abort()
    else await transaction.commit()
    if (!isAborted) seen.push(...batch.map(({ value }) => value))
  }
  await producer.disconnect()
  return seen
}

/** Lets the group of a topic read so many more records of each partition, and commit. */
async function readOn(topic: string, counts: readonly number[]): Promise<void> {
  const enough = new Map(
    counts.map((count, partition) => [partition, (read: readonly MemberRecord[]) => read.length >= count]),
  )
  await readAsMember(cluster, { groupId: topic, topic, enough })
}

/** Makes segments roll until the cleaner has left of each key what was newest at T; resolves to that. */
async function afterCompaction(): Promise<readonly (readonly string[])[]> {
  const isNewest = (number: number) =>
    number % 3 === 0 || !range(number + 1, RECORDS + 2 * BATCH).some((later) => keyOf(later) === keyOf(number))
  const left = TOPICS.compacted.handled.map((_count, partition) =>
    range(0, RECORDS).flatMap((number) => (isNewest(number) ? [`value-${partition}-${number}`] : [])),
  )
  for (let round = 0; ; round++) {
    for (const partition of left.keys()) await send('compacted', [{ partition, key: `roll-${round}`, value: 'roll' }])
    const found = await contentOf('compacted')
    const values = left.map((_values, partition) =>
      found.filter((each) => each.partition === partition && each.value.startsWith('value-')).map(({ value }) => value),
    )
    if (JSON.stringify(values) === JSON.stringify(left)) return left
    await sleep(300)
  }
}

function range(first: number, end: number): readonly number[] {
  return Array.from({ length: end - first }, (_none, index) => first + index)
}

let auditors = 0

/** All records of a topic, as a group reads them that never read it before. */
function contentOf(topic: string): Promise<readonly MemberRecord[]> {
  auditors += 1
  return readToEnd(topic, `auditor-${auditors}`)
}

/** Lets a group read what is left for it. */
async function readToEnd(topic: string, groupId: string): Promise<readonly MemberRecord[]> {
  await using client = connect()
  const [described] = await client.describeTopics([topic])
  const partitions = (described?.partitions ?? []).map(({ partition }) => ({ topic, partition }))
  const [group] = await client.fetchGroupOffsets([groupId])
  const ends = await client.listOffsets(partitions.map((each) => ({ ...each, at: 'last-stable' })))
  const enough = new Map(
    ends.map(({ partition, offset: end }) => {
      const known = group?.offsets.find((each) => each.topic === topic && each.partition === partition)?.offset ?? 0n
      return [partition, (read: readonly MemberRecord[]) => (read.at(-1)?.offset ?? known - 1n) + 1n >= end] as const
    }),
  )
  return readAsMember(cluster, { groupId, topic, enough })
}

/** Restores a topic as it was at T, group included, and lets the group read what is left for it there. */
async function resumed(topic: Topic, options: Partial<RestoreOptions> = {}): Promise<readonly MemberRecord[]> {
  const rename = { [topic]: `restored.${topic}` }
  const parts = { storage: fs({ directory: folder }), backupId: BACKUP, topics: [topic], groups: [topic], rename }
  await using target = connect()
  const { groups } = await createRestore({ ...parts, target, window: { end: momentMs }, ...options }).run()
  expect(groups).toMatchObject([{ groupId: topic, outcome: 'reset' }])
  return readToEnd(`restored.${topic}`, topic)
}

/** What the group had not handled at T, by source partition. */
function unhandled(topic: Topic): readonly (readonly string[])[] {
  const handled = TOPICS[topic].handled.map((count, partition) => new Set(seenBefore(topic, partition).slice(0, count)))
  return (until.get(topic) ?? []).map((values, partition) => values.filter((value) => !handled[partition]?.has(value)))
}

/** What the group saw when it read on until T: of the compacted topic all, because the cleaner came later. */
function seenBefore(topic: Topic, partition: number): readonly string[] {
  if (topic !== 'compacted') return until.get(topic)?.[partition] ?? []
  return numbered(partition, 0, RECORDS).map(({ value }) => value)
}

const valuesIn = (records: readonly MemberRecord[], partition: number) =>
  records.filter((record) => record.partition === partition).map(({ value }) => value)

it.each(['compacted', 'transactional'] as const)(
  'a group goes on in a restored %s topic with exactly the records that it had not handled',
  async (topic) => {
    const read = await resumed(topic)
    expect(TOPICS[topic].handled.map((_count, partition) => valuesIn(read, partition))).toEqual(unhandled(topic))
  },
  TIMEOUT_MS,
)

it('a group goes on in each of four partitions into which one was split, with exactly the records that it had not handled', {
  timeout: TIMEOUT_MS,
}, async () => {
  const read = await resumed('repartitioned', { repartition: { partitionCount: 4 } })
  const values = read.map(({ value }) => value)
  expect(values.toSorted()).toEqual(unhandled('repartitioned').flat().toSorted())
  expect(new Set(read.map(({ partition }) => partition)).size).toBeGreaterThan(1)
})

it('a group goes on in merged partitions with the first record of either that it had not handled, and misses none', {
  timeout: TIMEOUT_MS,
}, async () => {
  const values = (await resumed('merged', { partitionMapping: { 1: 0 } })).map(({ value }) => value)
  const left = unhandled('merged')
  expect(left.flat()).toContain(values[0])
  expect(new Set(values).size).toBe(values.length)
  for (const own of left) expect(values.filter((value) => own.includes(value))).toEqual(own)
})
