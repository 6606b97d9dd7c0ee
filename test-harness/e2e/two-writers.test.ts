import { openArchive } from '@kbackup/core'
import { seededRandom } from '@kbackup/core/testing'
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
import { scaled, startKafka, type TestKafka } from '../src/index.ts'
import { openAddressedStore } from '../src/storage/addressed-store.ts'
import type { StoreAddress } from '../src/storage/store-address.ts'
import { storeAt } from '../src/storage/store-at.ts'

const TOPIC = 'orders'
const SEED = 20251201
const FULL_ROUNDS = 50
const ROUNDS = scaled(2 * FULL_ROUNDS) / 2
/** A short run tries most on S3; elsewhere the round whose end is certain, and one more. */
const ELSEWHERE = ROUNDS === FULL_ROUNDS ? FULL_ROUNDS : 2
const BACKENDS = [
  { backend: 's3', wanted: ROUNDS },
  { backend: 'gcs', wanted: ELSEWHERE },
  { backend: 'azure', wanted: ELSEWHERE },
  { backend: 'filesystem', wanted: ELSEWHERE },
] as const
/** Many sections and commits, so that the writers meet often. */
const MAX_SEGMENT_BYTES = 1024 * 1024
const TIMEOUT_MS = 300_000 + ROUNDS * 60_000

let cluster: TestKafka
let source: TopicContent

beforeAll(async () => {
  cluster = await startKafka()
  await produceCrashTopic(cluster, TOPIC)
  source = await contentInKafka(cluster, TOPIC)
})

afterAll(() => cluster?.stop())

interface Place {
  readonly store: StoreAddress
  readonly backupId: string
}

function backup(place: Place, options: { readonly awaitsGo?: boolean } = {}): Promise<JobProcess> {
  const brokers = cluster.plaintextServers
  const limits = { maxSegmentBytes: MAX_SEGMENT_BYTES }
  const job: CrashJob = { kind: 'store-backup', brokers, topic: TOPIC, ...place, ...limits, ...options }
  return JobProcess.start(job)
}

/** Backs up in two processes: both at once, or one from when the other has begun something. */
async function backUpTwice(place: Place, random: Random): Promise<readonly JobEnd[]> {
  const first = await backup(place)
  const request = pick(random, ['nothing', 'fetch', 'upload', 'commit'])
  if (request !== 'nothing') await first.until({ request, nth: 1 + Math.floor(random() * 3), delayMs: 0 })
  const second = await backup(place)
  return Promise.all([first.ended, second.ended])
}

/** Backs up in two processes, of which one comes with its first commit when the other has committed everything. */
async function backUpTooLate(place: Place): Promise<readonly JobEnd[]> {
  const first = await backup(place, { awaitsGo: true })
  await first.until({ request: 'commit', nth: 1, delayMs: 0 })
  const second = await (await backup(place)).ended
  first.go()
  const ends = [await first.ended, second]
  expect(ends.map(outcomeCode)).toEqual(['KB_ARCHIVE_FENCED', 'done'])
  return ends
}

interface ArchiveHistory {
  readonly faults: readonly string[]
  readonly commits: number
  /** How many writers have made commits. */
  readonly writers: number
}

async function historyOf({ store, backupId }: Place): Promise<ArchiveHistory> {
  const archive = await openArchive(await storeAt(store), backupId)
  const archived = await contentOf(archive.records({ topics: [TOPIC] }))
  const { findings, commits } = await archive.verify({ depth: 'records' })
  const damage = findings.filter(({ severity }) => severity === 'damage').map(({ message }) => message)
  const history = await Promise.all(Array.from({ length: commits }, (_, index) => archive.readCommit(index + 1)))
  const writers = new Set(history.map(({ writerId }) => writerId)).size
  return { faults: [...differences(archived, source, { withOffsets: true }), ...damage], commits, writers }
}

it.each(BACKENDS)(
  'two processes that back up into one archive on $backend leave it whole, and who has lost says that it was fenced',
  { timeout: TIMEOUT_MS },
  async ({ backend, wanted }) => {
    await using opened = await openAddressedStore(backend)
    const random = seededRandom(SEED)
    const tally = newTally()
    const outcomes: Record<string, number> = {}
    const archives = { commits: 0, writtenByBoth: 0 }
    for (; tally.rounds < wanted; tally.rounds += 1) {
      const place: Place = { store: opened.address, backupId: `both-${tally.rounds}` }
      const ends = await (tally.rounds === 0 ? backUpTooLate(place) : backUpTwice(place, random))
      const codes = ends.map(outcomeCode).sort()
      expect(['done', 'KB_ARCHIVE_FENCED'], `round ${tally.rounds}`).toEqual(expect.arrayContaining(codes))
      expect(ends.map(({ stderr }) => stderr)).toEqual(['', ''])
      const { faults, commits, writers } = await historyOf(place)
      noteComparison(tally, source, faults)
      expect(faults, `round ${tally.rounds}: ${codes}`).toEqual([])
      const outcome = codes.join(' and ')
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
      archives.commits += commits
      if (writers === 2) archives.writtenByBoth += 1
    }
    const { rounds, recordsCompared, differences: found } = tally
    await writeEvidence({
      name: `two-writers-${backend}`,
      what: `Two processes back up the same topic into the same archive on ${backend}, at once or one while the other is at work; each archive is verified, and compared, record by record, with what a Java consumer reads at the source.`,
      figures: { seed: SEED, rounds, outcomes, archives, recordsCompared, differences: found },
    })
  },
)
