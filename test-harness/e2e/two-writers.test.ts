import { openArchive } from '@kbackup/core'
import { seededRandom } from '@kbackup/core/testing'
import { s3 } from '@kbackup/storage-s3'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { CrashJob } from '../src/crash/crash-job.ts'
import {
  contentInKafka,
  contentOf,
  differences,
  produceCrashTopic,
  type TopicContent,
} from '../src/crash/crash-topic.ts'
import { type JobEnd, JobProcess, outcomeCode } from '../src/crash/job-process.ts'
import { newTally, noteComparison, pick, type Random } from '../src/crash/kill-series.ts'
import { writeEvidence } from '../src/evidence.ts'
import { scaled, startKafka, startS3, type TestKafka, type TestS3 } from '../src/index.ts'

const TOPIC = 'orders'
const SEED = 20251201
const ROUNDS = scaled(100) / 2
/** Many sections and commits, so that the writers meet often. */
const MAX_SEGMENT_BYTES = 1024 * 1024
const TIMEOUT_MS = 300_000 + ROUNDS * 60_000

let cluster: TestKafka
let service: TestS3
let bucket: string
let source: TopicContent

beforeAll(async () => {
  cluster = await startKafka()
  service = await startS3()
  bucket = await service.createBucket()
  await produceCrashTopic(cluster, TOPIC)
  source = await contentInKafka(cluster, TOPIC)
})

afterAll(() => Promise.all([cluster?.stop(), service?.stop()]))

function place() {
  const { endpoint, region, accessKeyId, secretAccessKey } = service
  return { bucket, endpoint, region, credentials: { accessKeyId, secretAccessKey } }
}

/** Starts two backups of the same topic into the same archive: both at once, or one when the other has begun something. */
async function backUpTwice(backupId: string, random: Random): Promise<readonly JobEnd[]> {
  const brokers = cluster.plaintextServers
  const limits = { maxSegmentBytes: MAX_SEGMENT_BYTES }
  const job: CrashJob = { kind: 'bucket-backup', brokers, backupId, topic: TOPIC, bucket: place(), ...limits }
  const first = await JobProcess.start(job)
  const request = pick(random, ['nothing', 'fetch', 'upload', 'commit'])
  if (request !== 'nothing') await first.until({ request, nth: 1 + Math.floor(random() * 3), delayMs: 0 })
  const second = await JobProcess.start(job)
  return Promise.all([first.ended, second.ended])
}

interface ArchiveHistory {
  readonly faults: readonly string[]
  readonly commits: number
  /** How many writers have made commits. */
  readonly writers: number
}

async function historyOf(backupId: string): Promise<ArchiveHistory> {
  const archive = await openArchive(s3(place()), backupId)
  const archived = await contentOf(archive.records({ topics: [TOPIC] }))
  const { findings, commits } = await archive.verify({ depth: 'records' })
  const damage = findings.filter(({ severity }) => severity === 'damage').map(({ message }) => message)
  const history = await Promise.all(Array.from({ length: commits }, (_, index) => archive.readCommit(index + 1)))
  const writers = new Set(history.map(({ writerId }) => writerId)).size
  return { faults: [...differences(archived, source, { withOffsets: true }), ...damage], commits, writers }
}

it('two processes that back up into one archive in one bucket leave it whole, and who has lost says that it was fenced', {
  timeout: TIMEOUT_MS,
}, async () => {
  const random = seededRandom(SEED)
  const tally = newTally()
  const outcomes: Record<string, number> = {}
  const archives = { commits: 0, writtenByBoth: 0 }
  for (; tally.rounds < ROUNDS; tally.rounds += 1) {
    const backupId = `both-${tally.rounds}`
    const ends = await backUpTwice(backupId, random)
    const codes = ends.map(outcomeCode).sort()
    expect(['done', 'KB_ARCHIVE_FENCED'], `round ${tally.rounds}`).toEqual(expect.arrayContaining(codes))
    expect(ends.map(({ stderr }) => stderr)).toEqual(['', ''])
    const { faults, commits, writers } = await historyOf(backupId)
    noteComparison(tally, source, faults)
    expect(faults, `round ${tally.rounds}: ${codes}`).toEqual([])
    const outcome = codes.join(' and ')
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
    archives.commits += commits
    if (writers === 2) archives.writtenByBoth += 1
  }
  expect(Object.keys(outcomes).some((outcome) => outcome.includes('KB_ARCHIVE_FENCED'))).toBe(true)
  const { rounds, recordsCompared, differences: found } = tally
  await writeEvidence({
    name: 'two-writers',
    what: 'Two processes back up the same topic into the same archive in one bucket, at once or one while the other is at work; each archive is verified, and compared, record by record, with what a Java consumer reads at the source.',
    figures: { seed: SEED, rounds, outcomes, archives, recordsCompared, differences: found },
  })
})
