import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readAllRecords, startKafka, type TestKafka } from '../../src/index.ts'
import { CliProcess } from './cli-process.ts'
import { fillGuideSource, GUIDE_TOPICS, PARTITIONS, TIMESTAMPS } from './guide-source.ts'

const RECORDS = GUIDE_TOPICS.length * PARTITIONS * TIMESTAMPS.length
const BACKUP_ID = 'backup-2025-01-15'

/** A running store, as the command line is told of it. */
export interface ScenarioStore extends AsyncDisposable {
  /** The lines of the section `storage`. */
  readonly storage: readonly string[]
  /** The place for `--path`, and what messages call it. */
  readonly place: string
  readonly name: string
  readonly environment: Readonly<Record<string, string>>
  /** What must stand in no output. */
  readonly secret?: string | undefined
}

/** What further cases of one store use. */
export interface StoreScenario {
  /** Runs the command line in an environment that has nothing of the store but what is given. */
  readonly run: (argv: readonly string[], environment: Readonly<Record<string, string>>) => Promise<CliRun>
  readonly at: () => readonly string[]
  readonly store: () => ScenarioStore
}

interface CliRun {
  readonly status: Awaited<ReturnType<CliProcess['ended']>>
  readonly stdout: string
  readonly stderr: string
}

/** The cases that every store passes: an archive is written, read by all commands, restored, and named when it is missing. */
export function storeScenario(start: () => Promise<ScenarioStore>): StoreScenario {
  let kafka: TestKafka
  let store: ScenarioStore
  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kbackup-cli-'))
    store = await start()
    kafka = await startKafka()
    await fillGuideSource(kafka)
  })

  afterAll(async () => {
    await Promise.all([kafka?.stop(), store?.[Symbol.asyncDispose]()])
    if (folder !== undefined) await rm(folder, { recursive: true, force: true })
  })

  async function run(argv: readonly string[], environment = store.environment): Promise<CliRun> {
    const process = new CliProcess(argv, { ...environment, HOME: folder })
    const status = await process.ended()
    const { stdout, stderr } = process
    if (store.secret !== undefined) expect(stdout + stderr).not.toContain(store.secret)
    // SDKs say that they will want a newer Node.
    expect(stderr).not.toMatch(/SDK|Warning/)
    return { status, stdout, stderr }
  }

  async function config(mode: 'backup' | 'restore', cluster: readonly string[]): Promise<string> {
    const file = join(folder, `${mode}.yaml`)
    const servers = `  bootstrap_servers: [${kafka.bootstrapServers[0]}]`
    const lines = [`mode: ${mode}`, `backup_id: ${BACKUP_ID}`, ...cluster, servers, 'storage:', ...store.storage, '']
    await writeFile(file, lines.join('\n'))
    return file
  }

  const at = () => ['--path', store.place, '--backup-id', BACKUP_ID]

  it('is written by a backup, and read by every command that takes --path', async () => {
    const backup = await run(['backup', '--config', await config('backup', ['source:']), '--format', 'json'])
    expect(backup.status, backup.stderr).toBe(0)
    const list = await run(['list', '--path', store.place])
    expect(list.status, list.stderr).toBe(0)
    expect(list.stdout).toContain(BACKUP_ID)
    for (const command of [['describe'], ['validate', '--deep'], ['show-offset-mapping']]) {
      const { status, stderr } = await run([...command, ...at()])
      expect({ command, status }, stderr).toEqual({ command, status: 0 })
    }
  })

  it('is restored, record for record', async () => {
    const file = await config('restore', ['target:', '  topics:', '    include: [orders]'])
    await appendFile(file, 'restore:\n  topic_mapping:\n    orders: orders-again\n')
    const { status, stderr } = await run(['restore', '--config', file])
    expect(status, stderr).toBe(0)
    const records = await readAllRecords(kafka, { topics: ['orders-again'] })
    expect(records).toHaveLength(RECORDS / GUIDE_TOPICS.length)
  })

  it('that is not there is named, with those that are', async () => {
    const { status, stderr } = await run(['describe', '--path', store.place, '--backup-id', 'other'])
    expect(status).toBe(1)
    expect(stderr).toContain(`${store.name} holds ${BACKUP_ID}`)
  })

  return { run, at, store: () => store }
}
