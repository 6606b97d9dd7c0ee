import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createBackup, createOffsetReset, createOffsetRollback, createRestore, type GroupOffset } from '@kbackup/core'
import { seededRandom } from '@kbackup/core/testing'
import { kafka } from '@kbackup/kafka-io'
import { fs } from '@kbackup/storage-fs'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { BrokerRestarts } from '../src/crash/broker-restarts.ts'
import type { RequestMoment } from '../src/crash/job-process.ts'
import { newTally, pick, runUntilDone } from '../src/crash/kill-series.ts'
import { writeEvidence } from '../src/evidence.ts'
import { plaintextClient, scaled, startKafka, type TestKafka } from '../src/index.ts'
import { placeGroups, positionsIn, produceNumbers } from '../src/kafka/positioned-groups.ts'

const [SOURCE, TARGET, BACKUP] = ['orders', 'restored.orders', 'orders']
const PARTITIONS = 4
const RECORDS = 200
/** Enough for each of three brokers to be the coordinator of some. */
const GROUPS = Array.from({ length: 30 }, (_, index) => `group-${index}`)
const SEED = 20261121
const KILLS = scaled(100)
/** Then the reset is run to its end, and the groups are placed anew. */
const KILLS_A_ROUND = 3
const KILLS_A_RESTART = 10
/** With which a reset may give up while its brokers restart, if the machine is slow: it says so, and is run again. */
const MAY_GIVE_UP = ['KB_GROUP_RESET_FAILED', 'KB_KAFKA_UNAVAILABLE']
const TIMEOUT_MS = 180_000 + KILLS * 15_000

let cluster: TestKafka
let directory: string

beforeAll(async () => {
  cluster = await startKafka({ brokers: 3 })
  directory = await mkdtemp(join(tmpdir(), 'kbackup-group-reset-'))
  await produceNumbers(cluster, { topic: SOURCE, partitions: PARTITIONS, records: RECORDS, replicas: 3 })
  await using client = connect()
  await placeGroups(client, GROUPS, (index) => positions(SOURCE, archivedOffset(index)))
  await createBackup({ source: client, storage: fs({ directory }), backupId: BACKUP, topics: [SOURCE] }).run()
  const rename = { [SOURCE]: TARGET }
  await createRestore({ target: client, storage: fs({ directory }), backupId: BACKUP, topics: [SOURCE], rename }).run()
}, TIMEOUT_MS)

afterAll(async () => {
  await cluster.stop()
  await rm(directory, { recursive: true, force: true })
})

beforeEach(placeBefore)

function connect() {
  return kafka({ brokers: [...cluster.plaintextServers] })
}

function archivedOffset(index: number) {
  return (partition: number) => BigInt(index * 3 + partition)
}

/** Where groups stand in the target before: every third one has no positions there. */
const beforeOffset = () => 150n

const positions = (topic: string, offsetOf: (partition: number) => bigint) => positionsIn(topic, PARTITIONS, offsetOf)

const hasBefore = (index: number) => index % 3 !== 0

async function placeBefore(): Promise<void> {
  await using client = connect()
  const before = positions(TARGET, beforeOffset)
  await placeGroups(
    client,
    GROUPS.filter((_id, index) => hasBefore(index)),
    () => before,
  )
  const without = GROUPS.filter((_id, index) => !hasBefore(index))
  await Promise.all(without.map((groupId) => client.deleteGroupOffsets(groupId, before)))
}

/** Of the coordinators' partitions: how often they got a leader. */
async function coordinatorMoves(): Promise<number> {
  await using client = connect()
  const [topic] = await client.describeTopics(['__consumer_offsets'])
  return (topic?.partitions ?? []).reduce((sum, { leaderEpoch }) => sum + leaderEpoch, 0)
}

/** `before` or `after` where a group stands so in all partitions; otherwise where it stands. */
async function standOfGroups(): Promise<readonly string[]> {
  await using client = connect()
  const fetched = await client.fetchGroupOffsets(GROUPS)
  return fetched.map(({ offsets, error }, index) => {
    if (error !== undefined) throw new Error(`the positions of ${GROUPS[index]} cannot be read: ${error.name}`)
    const own = offsets.filter(({ topic }) => topic === TARGET)
    const text = textOf(own)
    if (text === textOf(positions(TARGET, archivedOffset(index)))) return 'after'
    return text === (hasBefore(index) ? textOf(positions(TARGET, beforeOffset)) : '') ? 'before' : text
  })
}

function textOf(offsets: readonly GroupOffset[]): string {
  return offsets
    .map(({ partition, offset }) => `${partition}:${offset}`)
    .sort()
    .join(' ')
}

const parts = () => ({ storage: fs({ directory }), backupId: BACKUP })

describe('groups that are spread over three coordinators', () => {
  it('are each before or after a reset that is killed while brokers restart, and after it when it is run again', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const random = seededRandom(SEED)
    const tally = newTally()
    const stands = { before: 0, after: 0 }
    const recovered = { undone: 0, finished: 0 }
    await using restarts = new BrokerRestarts(cluster.brokers, { every: KILLS_A_RESTART, until: KILLS })
    const nextMoment = (): RequestMoment => {
      const request = pick(random, ['commitGroupOffsets', 'commitGroupOffsets', 'fetchGroupOffsets', 'journal'])
      // Of the journal there are a claim, a beginning and an end, of the others as many as groups.
      const last = request === 'journal' ? 3 : GROUPS.length
      return { request, nth: 1 + Math.floor(random() * last), delayMs: Math.floor(random() * 6) }
    }
    const afterKill = async () => {
      for (const stand of await standOfGroups()) {
        expect(['before', 'after']).toContain(stand)
        stands[stand === 'before' ? 'before' : 'after'] += 1
      }
    }
    const job = {
      kind: 'reset',
      brokers: [...cluster.plaintextServers],
      directory,
      backupId: BACKUP,
      topic: SOURCE,
    } as const
    const series = {
      tally,
      nextMoment,
      afterKill,
      beforeStart: () => restarts.keepUp(tally.kills),
      mayGiveUp: MAY_GIVE_UP,
    }
    while (tally.kills < KILLS) {
      await placeBefore()
      const killsAfterRound = Math.min(KILLS, tally.kills + KILLS_A_ROUND)
      const done = await runUntilDone(job, { ...series, killsWanted: () => killsAfterRound })
      recovered.undone += Number(done.undone)
      recovered.finished += Number(done.finished)
      expect(new Set(await standOfGroups())).toEqual(new Set(['after']))
    }
    await restarts.settled()
    const moves = await coordinatorMoves()
    expect(moves).toBeGreaterThan(0)
    await writeEvidence({
      name: 'group-reset',
      what: 'A reset of 30 groups over three coordinators is killed (SIGKILL) with requests in flight and run again, while brokers are stopped, killed and restarted one after the other; after each kill every group is compared with where it stood before and where it is to stand.',
      figures: {
        seed: SEED,
        kills: tally.kills,
        missed: tally.missed,
        rounds: tally.rounds,
        gaveUp: tally.gaveUp,
        inFlight: tally.inFlight,
        brokers: restarts.counts,
        coordinatorMoves: moves,
        stands,
        recovered,
      },
    })
  })

  it('are brought back to a snapshot, absence included', { timeout: TIMEOUT_MS }, async () => {
    await using client = connect()
    const rollback = createOffsetRollback({ ...parts(), target: client })
    const { snapshotId } = await rollback.snapshot({ groups: ['group-*'] })
    await createOffsetReset({ ...parts(), target: client }).run()
    expect(await rollback.verify(snapshotId)).not.toEqual([])
    await rollback.rollback(snapshotId)
    expect(new Set(await standOfGroups())).toEqual(new Set(['before']))
  })

  it('are refused with their members named, and waited for', { timeout: TIMEOUT_MS }, async () => {
    const consumer = plaintextClient(cluster.plaintextServers).consumer({ groupId: 'group-1' })
    const joined = new Promise<void>((resolve) => consumer.on(consumer.events.GROUP_JOIN, () => resolve()))
    await consumer.connect()
    await consumer.subscribe({ topic: SOURCE })
    await consumer.run({ autoCommit: false, eachBatch: async () => {} })
    await joined
    await using client = connect()
    await expect(createOffsetReset({ ...parts(), target: client }).run()).rejects.toMatchObject({
      code: 'KB_GROUP_RESET_FAILED',
      message: expect.stringMatching(/group group-1 has 1 member: .+ on \/127\.0\.0\.1/),
    })
    expect(new Set(await standOfGroups())).toEqual(new Set(['before']))
    const waiting = createOffsetReset({ ...parts(), target: client, waitUntilEmptyMs: 60_000 })
    await waiting.run({ onEvent: (event) => event.type === 'group-wait' && void consumer.disconnect() })
    expect(new Set(await standOfGroups())).toEqual(new Set(['after']))
  })

  it('the brokers say how long they keep positions of groups that never start', async () => {
    await using client = connect()
    const { warnings } = await createOffsetReset({ ...parts(), target: client }).plan()
    expect(warnings).toMatchObject([{ code: 'KB_HAZARD_GROUP_EXPIRY' }])
  })
})
