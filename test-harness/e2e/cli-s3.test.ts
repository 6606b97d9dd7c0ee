import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readAllRecords, startKafka, startS3, type TestKafka, type TestS3 } from '../src/index.ts'
import { CliProcess } from './cli/cli-process.ts'
import { fillGuideSource, GUIDE_TOPICS, PARTITIONS, TIMESTAMPS } from './cli/guide-source.ts'

const RECORDS = GUIDE_TOPICS.length * PARTITIONS * TIMESTAMPS.length
const BACKUP_ID = 'backup-2025-01-15'

let kafka: TestKafka
let s3: TestS3
let folder: string
let bucket: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kbackup-cli-'))
  s3 = await startS3()
  bucket = await s3.createBucket()
  kafka = await startKafka()
  await fillGuideSource(kafka)
})

afterAll(async () => {
  await Promise.all([kafka?.stop(), s3?.stop()])
  if (folder !== undefined) await rm(folder, { recursive: true, force: true })
})

/** With the keys where the SDK looks for them, and under the names that the configurations use. */
async function run(...argv: readonly string[]) {
  const { accessKeyId, secretAccessKey } = s3
  const environment = {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    S3_KEY: accessKeyId,
    S3_SECRET: secretAccessKey,
    HOME: folder,
  }
  const process = new CliProcess(argv, environment)
  const status = await process.ended()
  const { stdout, stderr } = process
  expect(stdout + stderr).not.toContain(secretAccessKey)
  expect(stderr).not.toContain('AWS SDK')
  return { status, stdout, stderr }
}

async function config(mode: 'backup' | 'restore', topics?: string): Promise<string> {
  const file = join(folder, `${mode}.yaml`)
  const storage = [
    'storage:',
    '  backend: s3',
    `  bucket: ${bucket}`,
    '  prefix: prod/',
    '  region: us-east-1',
    `  endpoint: ${s3.endpoint}`,
    '  path_style: true',
    '  access_key: ${S3_KEY}',
    '  secret_key: ${S3_SECRET}',
  ]
  const cluster = mode === 'backup' ? 'source' : 'target'
  const head = [
    `mode: ${mode}`,
    `backup_id: ${BACKUP_ID}`,
    `${cluster}:`,
    `  bootstrap_servers: [${kafka.bootstrapServers[0]}]`,
  ]
  await writeFile(
    file,
    [...head, ...(topics === undefined ? [] : ['  topics:', `    include: [${topics}]`]), ...storage, ''].join('\n'),
  )
  return file
}

function place(): string {
  return `s3://${bucket}/prod?endpoint=${s3.endpoint}&region=us-east-1&path_style=true`
}

describe('an archive in a bucket', () => {
  it('is written by a backup, and read by every command that takes --path', async () => {
    const backup = await run('backup', '--config', await config('backup'), '--format', 'json')
    expect(backup.status, backup.stderr).toBe(0)
    const list = await run('list', '--path', place())
    expect(list.status, list.stderr).toBe(0)
    expect(list.stdout).toContain(BACKUP_ID)
    const at = ['--path', place(), '--backup-id', BACKUP_ID]
    for (const command of [['describe'], ['validate', '--deep'], ['show-offset-mapping']]) {
      const { status, stderr } = await run(...command, ...at)
      expect({ command, status }, stderr).toEqual({ command, status: 0 })
    }
  })

  it('is restored, record for record', async () => {
    const mapping = 'restore:\n  topic_mapping:\n    orders: orders-again\n'
    const file = await config('restore', 'orders')
    await appendFile(file, mapping)
    const { status, stderr } = await run('restore', '--config', file)
    expect(status, stderr).toBe(0)
    const records = await readAllRecords(kafka, { topics: ['orders-again'] })
    expect(records).toHaveLength(RECORDS / GUIDE_TOPICS.length)
  })

  it('that is not there is named, with those that are', async () => {
    const { status, stderr } = await run('describe', '--path', place(), '--backup-id', 'other')
    expect(status).toBe(1)
    expect(stderr).toContain(`s3://${bucket}/prod holds ${BACKUP_ID}`)
  })

  it('says which credentials are wrong or missing, and where to give them', async () => {
    const process = new CliProcess(['list', '--path', place()], { HOME: folder, AWS_EC2_METADATA_DISABLED: 'true' })
    expect(await process.ended()).toBe(1)
    expect(process.stderr).toContain('KB_STORE_AUTHENTICATION')
    expect(process.stderr).toContain('AWS_ACCESS_KEY_ID')
  })
})
