import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createBackup, createRestore, type KafkaCluster, openArchive } from '@kbackup/core'
import { kafka } from '@kbackup/kafka-io'
import { fs } from '@kbackup/storage-fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { contentInKafka, contentOf, differences, type TopicContent } from '../src/crash/crash-topic.ts'
import { createTopic, plaintextClient, scaled, startKafka, type TestBroker, type TestKafka } from '../src/index.ts'

const TOPIC = 'orders'
const PARTITIONS = 6
const RECORDS = 12_000
const REPLICAS = { replicas: 3, config: { 'min.insync.replicas': '2' } }
/** Small answers make many requests, so that trouble strikes in the middle. */
const MAX_FETCH_BYTES = 32 * 1024
const GROUPS = Array.from({ length: 8 }, (_, index) => `group-${index}`)
const IDLE_MS = 3_000
const HANG_MS = 6_000
/** Every kind of trouble for backups and restores alike takes minutes of restarts: `npm run test:long`. */
const IS_FULL = scaled(100) === 100

let running: TestKafka
let directory: string
let source: TopicContent

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kbackup-trouble-'))
  running = await startKafka({
    brokers: 3,
    config: {
      'broker.session.timeout.ms': '3000',
      'broker.heartbeat.interval.ms': '500',
      // Leaders go back to where they were soon after a broker has come back: they move once more.
      'leader.imbalance.check.interval.seconds': '2',
      'connections.max.idle.ms': String(IDLE_MS),
    },
  })
  await createTopic(running, { topic: TOPIC, partitions: PARTITIONS, ...REPLICAS })
  await fill()
  await commitGroups()
  source = await contentInKafka(running, TOPIC)
})

afterAll(async () => {
  await running?.stop()
  await rm(directory, { recursive: true, force: true })
})

/** What happens to brokers, step by step; each step comes a few requests after the one before. */
type Trouble = (context: TroubleContext) => readonly (() => Promise<unknown>)[]

interface TroubleContext {
  /** The leader of a partition as the trouble begins. */
  readonly leader: TestBroker
  readonly brokers: readonly TestBroker[]
}

const kill: Trouble = ({ leader }) => [() => killAndListGroups(leader), () => leader.restart(), allInSync]
const hang: Trouble = ({ leader }) => [
  async () => {
    await leader.kill('SIGSTOP')
    void sleep(HANG_MS).then(() => leader.kill('SIGCONT'))
  },
]
const killEach: Trouble = ({ brokers }) =>
  brokers.flatMap((broker) => [() => broker.kill('SIGKILL'), () => broker.restart().then(allInSync)])
const rollingRestart: Trouble = ({ brokers }) =>
  brokers.flatMap((broker) => [() => broker.stop(), () => broker.restart().then(allInSync)])

const TROUBLES: Readonly<Record<string, Trouble>> = {
  'a leader is killed': kill,
  'a leader hangs for longer than it may lead': hang,
  ...(IS_FULL
    ? { 'each broker in turn is killed': killEach, 'all brokers are restarted in turn': rollingRestart }
    : {}),
}

describe.each(Object.entries(TROUBLES))('while %s', (name, trouble) => {
  it.each([
    ['a backup', faultsOfBackup],
    ['a restore', faultsOfRestore],
  ] as const)('%s neither loses nor doubles nor reorders a record', async (run, faultsOf) => {
    await allInSync()
    const steps = trouble({ leader: await leaderOfFirst(), brokers: running.brokers })
    expect(await faultsOf(`${run} while ${name}`.replaceAll(' ', '-'), steps)).toEqual([])
  })
})

describe('connections that brokers have closed because they were idle', () => {
  it('are opened anew, whatever is asked next', async () => {
    await using cluster = kafka({ brokers: [...running.bootstrapServers] })
    const ask = async () => {
      const places = Array.from({ length: PARTITIONS }, (_, partition) => ({ topic: TOPIC, partition }))
      const [offsets, groups, fetched, committed] = await Promise.all([
        cluster.listOffsets(places.map((place) => ({ ...place, at: 'latest' }))),
        cluster.fetchGroupOffsets(GROUPS),
        fetchFrom(cluster, places),
        cluster.commitGroupOffsets('group-0', [{ ...place0, offset: 1n, leaderEpoch: -1, metadata: '' }]),
      ])
      return [...offsets, ...groups, ...fetched, ...committed].flatMap(({ error }) => error ?? [])
    }
    expect(await ask()).toEqual([])
    await sleep(IDLE_MS * 2)
    expect(await ask()).toEqual([])
  })
})

const place0 = { topic: TOPIC, partition: 0 }

async function faultsOfBackup(
  backupId: string,
  steps: readonly (() => Promise<unknown>)[],
): Promise<readonly string[]> {
  const storage = fs({ directory })
  const troubled = new TroubledCluster(steps, 'fetch')
  await using client = troubled.cluster
  await createBackup({ source: client, storage, backupId, topics: [TOPIC] }).run()
  const late = await troubled.over()
  const archived = await contentOf((await openArchive(storage, backupId)).records({ topics: [TOPIC] }))
  return [...late, ...differences(archived, source, { withOffsets: true })]
}

async function faultsOfRestore(topic: string, steps: readonly (() => Promise<unknown>)[]): Promise<readonly string[]> {
  const storage = fs({ directory })
  await using quiet = kafka({ brokers: [...running.bootstrapServers] })
  await createBackup({ source: quiet, storage, backupId: 'quiet', topics: [TOPIC] }).run()
  await createTopic(running, { topic, partitions: PARTITIONS, ...REPLICAS })
  const troubled = new TroubledCluster(steps, 'produce')
  await using target = troubled.cluster
  const names = { topics: [TOPIC], rename: { [TOPIC]: topic } }
  await createRestore({ target, storage, backupId: 'quiet', ...names }).run()
  const late = await troubled.over()
  await allInSync()
  return [...late, ...differences(await contentInKafka(running, topic), source, { withOffsets: false })]
}

/** A client with small answers, before some of whose requests something happens to the brokers. */
class TroubledCluster {
  readonly cluster: KafkaCluster
  readonly #steps: (() => Promise<unknown>)[]
  #calls = 0
  #current: Promise<void> | undefined

  constructor(steps: readonly (() => Promise<unknown>)[], at: 'fetch' | 'produce') {
    this.#steps = [...steps]
    const cluster = kafka({ brokers: [...running.bootstrapServers], requestTimeout: HANG_MS / 3 })
    this.cluster = {
      ...cluster,
      fetch: async (request, options) => {
        if (at === 'fetch') await this.#next()
        const partitions = request.partitions.map((wish) => {
          return { ...wish, maxBytes: Math.min(wish.maxBytes, MAX_FETCH_BYTES) }
        })
        return cluster.fetch({ ...request, partitions }, options)
      },
      produce: async (request, options) => {
        if (at === 'produce') await this.#next()
        return cluster.produce(request, options)
      },
    }
  }

  /** Sees to the end of what was begun with the brokers; tells what came too late to be any trouble. */
  async over(): Promise<readonly string[]> {
    await this.#current
    const late = this.#steps.splice(0)
    for (const step of late) await step()
    return late.length === 0 ? [] : [`it was over when ${late.length} steps were still to come`]
  }

  /** One step at a time: two brokers that are away at once are more than three can bear. A few requests go on meanwhile. */
  async #next(): Promise<void> {
    this.#calls += 1
    if (this.#current !== undefined) return this.#calls > CALLS_MEANWHILE ? this.#current : undefined
    if (this.#calls < CALLS_BETWEEN_STEPS) return
    const step = this.#steps.shift()
    if (step === undefined) return
    this.#calls = 0
    this.#current = step().then(() => {
      this.#calls = 0
      this.#current = undefined
    })
    await this.#current
  }
}

const CALLS_BETWEEN_STEPS = 2
const CALLS_MEANWHILE = 6

async function fetchFrom(cluster: KafkaCluster, places: readonly (typeof place0)[]) {
  const wishes = places.map((place) => ({ ...place, offset: 0n, maxBytes: MAX_FETCH_BYTES }))
  const limits = { maxBytes: MAX_FETCH_BYTES, minBytes: 1, maxWaitMs: 100, isolation: 'read_committed' } as const
  return (await cluster.fetch({ partitions: wishes, ...limits })).partitions
}

async function leaderOfFirst(): Promise<TestBroker> {
  await using cluster = kafka({ brokers: [...running.bootstrapServers] })
  const [described] = await cluster.describeTopics([TOPIC])
  const leader = running.brokers.find(({ id }) => id === described?.partitions[0]?.leader)
  if (leader === undefined) throw new Error(`${TOPIC} has no leader`)
  return leader
}

/**
 * A broker that was just killed is still named by the others for a while: it does not make a listing fail, and its groups
 * are listed by the brokers that take them over, once they have read them.
 */
async function killAndListGroups(leader: TestBroker): Promise<void> {
  await using cluster = kafka({ brokers: [...running.bootstrapServers] })
  // Leaders may just have moved back, the coordinators of groups with them.
  const before = await cluster.listGroups()
  expect(before.map(({ groupId }) => groupId)).toEqual(expect.arrayContaining([...GROUPS]))
  await leader.kill('SIGKILL')
  expect(await cluster.listGroups()).toEqual(before)
}

async function commitGroups(): Promise<void> {
  await using cluster = kafka({ brokers: [...running.bootstrapServers] })
  const position = { ...place0, offset: 1n, leaderEpoch: -1, metadata: '' }
  await Promise.all(GROUPS.map((groupId) => cluster.commitGroupOffsets(groupId, [position])))
}

/** Another broker may go away without harm. */
async function allInSync(): Promise<void> {
  await using cluster = kafka({ brokers: [...running.bootstrapServers] })
  const isInSync = async () => {
    const topics = await cluster.describeTopics('all')
    return topics.every(({ partitions }) => partitions.every(({ inSyncReplicas }) => inSyncReplicas.length === 3))
  }
  await expect.poll(isInSync, { timeout: 120_000, interval: 200 }).toBe(true)
}

async function fill(): Promise<void> {
  const producer = plaintextClient(running.plaintextServers).producer()
  await producer.connect()
  for (let sent = 0; sent < RECORDS; sent += 500) {
    const messages = Array.from({ length: 500 }, (_, index) => ({
      key: String(sent + index),
      value: Buffer.alloc(1_000, String(sent + index)),
    }))
    await producer.send({ topic: TOPIC, messages })
  }
  await producer.disconnect()
}
