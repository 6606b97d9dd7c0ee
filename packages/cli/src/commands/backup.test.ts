import { readFile, writeFile } from 'node:fs/promises'
import { KbackupError } from '@kbackup/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { OrdersCli } from './testing/orders-cli.ts'

let cli: OrdersCli

beforeEach(async () => {
  cli = await OrdersCli.open()
})

afterEach(() => cli[Symbol.asyncDispose]())

/** Interrupts a backup when it has written the object of this name. */
async function interruptedBackUp(file: string, name: string) {
  const aborter = new AbortController()
  const put = cli.store.put.bind(cli.store)
  cli.store.put = async (key, body, options) => {
    await put(key, body, options)
    if (key.endsWith(name)) aborter.abort(new KbackupError('KB_INTERRUPTED', { message: 'interrupted' }))
  }
  const run = await cli.run(`backup --config ${file}`, { signal: aborter.signal })
  cli.store.put = put
  return run
}

describe('kbackup backup', () => {
  it('says first that it is one-shot, reports on stdout, and takes only what is new the second time', async () => {
    const first = await cli.run(`backup --config ${await cli.config('backup')}`)
    expect(first.status).toBe(0)
    expect(first.stderr.split('\n')[0]).toBe(
      '[INFO] One-shot backup: takes what the topics hold at this moment, then ends',
    )
    expect(first.stdout).toContain('10 records in 1 topic')
    const second = await cli.run(`backup --config ${await cli.config('backup')} --format json`)
    expect(JSON.parse(second.stdout)).toMatchObject({ backup_id: 'payments', records: 0, commit: { sequence: 2 } })
    const described = await cli.run('describe --path a --backup-id payments --format json')
    const { restorable_range: range } = JSON.parse(second.stdout)
    expect(range).toEqual(JSON.parse(described.stdout).restorable_range)
  })

  it('writes nothing with --dry-run', async () => {
    const { status, stdout } = await cli.run(`backup --config ${await cli.config('backup')} --dry-run`)
    expect(status).toBe(0)
    expect(stdout).toContain('orders')
    expect((await cli.run('describe --path a --backup-id payments')).stderr).toContain('KB_ARCHIVE_NOT_FOUND')
  })

  it('warns of a pattern that matches nothing beside one that does, in the plan and in the result', async () => {
    const file = await cli.config('backup')
    const include = 'include: ["ord*", "~^payments", "*", "eu-*"]'
    await writeFile(file, (await readFile(file, 'utf8')).replace('["a:1"]', `["a:1"]\n  topics: { ${include} }`))
    const warning = 'no topic of the source cluster matches ~^payments, eu-*'
    expect((await cli.run(`backup --config ${file} --dry-run`)).stdout).toContain(`KB_WARNING_PATTERN  ${warning}`)
    const { status, stdout, stderr } = await cli.run(`backup --config ${file} --format json`)
    expect(status).toBe(0)
    expect(JSON.parse(stdout).warnings).toMatchObject([{ code: 'KB_WARNING_PATTERN', message: warning }])
    expect(stderr).toContain(`[WARN] KB_WARNING_PATTERN: ${warning}`)
  })

  it('exits 1 where a part of __consumer_offsets has no leader, though it commits what there is', async () => {
    const source = cli.cluster
    await source.commitGroupOffsets('billing', [
      { topic: 'orders', partition: 0, offset: 1n, leaderEpoch: -1, metadata: '' },
    ])
    const listOffsets = source.listOffsets.bind(source)
    const error = { code: 5, name: 'LEADER_NOT_AVAILABLE', retriable: true }
    source.listOffsets = async (...args) =>
      (await listOffsets(...args)).map((one) => (one.topic === '__consumer_offsets' ? { ...one, error } : one))
    const { status, stdout } = await cli.run(`backup --config ${await cli.config('backup')}`)
    expect(status).toBe(1)
    expect(stdout).toContain('10 records in 1 topic')
    expect(stdout).toContain('partitions of __consumer_offsets have no leader')
    source.listOffsets = listOffsets
    expect((await cli.run(`backup --config ${await cli.config('backup')}`)).status).toBe(0)
  })

  it('exits 1 for a topic that was named and is not there', async () => {
    const file = await cli.config('backup')
    await writeFile(file, (await readFile(file, 'utf8')).replace('["a:1"]', '["a:1"]\n  topics: { include: [order] }'))
    const { status, stderr } = await cli.run(`backup --config ${file}`)
    expect(status).toBe(1)
    expect(stderr).toContain('KB_TOPIC_NOT_FOUND')
    expect(stderr).toContain('→ did you mean orders?')
  })

  it('writes lines of JSON to stderr, and nothing else, with --log-format json', async () => {
    const { stderr } = await cli.run(
      `backup --config ${await cli.config('backup')} --log-format json --log-level debug`,
    )
    const lines = stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.map(({ level }) => level)).toEqual(expect.arrayContaining(['info', 'debug']))
    expect(lines.every(({ time: at, msg }) => typeof at === 'string' && typeof msg === 'string')).toBe(true)
  })

  it('tells a user who interrupts it that nothing is committed, or which commit is the last, and that it goes on', async () => {
    const file = await cli.config('backup')
    const interrupted = await interruptedBackUp(file, 'archive.json')
    expect(interrupted.status).toBe(130)
    expect(interrupted.stderr).toContain(
      '→ nothing was committed as far as is known, by this run: what earlier runs have committed stays;',
    )
    expect((await cli.run('describe --path a --backup-id payments')).stdout).toContain('none yet')
    const { stderr } = await interruptedBackUp(file, 'manifest.json')
    const described = await cli.run('describe --path a --backup-id payments --format json')
    const { sequence, sha256 } = JSON.parse(described.stdout).commit
    expect(stderr).toContain(
      `→ one commit of this run stays, with 10 records; the last that is known is ${sequence}:${sha256}; run the same command`,
    )
    expect((await cli.run(`backup --config ${file} --format json`)).stdout).toContain('"records": 0')
  })

  it('ends when it is interrupted, also where a call never comes back, and says what may be left', async () => {
    const put = cli.store.put.bind(cli.store)
    const aborter = new AbortController()
    cli.store.put = (key, body, options) => {
      if (!key.endsWith('archive.json')) return put(key, body, options)
      aborter.abort(new KbackupError('KB_INTERRUPTED', { message: 'the run was interrupted by SIGTERM' }))
      return new Promise(() => undefined)
    }
    const run = await cli.run(`backup --config ${await cli.config('backup')}`, {
      signal: aborter.signal,
      stopTimeoutMs: 20,
    })
    expect(run).toMatchObject({ status: 130, stdout: '' })
    expect(run.stderr).toContain(
      'error KB_INTERRUPTED: the run was interrupted by SIGTERM, and was left after 0.02 seconds, waiting for a call that cannot be cancelled',
    )
    expect(run.stderr).toContain('→ nothing was committed')
    expect(run.stderr).toContain('a temporary file (#kbackup-…)')
  })

  it('says nothing on stderr with --log-level error', async () => {
    expect(await cli.run(`backup --config ${await cli.config('backup')} --log-level error`)).toMatchObject({
      stderr: '',
    })
  })
})
