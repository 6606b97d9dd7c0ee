import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openArchive } from '@kbackup/core'
import { seededRandom } from '@kbackup/core/testing'
import { fs } from '@kbackup/storage-fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CrashJob } from '../src/crash/crash-job.ts'
import {
  contentInKafka,
  contentOf,
  differences,
  produceCrashTopic,
  type TopicContent,
} from '../src/crash/crash-topic.ts'
import { type JobEnd, JobProcess, outcomeCode, type RequestMoment } from '../src/crash/job-process.ts'
import { newTally, noteComparison, pick, type Random, runUntilDone } from '../src/crash/kill-series.ts'
import { writeEvidence } from '../src/evidence.ts'
import { scaled, startKafka, type TestKafka } from '../src/index.ts'

const TOPIC = 'orders'
const SEED = 20251129
const KILLS = scaled(100)
const ZOMBIES = KILLS / 5
const KINDS = ['fetch', 'upload', 'commit'] as const
const KINDS_BY_WEIGHT = ['fetch', 'upload', 'upload', 'commit', 'commit'] as const
const MAX_FURTHER_KILLS = 40
/** A killed process costs seconds on a busy machine. */
const TIMEOUT_MS = 300_000 + KILLS * 30_000

let cluster: TestKafka
let directory: string
let source: TopicContent

beforeAll(async () => {
  cluster = await startKafka()
  directory = await mkdtemp(join(tmpdir(), 'kbackup-crash-'))
  await produceCrashTopic(cluster, TOPIC)
  source = await contentInKafka(cluster, TOPIC)
})

afterAll(async () => {
  await cluster.stop()
  await rm(directory, { recursive: true, force: true })
})

function backupInto(backupId: string): CrashJob {
  return { kind: 'backup', brokers: cluster.plaintextServers, directory, backupId, topic: TOPIC }
}

async function archiveFaults(backupId: string): Promise<readonly string[]> {
  const archive = await openArchive(fs({ directory }), backupId)
  const archived = await contentOf(archive.records({ topics: [TOPIC] }))
  const { findings } = await archive.verify({ depth: 'records' })
  // What killed runs had uploaded and no commit names is no damage.
  const damage = findings.filter(({ severity }) => severity === 'damage')
  return [...differences(archived, source, { withOffsets: true }), ...damage.map(({ message }) => message)]
}

describe('a backup that is killed with requests in flight, and run again', () => {
  it('holds in the end every record that a Java consumer reads at the source, once, at its offset', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const random = seededRandom(SEED)
    const tally = newTally()
    const notInFlightYet = () => KINDS.filter((kind) => tally.inFlight[kind] === undefined)
    // A fetch can end before the signal comes: where chance has left a kind out, more kills aim at it alone.
    const killsWanted = () => (notInFlightYet().length > 0 ? KILLS + MAX_FURTHER_KILLS : KILLS)
    const nextMoment = (): RequestMoment => ({
      request: tally.kills < KILLS ? pick(random, KINDS_BY_WEIGHT) : (notInFlightYet()[0] ?? 'fetch'),
      nth: 1 + Math.floor(random() * 2),
      delayMs: tally.kills < KILLS ? Math.floor(random() * 4) : 0,
    })
    while (tally.kills < killsWanted()) {
      const backupId = `killed-${tally.rounds}`
      await runUntilDone(backupInto(backupId), { tally, killsWanted, nextMoment })
      const faults = await archiveFaults(backupId)
      noteComparison(tally, source, faults)
      expect(faults).toEqual([])
    }
    expect(notInFlightYet()).toEqual([])
    await writeEvidence({
      name: 'crash-backup',
      what: 'A backup is killed (SIGKILL) with requests in flight and run again; each archive is compared, record by record, with what a Java consumer reads at the source.',
      figures: { seed: SEED, ...tally },
    })
  })
})

describe('a backup that is stopped in the middle, and wakes after another process has gone on with the archive', () => {
  it('leaves the archive equal to the source, and is told that it was fenced', { timeout: TIMEOUT_MS }, async () => {
    const random = seededRandom(SEED + 1)
    const outcomes: Record<string, number> = {}
    const tally = newTally()
    let zombies = 0
    for (let round = 0; zombies < ZOMBIES; round++) {
      const backupId = `woken-${round}`
      const { ends, wasInFlight } = await stopAndWake(backupId, random)
      const codes = ends.map(outcomeCode)
      expect(codes.filter((code) => code !== 'KB_ARCHIVE_FENCED')).toContain('done')
      expect(['done', 'KB_ARCHIVE_FENCED']).toEqual(expect.arrayContaining(codes))
      const faults = await archiveFaults(backupId)
      noteComparison(tally, source, faults)
      expect(faults).toEqual([])
      for (const code of codes) outcomes[code] = (outcomes[code] ?? 0) + 1
      if (wasInFlight) zombies += 1
    }
    const { recordsCompared, differences: found } = tally
    await writeEvidence({
      name: 'zombie-backup',
      what: 'A backup is stopped (SIGSTOP) with requests in flight, another process goes on with the archive, and the first one wakes (SIGCONT); each archive is compared, record by record, with what a Java consumer reads at the source.',
      figures: { seed: SEED + 1, zombies, outcomes, recordsCompared, differences: found },
    })
  })
})

interface Awakening {
  readonly ends: readonly [first: JobEnd, second: JobEnd]
  /** Whether the first process had a request under way while it was stopped. */
  readonly wasInFlight: boolean
}

/**
 * Stops a backup, lets another process go on with the archive, and wakes the first: when the second has ended, or
 * sometimes before.
 */
async function stopAndWake(backupId: string, random: Random): Promise<Awakening> {
  const request = pick(random, ['fetch', 'upload', 'upload', 'commit'])
  const first = await JobProcess.start(backupInto(backupId))
  await first.until({ request, nth: 1 + Math.floor(random() * 2), delayMs: Math.floor(random() * 4) })
  first.signal('SIGSTOP')
  const second = await JobProcess.start(backupInto(backupId))
  await second.until({ request: 'describeTopics', nth: 1, delayMs: 0 })
  const wasInFlight = ['fetch', 'upload', 'commit'].some((name) => first.inFlight(name) > 0)
  if (random() < 0.4 && (await second.until({ request: 'upload', nth: 1, delayMs: 0 }))) first.signal('SIGCONT')
  const secondEnd = await second.ended
  first.signal('SIGCONT')
  return { ends: [await first.ended, secondEnd], wasInFlight }
}
