import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { startKafka, type TestKafka } from '../src/index.ts'
import { kbackup } from './cli/cli-run.ts'
import { guideConfiguration, supportedConfigurations } from './cli/guide-configurations.ts'
import {
  comparable,
  expectedRecords,
  type GuideFixture,
  readFixture,
  translatedOffsets,
  withoutEnd,
} from './cli/guide-expectations.ts'
import { recordsInFiles, withFilesIn } from './cli/guide-files.ts'
import { deleteAllTopics, fillGuideSource, groupOffsets, restoredRecords } from './cli/guide-source.ts'

const BACKUPS = ['backup-2025-01-15', 'production-backup-001', 'production-backup-20241201']

/** The archive knows where a group was at a moment of this test only: brokers stamp positions with their own clock. */
const MOVED_TO_NOW = 'user-guide-three-phase-restore'

let kafka: TestKafka
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kbackup-cli-'))
  kafka = await startKafka()
  await fillGuideSource(kafka)
  for (const backupId of BACKUPS) {
    const { status, stderr } = await backUp(backupId)
    expect(status, stderr).toBe(0)
  }
})

afterAll(async () => {
  await kafka?.stop()
  if (folder !== undefined) await rm(folder, { recursive: true, force: true })
})

async function backUp(backupId: string) {
  const config = join(folder, `${backupId}.yaml`)
  await writeFile(
    config,
    `mode: backup\nbackup_id: ${backupId}\nsource:\n  bootstrap_servers: [${kafka.bootstrapServers[0]}]\n` +
      `storage:\n  backend: filesystem\n  path: ${folder}\n`,
  )
  return kbackup(['backup', '--config', config])
}

/** A configuration of the guides with the broker and the folder of this test. */
async function prepared(name: string): Promise<{ readonly config: string; readonly fixture: GuideFixture }> {
  const text = withFilesIn(folder, await guideConfiguration(name))
  const config = join(folder, `${name}.yaml`)
  const local = text.replaceAll(/localhost:9092/g, () => kafka.bootstrapServers[0] ?? '')
  await writeFile(config, local.replace(/path: .*/, `path: ${folder}`))
  return { config, fixture: readFixture(parse(text)) }
}

// Those whose archive lies in a bucket are run in cli-seeds-s3.test.ts.
describe('the restores of the guides, as they are written there', () => {
  it.each(supportedConfigurations('folder'))('%s restores exactly the records that it asks for', async (name) => {
    const { config, fixture } = await prepared(name)
    await deleteAllTopics(kafka)
    const flags = name === MOVED_TO_NOW ? ['--time-end', new Date().toISOString()] : []
    const validation = await kbackup(['validate-restore', '--config', config, '--format', 'json', ...flags])
    expect(validation.status, validation.stderr).toBe(0)
    expect(JSON.parse(validation.stdout)).toMatchObject({ valid: true })
    const outcome = await kbackup(['restore', '--config', config, '--format', 'json', ...flags])
    expect(outcome.status, outcome.stderr).toBe(0)
    const isDryRun = fixture.restore?.dry_run === true
    const asRun = name === MOVED_TO_NOW ? withoutEnd(fixture) : fixture
    const expected = isDryRun ? [] : expectedRecords(name, asRun)
    expect(comparable(fixture, await restoredRecords(kafka))).toEqual(comparable(fixture, expected))
    for (const records of await recordsInFiles(folder, fixture)) expect(records).toBe(expected.length)
    for (const group of fixture.restore?.consumer_groups ?? []) {
      expect(JSON.parse(outcome.stdout).groups).toContainEqual(expect.objectContaining({ group, outcome: 'reset' }))
      const start = fixture.restore?.time_window_start ?? 0
      expect(await groupOffsets(kafka, group, 'orders')).toEqual(translatedOffsets(start))
    }
  })
})

describe('a group', () => {
  it('that had no position at the end of the window is left as it is and reported, not guessed', async () => {
    const { config, fixture } = await prepared(MOVED_TO_NOW)
    await deleteAllTopics(kafka)
    const { status, stdout, stderr } = await kbackup(['restore', '--config', config, '--format', 'json'])
    expect(status, stderr).toBe(0)
    const left = fixture.restore?.consumer_groups?.map((group) => ({ group, outcome: 'nothing-to-set' }))
    expect(JSON.parse(stdout).groups).toMatchObject(left ?? [])
    expect(stderr).toContain('KB_HAZARD_GROUP_POSITION')
  })
})
