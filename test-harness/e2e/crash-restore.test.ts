import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createBackup, openArchive } from '@kbackup/core'
import { seededRandom } from '@kbackup/core/testing'
import { kafka } from '@kbackup/kafka-io'
import { fs } from '@kbackup/storage-fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BrokerRestarts } from '../src/crash/broker-restarts.ts'
import type { CrashJob } from '../src/crash/crash-job.ts'
import { contentInKafka, differences, produceCrashTopic, type TopicContent } from '../src/crash/crash-topic.ts'
import { type JobEnd, JobProcess, outcomeCode, type RequestMoment } from '../src/crash/job-process.ts'
import { newTally, noteComparison, pick, type Random, runUntilDone } from '../src/crash/kill-series.ts'
import { writeEvidence } from '../src/evidence.ts'
import { scaled, startKafka, type TestKafka } from '../src/index.ts'
import { produceNumbers } from '../src/kafka/positioned-groups.ts'

const TOPIC = 'orders'
const BACKUP = 'orders'
const GROUP = 'billing'
const SEED = 20251130
const BROKERS = 3
const KILLS = scaled(200)
/** So that there are restores into fresh topics and into others, however many kills one takes. */
const KILLS_A_ROUND = 10
const KILLS_A_RESTART = 20
/** With which a restore may give up while its brokers restart, if the machine is slow: it says so, and is run again. */
const MAY_GIVE_UP = ['KB_KAFKA_UNAVAILABLE', 'KB_GROUP_RESET_FAILED']
const ZOMBIES = scaled(100) / 5
/** A killed process costs seconds on a busy machine. */
const TIMEOUT_MS = 300_000 + KILLS * 30_000
const POSITIONS = [4_321n, 17n, 9_000n, 1n]
/** Of each partition of a target that is not fresh. */
const EARLIER_RECORDS = 25

let cluster: TestKafka
let directory: string
let source: TopicContent

beforeAll(async () => {
  cluster = await startKafka({ brokers: BROKERS })
  directory = await mkdtemp(join(tmpdir(), 'kbackup-crash-'))
  await produceCrashTopic(cluster, TOPIC, { replicas: BROKERS })
  source = await contentInKafka(cluster, TOPIC)
  await using client = kafka({ brokers: [...cluster.plaintextServers] })
  await client.commitGroupOffsets(
    GROUP,
    POSITIONS.map((offset, partition) => ({ topic: TOPIC, partition, offset, leaderEpoch: -1, metadata: '' })),
  )
  const options = { backupId: BACKUP, topics: [TOPIC], maxSegmentBytes: 4 << 20 }
  await createBackup({ source: client, storage: fs({ directory }), ...options }).run()
})

afterAll(async () => {
  await cluster.stop()
  await rm(directory, { recursive: true, force: true })
})

function restoreInto(target: string): Extract<CrashJob, { kind: 'restore' }> {
  const brokers = cluster.plaintextServers
  // With one broker away a topic can still be created.
  const replicationFactor = BROKERS - 1
  return {
    kind: 'restore',
    brokers,
    directory,
    backupId: BACKUP,
    topic: TOPIC,
    target,
    groupId: GROUP,
    replicationFactor,
  }
}

/** A topic that holds records of somebody else; resolves to where they end. */
async function createWithRecords(target: string): Promise<readonly bigint[]> {
  await produceNumbers(cluster, {
    topic: target,
    partitions: POSITIONS.length,
    records: EARLIER_RECORDS,
    replicas: BROKERS,
  })
  await using client = kafka({ brokers: [...cluster.plaintextServers] })
  // A producer that tries again, because a broker has just been away, may have written some twice.
  const ends = await client.listOffsets(
    POSITIONS.map((_position, partition) => ({ topic: target, partition, at: 'latest' })),
  )
  return ends.map(({ offset }) => offset)
}

/** What is wrong with a restored topic, by the word of a Java consumer; with the offset map; and with the group. */
async function faultsOf(
  target: string,
  restoreId: string,
  earlierEnds: readonly bigint[] = [],
): Promise<readonly string[]> {
  const restored = behind(earlierEnds, await contentInKafka(cluster, target))
  const archive = await openArchive(fs({ directory }), BACKUP)
  const map = await archive.offsetMap(restoreId)
  const misplaced = [...source].flatMap(([partition, records]) =>
    records.filter(({ offset }, index) => {
      const place = map.translate({ topic: TOPIC, partition, offset })
      return place.kind !== 'exact' || place.target.offset !== restored.get(partition)?.[index]?.offset
    }),
  )
  await using client = kafka({ brokers: [...cluster.plaintextServers] })
  const [group] = await client.fetchGroupOffsets([GROUP])
  const moved = (group?.offsets ?? []).filter(({ topic }) => topic === target)
  const astray = moved.filter(({ partition, offset }) => {
    const place = map.translate({ topic: TOPIC, partition, offset: POSITIONS[partition] ?? -1n })
    return place.kind === 'unknown' || place.target.offset !== offset
  })
  return [
    ...differences(restored, source, { withOffsets: false }),
    ...(misplaced.length > 0 ? [`the offset map has ${misplaced.length} records elsewhere than they are`] : []),
    ...(moved.length === POSITIONS.length && astray.length === 0
      ? []
      : [`the group has ${moved.length} positions, ${astray.length} of them astray`]),
  ]
}

/** A topic without the records that stood there first, if they all still do. */
function behind(earlierEnds: readonly bigint[], content: TopicContent): TopicContent {
  return new Map(
    [...content].map(([partition, records]) => {
      const earlier = records.filter(({ offset }) => offset < (earlierEnds[partition] ?? 0n))
      expect(earlier).toHaveLength(Number(earlierEnds[partition] ?? 0n))
      return [partition, records.slice(earlier.length)]
    }),
  )
}

describe('a restore that is killed with requests in flight while brokers restart, and run again', () => {
  it('gives a Java consumer each record once, in order; the offset map is exact, and the group in its place', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const random = seededRandom(SEED)
    const tally = newTally()
    const rounds = { fresh: 0, append: 0 }
    await using restarts = new BrokerRestarts(cluster.brokers, { every: KILLS_A_RESTART, until: KILLS })
    const nextMoment = (): RequestMoment => ({
      request: pick(random, ['produce', 'produce', 'produce', 'produce', 'read', 'journal']),
      nth: 1 + Math.floor(random() * 4),
      delayMs: Math.floor(random() * 8),
    })
    const beforeStart = () => restarts.keepUp(tally.kills)
    while (tally.kills < KILLS) {
      const target = `killed-${tally.rounds}`
      const isFresh = tally.rounds % 2 === 0
      const earlierEnds = isFresh ? [] : await createWithRecords(target)
      const job = isFresh ? restoreInto(target) : ({ ...restoreInto(target), existingTopics: 'append' } as const)
      const killsAfterRound = Math.min(KILLS, tally.kills + KILLS_A_ROUND)
      const killsWanted = () => killsAfterRound
      const done = await runUntilDone(job, { tally, killsWanted, nextMoment, beforeStart, mayGiveUp: MAY_GIVE_UP })
      await restarts.settled()
      rounds[isFresh ? 'fresh' : 'append'] += 1
      const faults = await faultsOf(target, String(done.restoreId), earlierEnds)
      noteComparison(tally, source, faults)
      expect(faults).toEqual([])
    }
    await restarts.settled()
    await writeEvidence({
      name: 'crash-restore',
      what: 'A restore is killed (SIGKILL) with requests in flight and run again, into fresh topics and into such that hold records, while brokers are stopped, killed and restarted one after the other; each restored topic is compared, record by record, with the source as a Java consumer reads both, and the offset map with both.',
      figures: { seed: SEED, ...tally, rounds, brokers: restarts.counts },
    })
  })
})

describe('a restore that is stopped in the middle, and wakes after another process has ended it', () => {
  it('adds nothing', { timeout: TIMEOUT_MS }, async () => {
    const random = seededRandom(SEED + 1)
    const outcomes: Record<string, number> = {}
    const tally = newTally()
    let zombies = 0
    for (let round = 0; zombies < ZOMBIES; round++) {
      const target = `woken-${round}`
      const { ends, producesInFlight } = await stopAndWake(target, random)
      const codes = ends.map(outcomeCode)
      expect(codes.filter((code) => code !== 'KB_RESTORE_FENCED')).toEqual(['done'])
      const faults = await faultsOf(target, String(ends.map(doneId).find((id) => id !== undefined)))
      noteComparison(tally, source, faults)
      expect(faults).toEqual([])
      for (const code of codes) outcomes[code] = (outcomes[code] ?? 0) + 1
      if (producesInFlight > 0) zombies += 1
    }
    await writeEvidence({
      name: 'zombie-restore',
      what: 'A restore is stopped (SIGSTOP) with produce requests in flight, another process goes on with it, and the first one wakes (SIGCONT); the restored topic is compared, record by record, with the source as a Java consumer reads both.',
      figures: {
        seed: SEED + 1,
        zombies,
        outcomes,
        recordsCompared: tally.recordsCompared,
        differences: tally.differences,
      },
    })
  })
})

interface Awakening {
  readonly ends: readonly [first: JobEnd, second: JobEnd]
  /** Produce requests of the first process that were in flight while it was stopped. */
  readonly producesInFlight: number
}

/**
 * Stops a restore, lets another process go on with it, and wakes the first: when the second has ended, or sometimes
 * before.
 */
async function stopAndWake(target: string, random: Random): Promise<Awakening> {
  const first = await JobProcess.start(restoreInto(target))
  await first.until({ request: 'produce', nth: 1 + Math.floor(random() * 12), delayMs: Math.floor(random() * 4) })
  first.signal('SIGSTOP')
  const second = await JobProcess.start(restoreInto(target))
  await second.until({ request: 'describeCluster', nth: 1, delayMs: 0 })
  const producesInFlight = first.inFlight('produce')
  if (random() < 0.4 && (await second.until({ request: 'produce', nth: 4, delayMs: 0 }))) first.signal('SIGCONT')
  const secondEnd = await second.ended
  first.signal('SIGCONT')
  return { ends: [await first.ended, secondEnd], producesInFlight }
}

function doneId({ outcome }: JobEnd): string | undefined {
  return outcome !== undefined && 'done' in outcome ? String(outcome.done.restoreId) : undefined
}
