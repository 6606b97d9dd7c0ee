import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openArchive } from '@kbackup/core'
import { s3 as s3Store } from '@kbackup/storage-s3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { startKafka, startS3, type TestKafka, type TestS3 } from '../src/index.ts'
import { kbackup } from './cli/cli-run.ts'
import { guideConfiguration, supportedConfigurations } from './cli/guide-configurations.ts'
import { comparable, expectedRecords, readFixture, translatedOffsets } from './cli/guide-expectations.ts'
import { recordsInFiles, withFilesIn } from './cli/guide-files.ts'
import { deleteAllTopics, fillGuideSource, GUIDE_TOPICS, groupOffsets, restoredRecords } from './cli/guide-source.ts'

const BACKUP = 'how-to-backup'
/** The archive knows where a group was at a moment of this test only: brokers stamp positions with their own clock. */
const MOVED_TO_NOW = 'how-to-restore'
const ALL_TOPICS = [...GUIDE_TOPICS, 'inventory', 'transactions']
const RESTORES = supportedConfigurations('bucket').filter((name) => name !== BACKUP)

let kafka: TestKafka
let s3: TestS3
let folder: string
let bucket: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kbackup-cli-'))
  s3 = await startS3()
  bucket = await s3.createBucket()
  kafka = await startKafka()
  await fillGuideSource(kafka, { topics: ALL_TOPICS, groups: ['payment-processor'] })
  for (const restore of RESTORES) await backUpFor(restore)
})

afterAll(async () => {
  await Promise.all([kafka?.stop(), s3?.stop()])
  if (folder !== undefined) await rm(folder, { recursive: true, force: true })
})

function storageHere(storage: object): object {
  const keys = { access_key: s3.accessKeyId, secret_key: s3.secretAccessKey }
  return { ...storage, region: s3.region, bucket, endpoint: s3.endpoint, path_style: true, ...keys }
}

/** A configuration of the guides with the broker and the bucket of this test. */
async function prepared(name: string): Promise<string> {
  const { source, target, storage, ...rest } = parse(withFilesIn(folder, await guideConfiguration(name)))
  // The broker of this test is not protected; those that are have tests of their own.
  const cluster = { ...(source ?? target), security: undefined, bootstrap_servers: [...kafka.bootstrapServers] }
  const end = source === undefined ? { target: cluster } : { source: cluster }
  return written(name, { ...rest, ...end, storage: storageHere(storage) })
}

async function written(name: string, configuration: object): Promise<string> {
  const file = join(folder, `${name}.yaml`)
  await writeFile(file, stringify(configuration))
  return file
}

/** Backs everything up to where a restore of the guides looks for it. */
async function backUpFor(restore: string): Promise<void> {
  const { backup_id, storage } = parse(await guideConfiguration(restore))
  const source = { bootstrap_servers: [...kafka.bootstrapServers] }
  const configuration = { mode: 'backup', backup_id, source, storage: storageHere(storage) }
  const { status, stderr } = await kbackup(['backup', '--config', await written(`before-${restore}`, configuration)])
  expect(status, stderr).toBe(0)
}

describe('the configurations of the guides whose archive lies in a bucket, as they are written there', () => {
  it('are these, of which one backs up exactly the topics that it asks for', async () => {
    expect([...RESTORES].sort()).toEqual([
      'how-to-restore',
      'restore-guide-complete',
      'restore-guide-cross-cluster-migration',
      'restore-guide-disaster-recovery',
      'restore-guide-environment-cloning',
      'restore-guide-point-in-time-recovery',
      'user-guide-pitr-restore',
    ])
    const { status, stderr } = await kbackup(['backup', '--config', await prepared(BACKUP)])
    expect(status, stderr).toBe(0)
    const { endpoint, region, accessKeyId, secretAccessKey } = s3
    const credentials = { accessKeyId, secretAccessKey }
    const store = s3Store({ bucket, prefix: 'prod/', endpoint, region, pathStyle: true, credentials })
    const archive = await openArchive(store, 'daily-backup-001')
    const names = archive.topics().map(({ topic }) => topic)
    expect(names.sort()).toEqual(['orders-1', 'orders-changelog', 'payments-test', 'payments-v1'])
    expect(await archive.verify({ depth: 'records' })).toMatchObject({ ok: true, warnings: [] })
  })

  it.each(RESTORES)('%s restores exactly the records that it asks for', async (name) => {
    const config = await prepared(name)
    const fixture = readFixture(parse(await guideConfiguration(name)))
    await deleteAllTopics(kafka)
    const flags = name === MOVED_TO_NOW ? ['--time-end', new Date().toISOString()] : []
    const outcome = await kbackup(['restore', '--config', config, '--format', 'json', ...flags])
    expect(outcome.status, outcome.stderr).toBe(0)
    const expected = expectedRecords(name, fixture, ALL_TOPICS)
    expect(comparable(fixture, await restoredRecords(kafka))).toEqual(comparable(fixture, expected))
    for (const records of await recordsInFiles(folder, fixture)) expect(records).toBe(expected.length)
    for (const group of fixture.restore?.consumer_groups ?? []) {
      expect(JSON.parse(outcome.stdout).groups).toContainEqual(expect.objectContaining({ group, outcome: 'reset' }))
      expect(await groupOffsets(kafka, group, 'orders')).toEqual(translatedOffsets(0))
    }
  })
})
