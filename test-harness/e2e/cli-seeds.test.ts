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
import { deleteAllTopics, fillGuideSource, groupOffsets, moveToStart, restoredRecords } from './cli/guide-source.ts'

const BACKUPS = ['backup-2025-01-15', 'production-backup-001', 'production-backup-20241201']

/** The archive knows where a group was at a moment of this test only: brokers stamp positions with their own clock. */
const MOVED_TO_NOW = 'user-guide-three-phase-restore'
/** It is also the one that the guides run with a command of its own. */
const commandOf = (name: string) => (name === MOVED_TO_NOW ? 'three-phase-restore' : 'restore')

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
    const outcome = await kbackup([commandOf(name), '--config', config, '--format', 'json', ...flags])
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

describe('the commands for offsets of the guides', () => {
  it('plan and execute a reset of a group, by the newest restore, with no more than the archive and the group', async () => {
    const { config, fixture } = await prepared(MOVED_TO_NOW)
    const [group = ''] = fixture.restore?.consumer_groups ?? []
    const expected = translatedOffsets(fixture.restore?.time_window_start ?? 0)
    await deleteAllTopics(kafka)
    const now = new Date().toISOString()
    const restored = await kbackup(['three-phase-restore', '--config', config, '--time-end', now])
    expect(restored.status, restored.stderr).toBe(0)
    await moveToStart(kafka, group, 'orders')
    const named = ['--path', folder, '--backup-id', 'production-backup-001', '--groups', group]
    const plan = await kbackup(['offset-reset', 'plan', ...named])
    expect(plan.status, plan.stderr).toBe(0)
    expect(plan.stdout).toContain(`Group: ${group}  (Empty, `)
    expect(plan.stdout).toContain('Nothing was written.')
    expect(await groupOffsets(kafka, group, 'orders')).toEqual(expected.map(() => '0'))
    const executed = await kbackup(['offset-reset', 'execute', ...named])
    expect(executed.status, executed.stderr).toBe(0)
    expect(executed.stdout).toContain('Set 1 consumer group')
    expect(await groupOffsets(kafka, group, 'orders')).toEqual(expected)
  })
})
