import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openArchive } from '@kbackup/core'
import { seededRandom } from '@kbackup/core/testing'
import { fs } from '@kbackup/storage-fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  contentInKafka,
  contentOf,
  differences,
  produceCrashTopic,
  type TopicContent,
} from '../src/crash/crash-topic.ts'
import type { RequestMoment } from '../src/crash/job-process.ts'
import { newTally, noteComparison, pick, runUntilDone } from '../src/crash/kill-series.ts'
import { writeEvidence } from '../src/evidence.ts'
import { scaled, startKafka, type TestKafka } from '../src/index.ts'

const TOPIC = 'orders'
const SEED = 20251129
const KILLS = scaled(100)
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
    const maxKills = KILLS
    const nextMoment = (): RequestMoment => ({
      request: pick(random, ['fetch', 'upload', 'upload', 'commit', 'commit']),
      nth: 1 + Math.floor(random() * 2),
      delayMs: Math.floor(random() * 4),
    })
    while (tally.kills < maxKills) {
      const backupId = `killed-${tally.rounds}`
      const job = { kind: 'backup', brokers: cluster.plaintextServers, directory, backupId, topic: TOPIC } as const
      await runUntilDone(job, { tally, maxKills, nextMoment })
      const faults = await archiveFaults(backupId)
      noteComparison(tally, source, faults)
      expect(faults).toEqual([])
    }
    expect(tally.inFlight).toMatchObject({
      fetch: expect.any(Number),
      upload: expect.any(Number),
      commit: expect.any(Number),
    })
    await writeEvidence({
      name: 'crash-backup',
      what: 'A backup is killed (SIGKILL) with requests in flight and run again; each archive is compared, record by record, with what a Java consumer reads at the source.',
      figures: { seed: SEED, ...tally },
    })
  })
})
