import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KbackupError } from '@kbackup/core'
import { MemoryBlobStore, MemoryKafkaCluster } from '@kbackup/core/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { StoreLocation } from '../options/store-location.ts'
import type { CliRun } from '../run-cli.ts'
import { cliOutcome } from '../testing/cli-outcome.ts'

let folder: string
let store: MemoryBlobStore
let cluster: MemoryKafkaCluster

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kbackup-cli-'))
  store = new MemoryBlobStore()
  cluster = new MemoryKafkaCluster()
  await cluster.simulation.createTopic('orders', { partitionCount: 2, configs: { 'retention.ms': '-1' } })
  for (const partition of [0, 1]) {
    const records = [1, 2, 3, 4, 5].map((second) => ({ value: `${second}`, timestamp: time(second) }))
    await cluster.simulation.append({ topic: 'orders', partition }, records)
  }
})

afterEach(() => rm(folder, { recursive: true, force: true }))

function time(second: number): bigint {
  return BigInt(Date.parse('2026-11-20T14:00:00Z') + second * 1000)
}

function kbackup(line: string, options: Partial<CliRun> = {}) {
  return cliOutcome(line, { store, cluster, folderNames }, options)
}

/** Of the folder `missing` there is nothing, every other one is the store. */
async function folderNames(location: StoreLocation): Promise<readonly string[] | undefined> {
  if (location.backend === 'filesystem' && location.directory === 'missing') return undefined
  const names = new Set<string>()
  for await (const { key } of store.list('')) names.add(key.split('/', 1)[0] ?? '')
  return [...names]
}

async function config(mode: 'backup' | 'restore', extra = ''): Promise<string> {
  const file = join(folder, `${mode}.yaml`)
  const end = mode === 'backup' ? 'source' : 'target'
  await writeFile(
    file,
    `mode: ${mode}\nbackup_id: payments\n${end}:\n  bootstrap_servers: ["a:1"]\n` +
      `storage:\n  backend: filesystem\n  path: ${folder}\n${extra}`,
  )
  return file
}

async function backUp(): Promise<void> {
  expect(await kbackup(`backup --config ${await config('backup')}`)).toMatchObject({ status: 0 })
}

/** Interrupts a backup when it has written the object of this name. */
async function interruptedBackUp(file: string, name: string) {
  const aborter = new AbortController()
  const put = store.put.bind(store)
  store.put = async (key, body, options) => {
    await put(key, body, options)
    if (key.endsWith(name)) aborter.abort(new KbackupError('KB_INTERRUPTED', { message: 'interrupted' }))
  }
  const run = await kbackup(`backup --config ${file}`, { signal: aborter.signal })
  store.put = put
  return run
}

const RENAMED = 'restore:\n  topic_mapping: { orders: restored }\n'

describe('kbackup backup', () => {
  it('says first that it is one-shot, reports on stdout, and takes only what is new the second time', async () => {
    const first = await kbackup(`backup --config ${await config('backup')}`)
    expect(first.status).toBe(0)
    expect(first.stderr.split('\n')[0]).toBe(
      '[INFO] One-shot backup: takes what the topics hold at this moment, then ends',
    )
    expect(first.stdout).toContain('10 records in 1 topic')
    const second = await kbackup(`backup --config ${await config('backup')} --format json`)
    expect(JSON.parse(second.stdout)).toMatchObject({ backup_id: 'payments', records: 0, commit: { sequence: 2 } })
    const described = await kbackup('describe --path a --backup-id payments --format json')
    const { restorable_range: range } = JSON.parse(second.stdout)
    expect(range).toEqual(JSON.parse(described.stdout).restorable_range)
  })

  it('writes nothing with --dry-run', async () => {
    const { status, stdout } = await kbackup(`backup --config ${await config('backup')} --dry-run`)
    expect(status).toBe(0)
    expect(stdout).toContain('orders')
    expect((await kbackup('describe --path a --backup-id payments')).stderr).toContain('KB_ARCHIVE_NOT_FOUND')
  })

  it('warns of a pattern that matches nothing beside one that does, in the plan and in the result', async () => {
    const file = await config('backup')
    const include = 'include: ["ord*", "~^payments", "*", "eu-*"]'
    await writeFile(file, (await readFile(file, 'utf8')).replace('["a:1"]', `["a:1"]\n  topics: { ${include} }`))
    const warning = 'no topic of the source cluster matches ~^payments, eu-*'
    expect((await kbackup(`backup --config ${file} --dry-run`)).stdout).toContain(`KB_WARNING_PATTERN  ${warning}`)
    const { status, stdout, stderr } = await kbackup(`backup --config ${file} --format json`)
    expect(status).toBe(0)
    expect(JSON.parse(stdout).warnings).toMatchObject([{ code: 'KB_WARNING_PATTERN', message: warning }])
    expect(stderr).toContain(`[WARN] KB_WARNING_PATTERN: ${warning}`)
  })

  it('exits 1 for a topic that was named and is not there', async () => {
    const file = await config('backup')
    await writeFile(file, (await readFile(file, 'utf8')).replace('["a:1"]', '["a:1"]\n  topics: { include: [order] }'))
    const { status, stderr } = await kbackup(`backup --config ${file}`)
    expect(status).toBe(1)
    expect(stderr).toContain('KB_TOPIC_NOT_FOUND')
    expect(stderr).toContain('→ did you mean orders?')
  })

  it('writes lines of JSON to stderr, and nothing else, with --log-format json', async () => {
    const { stderr } = await kbackup(`backup --config ${await config('backup')} --log-format json --log-level debug`)
    const lines = stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.map(({ level }) => level)).toEqual(expect.arrayContaining(['info', 'debug']))
    expect(lines.every(({ time: at, msg }) => typeof at === 'string' && typeof msg === 'string')).toBe(true)
  })

  it('tells a user who interrupts it that nothing is committed, or which commit is the last, and that it goes on', async () => {
    const file = await config('backup')
    const interrupted = await interruptedBackUp(file, 'archive.json')
    expect(interrupted.status).toBe(130)
    expect(interrupted.stderr).toContain(
      '→ nothing was committed as far as is known, by this run: what earlier runs have committed stays;',
    )
    expect((await kbackup('describe --path a --backup-id payments')).stdout).toContain('none yet')
    const { stderr } = await interruptedBackUp(file, 'manifest.json')
    const described = await kbackup('describe --path a --backup-id payments --format json')
    const { sequence, sha256 } = JSON.parse(described.stdout).commit
    expect(stderr).toContain(
      `→ one commit of this run stays, with 10 records; the last that is known is ${sequence}:${sha256}; run the same command`,
    )
    expect((await kbackup(`backup --config ${file} --format json`)).stdout).toContain('"records": 0')
  })

  it('ends when it is interrupted, also where a call never comes back, and says what may be left', async () => {
    const put = store.put.bind(store)
    const aborter = new AbortController()
    store.put = (key, body, options) => {
      if (!key.endsWith('archive.json')) return put(key, body, options)
      aborter.abort(new KbackupError('KB_INTERRUPTED', { message: 'the run was interrupted by SIGTERM' }))
      return new Promise(() => undefined)
    }
    const run = await kbackup(`backup --config ${await config('backup')}`, {
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
    expect(await kbackup(`backup --config ${await config('backup')} --log-level error`)).toMatchObject({ stderr: '' })
  })
})

describe('kbackup restore', () => {
  it('restores a window given by flags, which win over the configuration', async () => {
    await backUp()
    const file = await config('restore', `${RENAMED}  time_window_end: 2026-11-20T14:00:01Z\n`)
    const flags = '--time-start 2026-11-20T15:00:02+01:00 --time-end 2026-11-20T14:00:04.000Z'
    const { status, stdout, stderr } = await kbackup(`restore --config ${file} ${flags} --format json`)
    expect({ status, stderr }).toMatchObject({ status: 0 })
    expect(JSON.parse(stdout)).toMatchObject({ records_restored: 6, records_skipped: 4, backup_id: 'payments' })
    expect(stderr).toContain('[INFO] Starting PITR restore from: payments')
    expect(stderr).toContain('[INFO] Time window: 2026-11-20T14:00:02Z to 2026-11-20T14:00:04Z')
  })

  it('takes epoch milliseconds for a time, and says which moment they are', async () => {
    await backUp()
    const flags = `--time-start ${time(2)} --time-end ${time(4)}`
    const { status, stderr } = await kbackup(`restore --config ${await config('restore', RENAMED)} ${flags}`)
    expect({ status, stderr }).toMatchObject({ status: 0 })
    expect(stderr).toContain('[INFO] Time window: 2026-11-20T14:00:02Z to 2026-11-20T14:00:04Z')
  })

  it('refuses times without an offset, seconds, and an empty window', async () => {
    const file = await config('restore')
    for (const flags of ['--time-end 2026-11-20T14:00:00', '--time-end 1732886940', '--time-end tomorrow']) {
      expect(await kbackup(`restore --config ${file} ${flags}`)).toMatchObject({ status: 2, stdout: '' })
    }
    expect((await kbackup(`restore --config ${file} --time-end 1732886940`)).stderr).toContain(
      '→ did you mean 1732886940000 (2024-11-29T13:29:00Z)?',
    )
    const empty = await kbackup(
      `restore --config ${file} --time-start 2026-11-20T14:00:01Z --time-end 2026-11-20T14:00:00Z`,
    )
    expect(empty).toMatchObject({ status: 2, stderr: expect.stringContaining('the window is empty') })
  })

  it('exits 3 and prints the plan where it has blockers, and writes nothing', async () => {
    await backUp()
    const file = await config('restore')
    const { status, stdout } = await kbackup(`restore --config ${file}`)
    expect(status).toBe(3)
    expect(stdout).toContain('KB_HAZARD_TARGET_HAS_RECORDS')
    expect((await kbackup(`validate-restore --config ${file}`)).stdout).toContain('✗ BLOCKED (1 blocker)')
    const data = await kbackup(`validate-restore --config ${file} --format json`)
    expect(data.status).toBe(3)
    expect(JSON.parse(data.stdout)).toMatchObject({ valid: false, hazards: [{ code: 'KB_HAZARD_TARGET_HAS_RECORDS' }] })
  })

  it('shows each position of a group, and in JSON has all keys in snake_case, planned and run', async () => {
    await cluster.commitGroupOffsets('payment-processor', [
      { topic: 'orders', partition: 0, offset: 3n, leaderEpoch: -1, metadata: null },
    ])
    await backUp()
    const other = `${RENAMED.replace('}', ', ordres: x }')}  consumer_groups: [payment-processor]\n`
    const file = await config('restore', other)
    expect((await kbackup(`restore --config ${file} --dry-run`)).stdout).toMatch(/orders\/0 +3 +exact/)
    const plan = JSON.parse((await kbackup(`restore --config ${file} --dry-run --format json`)).stdout)
    const run = await kbackup(`restore --config ${file} --format json`)
    const receipt = JSON.parse(run.stdout)
    for (const data of [plan, receipt]) {
      expect(data).toMatchObject({
        groups: [
          {
            group: 'payment-processor',
            positions: [{ partition: 'orders/0', source_offset: '3', known: 'exact' }],
            without_position: ['orders/1'],
          },
        ],
        notes: [expect.stringContaining('ordres')],
        time_range: { start: null, end_iso: null },
      })
      expect(keysOf(data).filter((key) => /[A-Z]/.test(key))).toEqual([])
    }
    expect(run.stderr).toContain('[WARN] the mapping names the topic ordres')
    const again = await kbackup(`restore --config ${file} --format json`)
    expect(keysOf(JSON.parse(again.stdout)).filter((key) => /[A-Z]/.test(key))).toEqual([])
  })

  it('exits 3 for a window without records, with the range that there is, planned or run', async () => {
    await backUp()
    const file = await config('restore', RENAMED)
    for (const flags of [' --dry-run', '']) {
      const { status, stdout } = await kbackup(
        `restore --config ${file} --time-start 2026-11-20T14:00:02.500Z --time-end 2026-11-20T14:00:02.600Z${flags}`,
      )
      expect(status).toBe(3)
      expect(stdout).toContain('KB_HAZARD_EMPTY_WINDOW')
      expect(stdout).toContain('from 2026-11-20T14:00:01.000Z to 2026-11-20T14:00:05.000Z (--time-start, --time-end)')
    }
  })

  it('names after a restore the one that was finished, and what deletes data last, in the keys of the configuration', async () => {
    await backUp()
    const file = await config('restore', RENAMED)
    await kbackup(`restore --config ${file} --new-restore-id first`)
    const { status, stdout } = await kbackup(`restore --config ${file}`)
    expect(status).toBe(3)
    expect(stdout).toMatch(/restore first \(begun at .*, finished, all records\) wrote there: it was told the same/)
    const settled = stdout.split('\n').filter((line) => /settle with| or /.test(line))
    expect(settled.at(0)).toContain('(restore.topic_mapping)')
    expect(settled.at(-1)).toContain('restore.existing_topics: recreate (deletes the topic')
  })

  it('writes nothing with --dry-run and with dry_run: true', async () => {
    await backUp()
    const flagged = await kbackup(`restore --config ${await config('restore', RENAMED)} --dry-run`)
    const configured = await kbackup(`restore --config ${await config('restore', `${RENAMED}  dry_run: true\n`)}`)
    for (const { status, stdout } of [flagged, configured]) {
      expect(status).toBe(0)
      expect(stdout).toContain('Nothing was written.')
    }
    expect((await cluster.describeTopics('all')).some(({ topic }) => topic === 'restored')).toBe(false)
  })

  it('resumes only what there is: an unknown --restore-id exits 1 and writes nothing, --new-restore-id names a new one', async () => {
    await backUp()
    const file = await config('restore', RENAMED)
    const before = store.keys()
    for (const flags of ['', ' --dry-run']) {
      const unknown = await kbackup(`restore --config ${file} --restore-id tpyo${flags}`)
      expect(unknown).toMatchObject({ status: 1, stdout: '', stderr: expect.stringContaining('KB_RESTORE_NOT_FOUND') })
    }
    expect(store.keys()).toEqual(before)
    const named = await kbackup(`restore --config ${file} --new-restore-id nightly --format json`)
    expect(JSON.parse(named.stdout)).toMatchObject({ restore_id: 'nightly', records_restored: 10 })
    const finished = await kbackup(`restore --config ${file} --restore-id nightly`)
    expect(finished).toMatchObject({ status: 2, stderr: expect.stringContaining('restore nightly is finished') })
    expect(await kbackup(`restore --config ${file} --restore-id nightly --new`)).toMatchObject({ status: 2 })
  })

  it('moves groups that are named, and leaves them where the configuration says so, and says that', async () => {
    await cluster.commitGroupOffsets('payment-processor', [
      { topic: 'orders', partition: 0, offset: 3n, leaderEpoch: -1, metadata: null },
    ])
    await backUp()
    const named = `${RENAMED}  consumer_groups: [payment-processor]\n`
    const vetoed = await kbackup(
      `restore --config ${await config('restore', `${named}  reset_consumer_offsets: false\n`)}`,
    )
    expect(vetoed).toMatchObject({ status: 0, stderr: expect.stringContaining('payment-processor: left alone') })
    const other = named.replace('restored', 'restored-again')
    const moved = await kbackup(`restore --config ${await config('restore', other)}`)
    expect(moved.stdout).toContain('payment-processor  reset')
    const [group] = await cluster.fetchGroupOffsets(['payment-processor'])
    expect(group?.offsets).toContainEqual(
      expect.objectContaining({ topic: 'restored-again', partition: 0, offset: 3n }),
    )
    expect(group?.offsets.some(({ topic }) => topic === 'restored')).toBe(false)
  })

  it('lists the archived groups where a reset is asked for without names', async () => {
    await cluster.commitGroupOffsets('payment-processor', [
      { topic: 'orders', partition: 0, offset: 3n, leaderEpoch: -1, metadata: null },
    ])
    await backUp()
    const file = await config('restore', `${RENAMED}  reset_consumer_offsets: true\n`)
    const { status, stderr } = await kbackup(`restore --config ${file}`)
    expect(status).toBe(2)
    expect(stderr).toContain(`${file}:10:27 restore.reset_consumer_offsets: true needs the names of the groups`)
    expect(stderr).toContain('the archive holds payment-processor')
  })

  it('exits 1 for an archive that is not there', async () => {
    expect(await kbackup(`restore --config ${await config('restore')}`)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('KB_ARCHIVE_NOT_FOUND'),
    })
  })
})

/** All keys of a value, at any depth. */
function keysOf(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return []
  const own = Array.isArray(value) ? [] : Object.keys(value)
  return [...own, ...Object.values(value).flatMap(keysOf)]
}

describe('kbackup validate', () => {
  it('exits 0 for a sound archive, at both depths, and holds it to a commit', async () => {
    await backUp()
    const data = JSON.parse((await kbackup('describe --path a --backup-id payments --format json')).stdout)
    const expected = `${data.commit.sequence}:${data.commit.sha256}`
    for (const flags of ['', ' --deep', ` --expect-commit ${expected}`]) {
      expect(await kbackup(`validate --path a --backup-id payments${flags}`)).toMatchObject({
        status: 0,
        stdout: expect.stringContaining('✓ VALID'),
      })
    }
  })

  it('says how many of the records that it counts are those of group positions, which describe does not count', async () => {
    await cluster.commitGroupOffsets('payment-processor', [
      { topic: 'orders', partition: 0, offset: 3n, leaderEpoch: -1, metadata: null },
    ])
    await backUp()
    const { total_records } = JSON.parse((await kbackup('describe --path a --backup-id payments --format json')).stdout)
    for (const flags of ['', ' --deep']) {
      const report = await kbackup(`validate --path a --backup-id payments --format json${flags}`)
      const { records, offsets_topic_records } = JSON.parse(report.stdout)
      expect(offsets_topic_records).toBeGreaterThan(0)
      expect(records - offsets_topic_records).toBe(total_records)
      const { stdout } = await kbackup(`validate --path a --backup-id payments${flags}`)
      expect(stdout).toContain(`${records} records, of which ${offsets_topic_records} of __consumer_offsets`)
    }
  })

  it('exits 4 and names the object where a byte was flipped, and for a commit that the archive does not hold', async () => {
    await backUp()
    const key = await dataKey()
    const bytes = await store.get(key)
    bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1)
    await store.put(key, bytes)
    const damaged = await kbackup('validate --path a --backup-id payments --deep --format json')
    expect(damaged.status).toBe(4)
    const restored = await kbackup(`restore --config ${await config('restore', RENAMED)}`)
    expect(restored).toMatchObject({ status: 4, stdout: '', stderr: expect.stringContaining('KB_ARCHIVE_DAMAGED') })
    expect(JSON.parse(damaged.stdout)).toMatchObject({ valid: false, findings: [{ severity: 'damage', key }] })
    const other = await kbackup(`validate --path a --backup-id payments --expect-commit 1:${'0'.repeat(64)}`)
    expect(other.status).toBe(4)
  })

  it('exits 0 with a warning where the archive may not be pinned', async () => {
    await backUp()
    const put = store.put.bind(store)
    store.put = async (key, ...rest) => {
      if (key.includes('/pins/')) throw new KbackupError('KB_STORE_FORBIDDEN', { message: 'read only' })
      return put(key, ...rest)
    }
    const { status, stdout, stderr } = await kbackup('validate --path a --backup-id payments --format json')
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ valid: true, warnings: [{ code: 'KB_WARNING_PIN' }] })
    expect(stderr).toContain('[WARN] KB_WARNING_PIN: commit 1 was verified without a pin: read only → ')
  })

  it('exits 2 for a commit that is not written as one', async () => {
    expect((await kbackup('validate --path a --backup-id payments --expect-commit 42')).status).toBe(2)
  })
})

describe('kbackup list', () => {
  it('says to which moments each archive can be restored, as describe does', async () => {
    await backUp()
    const described = JSON.parse((await kbackup('describe --path a --backup-id payments --format json')).stdout)
    const { earliest_timestamp_iso: from, latest_timestamp_iso: to } = described.restorable_range
    expect(from).toBe('2026-11-20T14:00:01Z')
    expect((await kbackup('describe --path a --backup-id payments')).stdout).toContain(
      `Restorable:        ${from} to ${to}`,
    )
    expect(await kbackup('list --path a')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining(`${from} to ${to}`),
    })
    const listed = JSON.parse((await kbackup('list --path a --format json')).stdout)
    expect(listed.backups).toMatchObject([{ backup_id: 'payments', restorable_range: described.restorable_range }])
  })

  it('exits 1 for a folder that is not there', async () => {
    const { status, stdout, stderr } = await kbackup('list --path missing')
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toContain('error KB_ARCHIVE_NOT_FOUND: there is no folder missing')
  })

  it('lists what it can beside a damaged archive, says what is wrong with that one, and exits 4', async () => {
    await backUp()
    await store.put('broken/archive.json', Buffer.from('{}'))
    await store.put('notes/todo.txt', Buffer.from('no archive'))
    const { status, stdout } = await kbackup('list --path a')
    expect(status).toBe(4)
    expect(stdout).toMatch(/^payments +2026-/m)
    expect(stdout).toMatch(/^broken: KB_ARCHIVE_DAMAGED: /m)
    expect(stdout).not.toContain('notes')
    const { backups } = JSON.parse((await kbackup('list --path a --format json')).stdout)
    expect(backups).toMatchObject([
      { backup_id: 'broken', error: { code: 'KB_ARCHIVE_DAMAGED' } },
      { backup_id: 'payments' },
    ])
    const rows = (await kbackup('list --path a --format csv')).stdout.trim().split('\n')
    expect(new Set(rows.map((row) => row.split(',').length)).size).toBe(1)
  })
})

describe('an archive that is not there', () => {
  it('is an error that names those that are, and where the place was given', async () => {
    await backUp()
    const { status, stderr } = await kbackup('describe --path a --backup-id payment')
    expect(status).toBe(1)
    expect(stderr).toContain('→ a holds payments; check --path and --backup-id')
    const file = await config('restore')
    await writeFile(file, (await readFile(file, 'utf8')).replace('payments', 'payment'))
    for (const command of ['restore', 'validate-restore']) {
      const run = await kbackup(`${command} --config ${file}`)
      expect(run.stderr).toContain(`→ ${folder} holds payments; check storage.path and backup_id in ${file}`)
    }
    expect((await kbackup('validate --path missing --backup-id payment')).stderr).toContain(
      '→ there is no folder missing',
    )
  })
})

describe('a place that is itself an archive', () => {
  it('is an error of every command, with the folder around it', async () => {
    await store.put('archive.json', Buffer.from('{}'))
    for (const command of ['describe', 'validate', 'show-offset-mapping', 'list']) {
      const backupId = command === 'list' ? '' : ' --backup-id payments'
      const { status, stdout, stderr } = await kbackup(`${command} --path ./backups/payments${backupId}`)
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
      expect(stderr).toContain('./backups/payments is itself the archive payments\n  → give --path ./backups\n')
    }
    for (const command of ['backup', 'restore', 'validate-restore']) {
      const file = await config(command === 'backup' ? 'backup' : 'restore')
      const { status, stderr } = await kbackup(`${command} --config ${file}`)
      expect(status).toBe(1)
      expect(stderr).toContain(`${folder} is itself the archive`)
      expect(stderr).toContain(`→ give storage.path ${tmpdir()}\n`)
    }
    const onS3 = await kbackup('list --path s3://bucket/prod/payments')
    expect(onS3.stderr).toContain('→ give --path s3://bucket/prod\n')
  })
})

describe('kbackup show-offset-mapping', () => {
  const show = 'show-offset-mapping --path a --backup-id payments'

  it('shows where the records of the newest finished restore stand, or of the one that is asked for', async () => {
    await backUp()
    const file = await config('restore', `${RENAMED}  time_window_start: 2026-11-20T14:00:03Z\n`)
    const first = JSON.parse((await kbackup(`restore --config ${file} --format json`)).stdout).restore_id
    const other = await config('restore', RENAMED.replace('restored', 'whole'))
    const second = JSON.parse((await kbackup(`restore --config ${other} --format json`)).stdout).restore_id
    const { status, stdout } = await kbackup(`${show} --restore-id ${first}`)
    expect(status).toBe(0)
    expect(stdout).toContain(`║ Restore:   ${first} (finished, begun `)
    expect(stdout).toMatch(/^║ orders\/1 +│ 2 - 4 +│ restored\/1 +│ 0 - 2 +│ 3 +║$/m)
    expect(stdout).toContain('  --topic restored:1 \\\n  --reset-offsets --to-offset 0 --execute')
    const newest = JSON.parse((await kbackup(`${show} --format json`)).stdout)
    expect(newest).toMatchObject({
      restore: { restore_id: second, finished: true },
      entries: [
        { topic: 'orders', partition: 0, target_topic: 'whole', source_last_offset: '4', target_last_offset: '4' },
        { partition: 1, records: '5', runs: [{ source_first_offset: '0', target_first_offset: '0' }] },
      ],
    })
    expect((await kbackup(`${show} --restore-id ${first} --format csv`)).stdout.trim().split('\n')).toEqual([
      'topic,partition,source_first_offset,source_last_offset,target_topic,target_partition,target_first_offset,target_last_offset',
      'orders,0,2,4,restored,0,0,2',
      'orders,1,2,4,restored,1,0,2',
    ])
  })

  it('explains what is missing where there is no restore, and suggests no reset of the original topics', async () => {
    await backUp()
    const { status, stdout } = await kbackup(show)
    expect(status).toBe(0)
    expect(stdout).toContain('No restore of this archive has ended yet')
    expect(stdout).not.toContain('--to-offset')
  })

  it('exits 1 for a restore that the archive does not have', async () => {
    await backUp()
    expect(await kbackup(`${show} --restore-id other`)).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringContaining('KB_RESTORE_NOT_FOUND'),
    })
  })
})

/** An object with records: small sections share bundles. */
async function dataKey(): Promise<string> {
  for await (const { key } of store.list('payments/bundles/')) return key
  throw new Error('the archive has no bundle')
}
