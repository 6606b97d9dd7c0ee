// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${NAME} is how a configuration names a variable
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readAllRecords, startAzure, startKafka, type TestAzure, type TestKafka } from '../src/index.ts'
import { CliProcess } from './cli/cli-process.ts'
import { fillGuideSource, GUIDE_TOPICS, PARTITIONS, TIMESTAMPS } from './cli/guide-source.ts'

const RECORDS = GUIDE_TOPICS.length * PARTITIONS * TIMESTAMPS.length
const BACKUP_ID = 'backup-2025-01-15'

let kafka: TestKafka
let azure: TestAzure
let folder: string
let container: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kbackup-cli-'))
  azure = await startAzure()
  container = await azure.createContainer()
  kafka = await startKafka()
  await fillGuideSource(kafka)
})

afterAll(async () => {
  await Promise.all([kafka?.stop(), azure?.stop()])
  if (folder !== undefined) await rm(folder, { recursive: true, force: true })
})

/** With the key where the store looks for it, and under the name that the configurations use. */
async function run(...argv: readonly string[]) {
  const { accountKey } = azure
  const process = new CliProcess(argv, { AZURE_STORAGE_KEY: accountKey, THE_KEY: accountKey, HOME: folder })
  const status = await process.ended()
  const { stdout, stderr } = process
  expect(stdout + stderr).not.toContain(accountKey)
  return { status, stdout, stderr }
}

async function config(mode: 'backup' | 'restore', topics?: string): Promise<string> {
  const file = join(folder, `${mode}.yaml`)
  const storage = [
    'storage:',
    '  backend: azure',
    `  account: ${azure.account}`,
    `  container: ${container}`,
    '  prefix: prod/',
    `  endpoint: ${azure.endpoint}`,
    '  account_key: ${THE_KEY}',
    '  access_tier: cool',
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
  return `az://${azure.account}/${container}/prod?endpoint=${azure.endpoint}`
}

describe('an archive in a container of Azure', () => {
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
    const file = await config('restore', 'orders')
    await appendFile(file, 'restore:\n  topic_mapping:\n    orders: orders-again\n')
    const { status, stderr } = await run('restore', '--config', file)
    expect(status, stderr).toBe(0)
    const records = await readAllRecords(kafka, { topics: ['orders-again'] })
    expect(records).toHaveLength(RECORDS / GUIDE_TOPICS.length)
  })

  it('that is not there is named, with those that are', async () => {
    const { status, stderr } = await run('describe', '--path', place(), '--backup-id', 'other')
    expect(status).toBe(1)
    expect(stderr).toContain(`az://${azure.account}/${container}/prod holds ${BACKUP_ID}`)
  })

  it('is read with a shared access signature that gives no more than that', async () => {
    const signature = azure.signatureFor(container, 'rl')
    const environment = { HOME: folder, AZURE_STORAGE_SAS_TOKEN: signature }
    const process = new CliProcess(['describe', '--path', place(), '--backup-id', BACKUP_ID], environment)
    expect(await process.ended(), process.stderr).toBe(0)
    expect(process.stdout + process.stderr).not.toContain('sig=')
  })

  it('says that credentials are missing, and where to give them', async () => {
    const process = new CliProcess(['list', '--path', place()], { HOME: folder })
    expect(await process.ended()).toBe(1)
    expect(process.stderr).toContain('KB_STORE_AUTHENTICATION')
    expect(process.stderr).toContain('AZURE_STORAGE_KEY')
  })
})
