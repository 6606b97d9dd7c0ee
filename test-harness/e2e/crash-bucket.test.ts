import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openArchive } from '@kbackup/core'
import { seededRandom } from '@kbackup/core/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BucketWitness } from '../src/crash/bucket-witness.ts'
import type { CrashJob } from '../src/crash/crash-job.ts'
import {
  contentInKafka,
  contentOf,
  differences,
  type Load,
  produceCrashTopic,
  type TopicContent,
} from '../src/crash/crash-topic.ts'
import type { RequestMoment } from '../src/crash/job-process.ts'
import { newTally, noteComparison, runUntilDone } from '../src/crash/kill-series.ts'
import { writeEvidence } from '../src/evidence.ts'
import { scaled, startKafka, startS3, type TestKafka, type TestS3 } from '../src/index.ts'
import type { AddressOf } from '../src/storage/store-address.ts'
import { storeAt } from '../src/storage/store-at.ts'
import { CliProcess } from './cli/cli-process.ts'

const TOPIC = 'orders'
const SEED = 20251130
/** Kills that strike with parts on the store; only they count. */
const KILLS = scaled(100) / 2
const KILLS_PER_ROUND = 3
const MAX_DELAY_MS = 80
const COMMIT: RequestMoment = { request: 'commit', nth: 1, delayMs: 0 }
/** Makes segments of several parts. */
const LARGE: Load = { records: 40_000, recordBytes: 1_000, properties: ['batch.size=200000', 'linger.ms=20'] }
const TIMEOUT_MS = 300_000 + KILLS * 60_000

let cluster: TestKafka
let service: TestS3
let folder: string
let bucket: string
let source: TopicContent
let witness: BucketWitness

beforeAll(async () => {
  cluster = await startKafka()
  service = await startS3()
  bucket = await service.createBucket()
  witness = new BucketWitness(place())
  folder = await mkdtemp(join(tmpdir(), 'kbackup-bucket-'))
  await produceCrashTopic(cluster, TOPIC, { moreLoads: [LARGE] })
  source = await contentInKafka(cluster, TOPIC)
})

afterAll(async () => {
  witness?.[Symbol.dispose]()
  await Promise.all([cluster?.stop(), service?.stop()])
  if (folder !== undefined) await rm(folder, { recursive: true, force: true })
})

function place(): AddressOf<'s3'> {
  const { endpoint, region, accessKeyId, secretAccessKey } = service
  return { backend: 's3', bucket, endpoint, region, accessKeyId, secretAccessKey }
}

function backupInto(backupId: string): CrashJob {
  return { kind: 'store-backup', brokers: cluster.plaintextServers, backupId, topic: TOPIC, store: place() }
}

/** What killed runs have left: uploads in the bucket, and objects of an archive. */
interface Left {
  readonly objects: number
  readonly uploads: number
}

const NOTHING_LEFT: Left = { objects: 0, uploads: 0 }

async function leftOf(backupId: string): Promise<Left> {
  const [orphans, uploads] = await Promise.all([witness.orphanObjects(backupId), witness.unfinishedUploads()])
  return { objects: orphans.length, uploads }
}

async function cleanUp(backupId: string): Promise<Left> {
  const where = `s3://${bucket}?endpoint=${service.endpoint}&region=${service.region}&path_style=true`
  const { accessKeyId, secretAccessKey } = service
  const environment = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, HOME: folder }
  const argv = [
    'storage',
    'clean',
    where,
    '--backup-id',
    backupId,
    '--older-than',
    '0',
    '--execute',
    '--format',
    'json',
  ]
  const process = new CliProcess(argv, environment)
  expect(await process.ended(), process.stderr).toBe(0)
  const [cleaned] = JSON.parse(process.stdout).archives
  return { objects: Number(cleaned.objects.length), uploads: Number(cleaned.uploads.length) }
}

async function archiveFaults(backupId: string): Promise<readonly string[]> {
  const archive = await openArchive(await storeAt(place()), backupId)
  const archived = await contentOf(archive.records({ topics: [TOPIC] }))
  const { findings } = await archive.verify({ depth: 'records' })
  const wrong = findings.filter(({ kind }) => kind !== 'stale')
  return [...differences(archived, source, { withOffsets: true }), ...wrong.map(({ message }) => message)]
}

describe('a backup to a bucket that is killed during uploads in parts, and run again', () => {
  it('is whole in the end, and after kbackup storage clean neither parts nor objects of killed runs are left', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const random = seededRandom(SEED)
    const tally = newTally()
    const removed = { objects: 0, uploads: 0 }
    let [killsWithParts, killsBeforeCommit] = [0, 0]
    const partsMoment = (): RequestMoment => {
      return { request: 'parts', nth: 1 + Math.floor(random() * 3), delayMs: Math.floor(random() * MAX_DELAY_MS) }
    }
    while (killsWithParts < KILLS) {
      const backupId = `killed-${tally.rounds}`
      let left: Left = NOTHING_LEFT
      const afterKill = async (): Promise<void> => {
        const before = left
        left = await leftOf(backupId)
        if (left.uploads > before.uploads) killsWithParts += 1
        if (left.objects > before.objects) killsBeforeCommit += 1
      }
      // The last kill of a round strikes between objects that are whole and the commit that was to name them.
      const kills = tally.kills + KILLS_PER_ROUND
      const nextMoment = () => (tally.kills === kills - 1 ? COMMIT : partsMoment())
      await runUntilDone(backupInto(backupId), { tally, killsWanted: () => kills, nextMoment, afterKill })
      const cleaned = await cleanUp(backupId)
      removed.objects += cleaned.objects
      removed.uploads += cleaned.uploads
      expect(cleaned).toEqual(left)
      expect(await leftOf(backupId)).toEqual(NOTHING_LEFT)
      const faults = await archiveFaults(backupId)
      noteComparison(tally, source, faults)
      expect(faults).toEqual([])
    }
    expect(removed.uploads).toBeGreaterThanOrEqual(killsWithParts)
    expect(killsBeforeCommit).toBeGreaterThan(0)
    expect(removed.objects).toBeGreaterThanOrEqual(killsBeforeCommit)
    await writeEvidence({
      name: 'crash-bucket',
      what: 'A backup to a bucket is killed (SIGKILL) during uploads in parts, and between whole objects and the commit that was to name them, and run again, then kbackup storage clean --execute removes what the killed runs left; each archive is compared, record by record, with what a Java consumer reads at the source, and the bucket is asked for parts and objects that nothing names.',
      figures: { seed: SEED, killsWithParts, killsBeforeCommit, removed, left: NOTHING_LEFT, ...tally },
    })
  })
})
