import { constants } from 'node:fs'
import { type FileHandle, mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCommand, startKafka, type TestKafka } from '../src/index.ts'
import { CliProcess } from './cli/cli-process.ts'
import { kbackup } from './cli/cli-run.ts'
import { fillGuideSource, GUIDE_TOPICS, PARTITIONS, TIMESTAMPS } from './cli/guide-source.ts'

const RECORDS = GUIDE_TOPICS.length * PARTITIONS * TIMESTAMPS.length
const alice = { username: 'alice', password: 'alice-secret' }

let kafka: TestKafka
let folder: string
const writers: FileHandle[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kbackup-cli-'))
  kafka = await startKafka({ security: { protocol: 'SASL_SSL', users: [alice] } })
  await fillGuideSource(kafka)
  await writeFile(join(folder, 'ca.pem'), kafka.authority?.certificate ?? '')
})

afterAll(async () => {
  await kafka?.stop()
  for (const writer of writers) await writer.close()
  if (folder !== undefined) await rm(folder, { recursive: true, force: true })
})

interface BackupFile {
  readonly name: string
  readonly ca?: string
  readonly mechanism?: string
}

async function backupFile({ name, ca = 'ca.pem', mechanism = 'SCRAM-SHA-512' }: BackupFile): Promise<string> {
  const file = join(folder, `${name}.yaml`)
  await writeFile(
    file,
    `mode: backup
backup_id: ${name}
source:
  bootstrap_servers: ["${kafka.bootstrapServers[0]}"]
  security:
    security_protocol: SASL_SSL
    sasl_mechanism: ${mechanism}
    sasl_username: alice
    sasl_password: \${KAFKA_PASSWORD}
    ssl_ca_location: ${join(folder, ca)}
storage:
  backend: filesystem
  path: ${folder}/store
`,
  )
  return file
}

describe('kbackup over SASL_SSL', () => {
  it.each(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'])(
    'backs up with %s and a password of the environment',
    async (mechanism) => {
      const config = await backupFile({ name: `secured-${mechanism.toLowerCase()}`, mechanism })
      const { status, stdout, stderr } = await kbackup(['backup', '--config', config, '--format', 'json'], {
        KAFKA_PASSWORD: alice.password,
      })
      expect(status, stderr).toBe(0)
      expect(JSON.parse(stdout)).toMatchObject({ records: RECORDS })
      expect(stdout + stderr).not.toContain(alice.password)
    },
  )

  it('exits 1 for a wrong password, and shows it nowhere', async () => {
    const config = await backupFile({ name: 'wrong-password' })
    const run = await kbackup(['backup', '--config', config, '--log-level', 'debug'], {
      KAFKA_PASSWORD: 'not-hers-at-all',
    })
    expect(run).toMatchObject({ status: 1, stdout: '', stderr: expect.stringContaining('KB_KAFKA_AUTHENTICATION') })
    expect(run.stderr).not.toContain('not-hers-at-all')
  })

  it('exits 2 and names the place of a certificate file that is not there', async () => {
    const config = await backupFile({ name: 'no-ca', ca: 'missing.pem' })
    const { status, stderr } = await kbackup(['backup', '--config', config], { KAFKA_PASSWORD: alice.password })
    expect(status).toBe(2)
    expect(stderr).toContain(
      `${config}:10:22 source.security.ssl_ca_location: names ${folder}/missing.pem, which cannot be read`,
    )
  })

  it('exits 2 and names the variable that is not set', async () => {
    const config = await backupFile({ name: 'no-variable' })
    const { status, stderr } = await kbackup(['backup', '--config', config])
    expect(status).toBe(2)
    expect(stderr).toContain(`${config}:9:20 the environment has no variable \${KAFKA_PASSWORD}`)
  })
})

/** A process in the middle of a call that never comes back: it reads a pipe into which nobody writes. */
async function stuckProcess(name: string): Promise<CliProcess> {
  const pipe = join(folder, name)
  await runCommand('mkfifo', [pipe])
  const run = new CliProcess(['backup', '--config', pipe])
  // The end to write to can be opened as soon as there is a reader; it stays open as long as the file is not closed.
  await expect
    .poll(async () => writers.push(await open(pipe, constants.O_WRONLY | constants.O_NONBLOCK)), { timeout: 60_000 })
    .toBeGreaterThan(0)
  return run
}

describe('the process', () => {
  const environment = { KAFKA_PASSWORD: alice.password }

  it('writes data to stdout only, and ends by itself with status 0', async () => {
    const run = new CliProcess(
      ['backup', '--config', await backupFile({ name: 'process' }), '--format', 'json'],
      environment,
    )
    expect(await run.ended(), run.stderr).toBe(0)
    expect(JSON.parse(run.stdout)).toMatchObject({ records: RECORDS })
    expect(run.stderr).not.toContain('Warning')
  })

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'ends in order with status 130 after %s, and the next run does all',
    async (signal) => {
      const name = `interrupted-${signal.toLowerCase()}`
      const config = await backupFile({ name })
      await kafka.brokers[0]?.kill('SIGSTOP')
      const run = new CliProcess(['backup', '--config', config], environment)
      try {
        await expect.poll(() => run.stderr, { timeout: 60_000 }).toContain('One-shot backup')
        run.kill(signal)
        expect(await run.ended(), run.stderr).toBe(130)
      } finally {
        await kafka.brokers[0]?.kill('SIGCONT')
      }
      expect(run.stdout).toBe('')
      expect(run.stderr).toContain(
        `error KB_INTERRUPTED: the run was interrupted by ${signal}\n  → nothing was committed`,
      )
      const again = await kbackup(['backup', '--config', config, '--format', 'json'], environment)
      expect(JSON.parse(again.stdout)).toMatchObject({ records: RECORDS })
    },
  )

  it('ends within seconds of SIGTERM, or at once at the second one, where a call of the system never comes back', async () => {
    const [patient, hurried] = await Promise.all([stuckProcess('patient'), stuckProcess('hurried')])
    for (const run of [patient, hurried]) {
      run.kill('SIGTERM')
      await expect.poll(() => run.stderr, { timeout: 60_000 }).toContain('SIGTERM: stopping; once more kills')
    }
    hurried.kill('SIGTERM')
    expect(await hurried.ended()).toBe('SIGTERM')
    // Shells show it as 130.
    expect(await patient.ended()).toBe('SIGINT')
    expect(patient.stderr).toContain('error KB_INTERRUPTED: the run was interrupted by SIGTERM, and was left after')
  })
})
