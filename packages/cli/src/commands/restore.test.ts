import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { OrdersCli, orderTime, RENAMED } from './testing/orders-cli.ts'

let cli: OrdersCli

beforeEach(async () => {
  cli = await OrdersCli.open()
})

afterEach(() => cli[Symbol.asyncDispose]())

/** All keys of a value, at any depth. */
function keysOf(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return []
  const own = Array.isArray(value) ? [] : Object.keys(value)
  return [...own, ...Object.values(value).flatMap(keysOf)]
}

describe('kbackup restore', () => {
  it('restores a window given by flags, which win over the configuration', async () => {
    await cli.backUp()
    const file = await cli.config('restore', `${RENAMED}  time_window_end: 2026-11-20T14:00:01Z\n`)
    const flags = '--time-start 2026-11-20T15:00:02+01:00 --time-end 2026-11-20T14:00:04.000Z'
    const { status, stdout, stderr } = await cli.run(`restore --config ${file} ${flags} --format json`)
    expect({ status, stderr }).toMatchObject({ status: 0 })
    expect(JSON.parse(stdout)).toMatchObject({ records_restored: 6, records_skipped: 4, backup_id: 'payments' })
    expect(stderr).toContain('[INFO] Starting PITR restore from: payments')
    expect(stderr).toContain('[INFO] Time window: 2026-11-20T14:00:02Z to 2026-11-20T14:00:04Z')
  })

  it('takes epoch milliseconds for a time, and says which moment they are', async () => {
    await cli.backUp()
    const flags = `--time-start ${orderTime(2)} --time-end ${orderTime(4)}`
    const { status, stderr } = await cli.run(`restore --config ${await cli.config('restore', RENAMED)} ${flags}`)
    expect({ status, stderr }).toMatchObject({ status: 0 })
    expect(stderr).toContain('[INFO] Time window: 2026-11-20T14:00:02Z to 2026-11-20T14:00:04Z')
  })

  it.each([
    ['a mapping', '  topic_mapping: { ordres: restored }\n', 1, '`ordres`, which is to be renamed'],
    ['a topic with a window', '  topics: [{ name: ordres, time_window_end: 2026-11-20T14:00:04Z }]\n', 1, '`ordres`'],
    ['a partition that is mapped', `${RENAMED}  partition_mapping: { 7: 0 }\n`, 2, 'partition 7 is to be mapped'],
    ['a partition', `${RENAMED}  source_partitions: [0, 7]\n`, 2, 'partition 7 is to be restored'],
    ['one of a topic', `${RENAMED}  topics: [{ name: 'ord*', partitions: [7] }]\n`, 2, 'partition 7 is to be restored'],
  ])('refuses %s that the archive does not have, with what was meant, and writes nothing', async (...row) => {
    const [, settings, status, message] = row
    await cli.backUp()
    const before = await cli.cluster.describeTopics('all')
    const file = await cli.config('restore', `restore:\n${settings.replace('restore:\n', '')}`)
    for (const flags of ['', ' --dry-run', ' --only-missing']) {
      const refused = await cli.run(`restore --config ${file}${flags}`)
      expect(refused).toMatchObject({ status, stdout: '', stderr: expect.stringContaining(message) })
      expect(refused.stderr).toMatch(status === 1 ? 'did you mean orders?' : 'they have partitions 0 to 1 at most')
    }
    expect(await cli.cluster.describeTopics('all')).toEqual(before)
  })

  it('takes a mapping of more topics than are restored', async () => {
    await cli.cluster.simulation.createTopic('payments')
    await cli.backUp()
    const mapping = RENAMED.replace('}', ', payments: x }')
    expect(mapping).not.toBe(RENAMED)
    const file = await cli.config('restore', `${mapping}  topics: [orders]\n`)
    expect(await cli.run(`restore --config ${file}`)).toMatchObject({ status: 0 })
  })

  it('refuses times without an offset, seconds, and an empty window', async () => {
    const file = await cli.config('restore')
    for (const flags of ['--time-end 2026-11-20T14:00:00', '--time-end 1732886940', '--time-end tomorrow']) {
      expect(await cli.run(`restore --config ${file} ${flags}`)).toMatchObject({ status: 2, stdout: '' })
    }
    expect((await cli.run(`restore --config ${file} --time-end 1732886940`)).stderr).toContain(
      '→ did you mean 1732886940000 (2024-11-29T13:29:00Z)?',
    )
    const empty = await cli.run(
      `restore --config ${file} --time-start 2026-11-20T14:00:01Z --time-end 2026-11-20T14:00:00Z`,
    )
    expect(empty).toMatchObject({ status: 2, stderr: expect.stringContaining('the window is empty') })
  })

  it('exits 3 and prints the plan where it has blockers, and writes nothing', async () => {
    await cli.backUp()
    const file = await cli.config('restore')
    const { status, stdout } = await cli.run(`restore --config ${file}`)
    expect(status).toBe(3)
    expect(stdout).toContain('KB_HAZARD_TARGET_HAS_RECORDS')
    expect((await cli.run(`validate-restore --config ${file}`)).stdout).toContain('✗ BLOCKED (1 blocker)')
    const data = await cli.run(`validate-restore --config ${file} --format json`)
    expect(data.status).toBe(3)
    expect(JSON.parse(data.stdout)).toMatchObject({ valid: false, hazards: [{ code: 'KB_HAZARD_TARGET_HAS_RECORDS' }] })
  })

  it('shows each position of a group, and in JSON has all keys in snake_case, planned and run', async () => {
    await cli.cluster.commitGroupOffsets('payment-processor', [
      { topic: 'orders', partition: 0, offset: 3n, leaderEpoch: -1, metadata: null },
    ])
    await cli.backUp()
    const other = `${RENAMED}  topics: [orders, 'nothing.*']\n  consumer_groups: [payment-processor]\n`
    const file = await cli.config('restore', other)
    expect((await cli.run(`restore --config ${file} --dry-run`)).stdout).toMatch(/orders\/0 +3 +exact/)
    const plan = JSON.parse((await cli.run(`restore --config ${file} --dry-run --format json`)).stdout)
    const run = await cli.run(`restore --config ${file} --format json`)
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
        notes: [expect.stringContaining('nothing.*')],
        time_range: { start: null, end_iso: null },
      })
      expect(keysOf(data).filter((key) => /[A-Z]/.test(key))).toEqual([])
    }
    expect(run.stderr).toContain('[WARN] no topic of the archive matches nothing.*')
    const again = await cli.run(`restore --config ${file} --format json`)
    expect(keysOf(JSON.parse(again.stdout)).filter((key) => /[A-Z]/.test(key))).toEqual([])
  })

  it('exits 3 for a window without records, with the range that there is, planned or run', async () => {
    await cli.backUp()
    const file = await cli.config('restore', RENAMED)
    for (const flags of [' --dry-run', '']) {
      const { status, stdout } = await cli.run(
        `restore --config ${file} --time-start 2026-11-20T14:00:02.500Z --time-end 2026-11-20T14:00:02.600Z${flags}`,
      )
      expect(status).toBe(3)
      expect(stdout).toContain('KB_HAZARD_EMPTY_WINDOW')
      expect(stdout).toContain('from 2026-11-20T14:00:01.000Z to 2026-11-20T14:00:05.000Z (--time-start, --time-end)')
    }
  })

  it('names after a restore the one that was finished, and what deletes data last, in the keys of the configuration', async () => {
    await cli.backUp()
    const file = await cli.config('restore', RENAMED)
    await cli.run(`restore --config ${file} --new-restore-id first`)
    const { status, stdout } = await cli.run(`restore --config ${file}`)
    expect(status).toBe(3)
    expect(stdout).toMatch(/restore first \(begun at .*, finished, all records\) wrote there: it was told the same/)
    const settled = stdout.split('\n').filter((line) => /settle with| or /.test(line))
    expect(settled.at(0)).toContain('(restore.topic_mapping)')
    expect(settled.at(-1)).toContain('restore.existing_topics: recreate (deletes the topic')
  })

  it('writes nothing with --dry-run and with dry_run: true', async () => {
    await cli.backUp()
    const flagged = await cli.run(`restore --config ${await cli.config('restore', RENAMED)} --dry-run`)
    const configured = await cli.run(`restore --config ${await cli.config('restore', `${RENAMED}  dry_run: true\n`)}`)
    for (const { status, stdout } of [flagged, configured]) {
      expect(status).toBe(0)
      expect(stdout).toContain('Nothing was written.')
    }
    expect((await cli.cluster.describeTopics('all')).some(({ topic }) => topic === 'restored')).toBe(false)
  })

  it('resumes only what there is: an unknown --restore-id exits 1 and writes nothing, --new-restore-id names a new one', async () => {
    await cli.backUp()
    const file = await cli.config('restore', RENAMED)
    const before = cli.store.keys()
    for (const flags of ['', ' --dry-run']) {
      const unknown = await cli.run(`restore --config ${file} --restore-id tpyo${flags}`)
      expect(unknown).toMatchObject({ status: 1, stdout: '', stderr: expect.stringContaining('KB_RESTORE_NOT_FOUND') })
    }
    expect(cli.store.keys()).toEqual(before)
    const named = await cli.run(`restore --config ${file} --new-restore-id nightly --format json`)
    expect(JSON.parse(named.stdout)).toMatchObject({ restore_id: 'nightly', records_restored: 10 })
    const finished = await cli.run(`restore --config ${file} --restore-id nightly`)
    expect(finished).toMatchObject({ status: 2, stderr: expect.stringContaining('restore nightly is finished') })
    expect(await cli.run(`restore --config ${file} --restore-id nightly --new`)).toMatchObject({ status: 2 })
  })

  it('restores with --only-missing what the topic lacks, and says how much was there', async () => {
    await cli.backUp()
    const first = await cli.config('restore', RENAMED)
    await cli.run(`restore --config ${first} --time-end 2026-11-20T14:00:03.000Z`)
    const { status, stdout } = await cli.run(`restore --config ${first} --only-missing --dry-run`)
    expect({ status, stdout }).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/restored holds \d+ of the records already/),
    })
    const run = await cli.run(`restore --config ${first} --only-missing --format json`)
    const { records_restored: restored, records_present: present } = JSON.parse(run.stdout)
    expect(present).toBeGreaterThan(0)
    expect(restored + present).toBe(10)
  })

  it('of a topic with gaps counts each partition of a group once, and marks in the mapping what was there before', async () => {
    await cli.cluster.commitGroupOffsets('payment-processor', [
      { topic: 'orders', partition: 0, offset: 3n, leaderEpoch: -1, metadata: null },
    ])
    await cli.backUp()
    await cli.cluster.simulation.createTopic('restored', { partitionCount: 2, configs: { 'retention.ms': '-1' } })
    const [first, last] = [1, 5].map((second) => ({ value: `${second}`, timestamp: orderTime(second) }))
    for (const record of [first, last]) {
      if (record !== undefined) await cli.cluster.simulation.append({ topic: 'restored', partition: 0 }, [record])
    }
    const settings = `${RENAMED}  consumer_groups: [payment-processor]\n  guards: { order: accept }\n`
    const flags = `--config ${await cli.config('restore', settings)} --only-missing`
    const plan = await cli.run(`restore ${flags} --dry-run`)
    expect(plan.stdout).toContain('groups go on at the first record that they had not read')
    const run = await cli.run(`restore ${flags}`)
    expect(run.stderr).toContain('Consumer group payment-processor: reset (1 partition)')
    expect(run.stdout).toContain('payment-processor  reset  1 position as of')
    const { stdout } = await cli.run('show-offset-mapping --path a --backup-id payments')
    expect(stdout).toMatch(/orders\/0 +│ 0 - 4 +│ restored\/0 +│ 0 - 1 +│ 2 \(there before\)/)
    expect(stdout).toContain('Rows with "there before"')
  })

  it('moves groups that are named, and leaves them where the configuration says so, and says that', async () => {
    await cli.cluster.commitGroupOffsets('payment-processor', [
      { topic: 'orders', partition: 0, offset: 3n, leaderEpoch: -1, metadata: null },
    ])
    await cli.backUp()
    const named = `${RENAMED}  consumer_groups: [payment-processor]\n`
    const vetoed = await cli.run(
      `restore --config ${await cli.config('restore', `${named}  reset_consumer_offsets: false\n`)}`,
    )
    expect(vetoed).toMatchObject({ status: 0, stderr: expect.stringContaining('payment-processor: left alone') })
    const other = named.replace('restored', 'restored-again')
    const moved = await cli.run(`restore --config ${await cli.config('restore', other)}`)
    expect(moved.stdout).toContain('payment-processor  reset')
    const [group] = await cli.cluster.fetchGroupOffsets(['payment-processor'])
    expect(group?.offsets).toContainEqual(
      expect.objectContaining({ topic: 'restored-again', partition: 0, offset: 3n }),
    )
    expect(group?.offsets.some(({ topic }) => topic === 'restored')).toBe(false)
  })

  it('lists the archived groups where a reset is asked for without names', async () => {
    await cli.cluster.commitGroupOffsets('payment-processor', [
      { topic: 'orders', partition: 0, offset: 3n, leaderEpoch: -1, metadata: null },
    ])
    await cli.backUp()
    const file = await cli.config('restore', `${RENAMED}  reset_consumer_offsets: true\n`)
    const { status, stderr } = await cli.run(`restore --config ${file}`)
    expect(status).toBe(2)
    expect(stderr).toContain(`${file}:10:27 restore.reset_consumer_offsets: true needs the names of the groups`)
    expect(stderr).toContain('the archive holds payment-processor')
  })

  it('exits 1 for an archive that is not there', async () => {
    expect(await cli.run(`restore --config ${await cli.config('restore')}`)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('KB_ARCHIVE_NOT_FOUND'),
    })
  })
})
