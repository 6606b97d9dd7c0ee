import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { readAllRecords, startKafka, type TestKafka } from '../src/index.ts'
import { kbackup } from './cli/cli-run.ts'
import { expectedRecords, type GuideFixture, readFixture } from './cli/guide-expectations.ts'
import { deleteAllTopics, fillGuideSource, topicNames } from './cli/guide-source.ts'

const FIXTURES = new URL('../fixtures/seeds/', import.meta.url)
const BACKUPS = ['backup-2025-01-15', 'production-backup-001', 'production-backup-20241201']

const manifest = z
  .object({ configurations: z.array(z.object({ file: z.string(), unsupported: z.array(z.string()).optional() })) })
  .parse(parse(await readFile(new URL('manifest.yaml', FIXTURES), 'utf8')))
const covered = manifest.configurations.flatMap(({ file, unsupported }) =>
  unsupported === undefined ? [file.replace('.yaml', '')] : [],
)

let kafka: TestKafka
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kbackup-cli-'))
  kafka = await startKafka()
  await fillGuideSource(kafka)
  for (const backupId of BACKUPS) expect(await backUp(backupId)).toMatchObject({ status: 0 })
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
  const text = await readFile(new URL(`${name}.yaml`, FIXTURES), 'utf8')
  const config = join(folder, `${name}.yaml`)
  const local = text.replaceAll(/localhost:9092/g, () => kafka.bootstrapServers[0] ?? '')
  await writeFile(config, local.replace(/path: .*/, `path: ${folder}`))
  return { config, fixture: readFixture(parse(text)) }
}

async function restoredRecords(): Promise<readonly string[]> {
  const topics = await topicNames(kafka)
  const records = topics.length === 0 ? [] : await readAllRecords(kafka, { topics })
  return records.map(({ topic, partition, timestamp }) => `${topic}/${partition} ${timestamp}`)
}

describe('the restores of the guides, as they are written there', () => {
  it.each(covered)('%s restores exactly the records that it asks for', async (name) => {
    const { config, fixture } = await prepared(name)
    await deleteAllTopics(kafka)
    const validation = await kbackup(['validate-restore', '--config', config, '--format', 'json'])
    expect(validation).toMatchObject({ status: 0, stdout: expect.stringContaining('"valid": true') })
    const outcome = await kbackup(['restore', '--config', config, '--format', 'json'])
    expect(outcome).toMatchObject({ status: 0 })
    const expected = fixture.restore?.dry_run === true ? [] : expectedRecords(name, fixture)
    expect(await restoredRecords()).toEqual(expected)
  })
})
