import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { MemoryCli } from './testing/memory-cli.ts'

const NOW = BigInt(Date.now())
const RECORDS = 5

async function backedUp(): Promise<MemoryCli> {
  const cli = await MemoryCli.open()
  const records = Array.from({ length: RECORDS }, (_, ordinal) => ({ value: `${ordinal}`, timestamp: NOW }))
  await cli.fill('orders', [records])
  await cli.commit('billing', 'orders', [3n])
  await cli.backUp()
  return cli
}

async function json(path: string) {
  return JSON.parse(await readFile(path, 'utf8'))
}

describe('checkpoint_state', () => {
  it('is a file in the shape of the guide, with the numbers as numbers, and nothing is left beside it', async () => {
    await using cli = await backedUp()
    const file = join(cli.folder, 'restore-checkpoint.json')
    const { status } = await cli.restore([`checkpoint_state: ${file}`, 'checkpoint_interval_secs: 60'])
    expect(status).toBe(0)
    expect(await json(file)).toEqual({
      backup_id: 'payments',
      restore_id: expect.any(String),
      start_time: expect.any(Number),
      last_checkpoint_time: expect.any(Number),
      segments_completed: [expect.stringMatching(/^payments\/.*\.zst$/)],
      segments_in_progress: [],
      records_restored: RECORDS,
      bytes_restored: expect.any(Number),
      config_hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    expect((await readdir(cli.folder)).sort()).toEqual(['backup.yaml', 'restore-checkpoint.json', 'restore.yaml'])
  })

  it('of a restore with another configuration exits 2, planned or run, and the file is as it was', async () => {
    await using cli = await backedUp()
    const file = join(cli.folder, 'restore-checkpoint.json')
    await cli.restore([`checkpoint_state: ${file}`])
    const before = await readFile(file, 'utf8')
    for (const flags of [['--dry-run'], []]) {
      const { status, stderr } = await cli.restore([`checkpoint_state: ${file}`, 'topic_mapping: { orders: b }'], flags)
      expect(status).toBe(2)
      expect(stderr).toContain('belongs to another restore')
      expect(stderr).toContain('it was not begun with orders/0 → b/0')
    }
    expect(await readFile(file, 'utf8')).toBe(before)
  })
})

describe('offset_report', () => {
  it('is a file with each run of offsets, and with where each group goes on', async () => {
    await using cli = await backedUp()
    const file = join(cli.folder, 'offset-mapping.json')
    await cli.target.simulation.createTopic('orders')
    await cli.target.simulation.append({ topic: 'orders', partition: 0 }, [{ value: 'before' }])
    const lines = ['existing_topics: append', 'consumer_groups: [billing]', `offset_report: ${file}`]
    const { status, stderr } = await cli.restore(lines)
    expect(status).toBe(0)
    expect(stderr).toContain(`Offset mapping written to ${file}`)
    const run = { source_first_offset: '0', source_last_offset: '4', target_first_offset: '1', target_last_offset: '5' }
    expect(await json(file)).toMatchObject({
      backup_id: 'payments',
      restore: { finished: true },
      entries: [{ topic: 'orders', partition: 0, target_topic: 'orders', target_partition: 0, runs: [run] }],
      groups: [{ group: 'billing', outcome: 'reset', targets: [{ target: 'orders/0', target_offset: '4' }] }],
    })
    const shown = await cli.run(['show-offset-mapping', '--path', 'a', '--backup-id', 'payments', '--format', 'json'])
    expect((await json(file)).entries).toEqual(JSON.parse(shown.stdout).entries)
  })

  it('takes the place of an earlier one, and of nothing else: what it is not is left as it is, exit 2', async () => {
    await using cli = await backedUp()
    const file = join(cli.folder, 'offset-mapping.json')
    expect((await cli.restore([`offset_report: ${file}`])).status).toBe(0)
    expect((await cli.restore([`offset_report: ${file}`, 'existing_topics: append'])).status).toBe(0)
    for (const text of ['remember the milk', '{"orders":{"partition":0}}']) {
      await writeFile(file, text)
      const { status, stderr } = await cli.restore([`offset_report: ${file}`, 'existing_topics: append'])
      expect([status, await readFile(file, 'utf8')]).toEqual([2, text])
      expect(stderr).toMatch(/restore\.yaml:\d+:\d+ restore\.offset_report: holds something else than an offset report/)
    }
  })

  it('is not written by a dry run', async () => {
    await using cli = await backedUp()
    const file = join(cli.folder, 'offset-mapping.json')
    expect((await cli.restore([`offset_report: ${file}`], ['--dry-run'])).status).toBe(0)
    expect(await readdir(cli.folder)).not.toContain('offset-mapping.json')
  })

  it('that cannot be written at the end exits 1, and says where the same is to be had', async () => {
    await using cli = await backedUp()
    const file = join(cli.folder, 'offset-mapping.json')
    // It came into the way while the restore ran.
    const { produce } = cli.target
    cli.target.produce = async (...args) => {
      await mkdir(join(file, 'in-the-way'), { recursive: true })
      return produce.apply(cli.target, args)
    }
    const { status, stderr } = await cli.restore([`offset_report: ${file}`])
    expect(status).toBe(1)
    expect(stderr).toMatch(/offset-mapping\.json could not be written.*show-offset-mapping --restore-id/s)
  })
})

describe.each(['checkpoint_state', 'offset_report'])('%s', (key) => {
  it('in a folder that is not there is blamed at its place, exit 2, before anything is restored', async () => {
    await using cli = await backedUp()
    const file = join(cli.folder, 'missing', 'file.json')
    for (const flags of [['--dry-run'], []]) {
      const { status, stderr } = await cli.restore([`${key}: ${file}`], flags)
      expect(status).toBe(2)
      expect(stderr).toMatch(new RegExp(`restore\\.yaml:\\d+:\\d+ restore\\.${key}: there is no folder `))
    }
    expect(await cli.target.describeTopics('all')).toEqual([])
  })

  it('that is a folder is refused', async () => {
    await using cli = await backedUp()
    const { status, stderr } = await cli.restore([`${key}: ${cli.folder}`])
    expect(status).toBe(2)
    expect(stderr).toContain(`restore.${key}: is a folder`)
  })
})

it('files that are not there are named at once, with all else that is wrong with a configuration', async () => {
  await using cli = await backedUp()
  const lines = [`offset_report: ${join(cli.folder, 'missing', 'a.json')}`, 'topic_maping: { orders: b }']
  const security =
    '  security: { security_protocol: SSL, ssl_ca_location: missing.pem, ssl_key_location: missing.key }\n'
  const file = join(cli.folder, 'wrong.yaml')
  const target = `target:\n  bootstrap_servers: ["a"]\n${security}`
  const settings = lines.map((line) => `  ${line}\n`).join('')
  await writeFile(
    file,
    `mode: restore\nbackup_id: payments\n${target}storage:\n  backend: filesystem\nbackup: {}\nrestore:\n${settings}`,
  )
  const { status, stderr } = await cli.run(['restore', '--config', file])
  expect(status).toBe(2)
  const named = stderr.match(/wrong\.yaml:\d+:\d+ ([\w.[\]]+)/g)?.map((match) => match.split(' ')[1])
  expect(named).toEqual([
    'target.bootstrap_servers[0]',
    'target.security.ssl_ca_location',
    'target.security.ssl_key_location',
    'storage.path',
    'backup',
    'restore.offset_report',
    'restore.topic_maping',
  ])
})

it('a checkpoint file that is somebody else’s text is left as it is', async () => {
  await using cli = await backedUp()
  const file = join(cli.folder, 'notes.txt')
  await writeFile(file, 'remember the milk')
  const { status, stderr } = await cli.restore([`checkpoint_state: ${file}`])
  expect([status, await readFile(file, 'utf8')]).toEqual([2, 'remember the milk'])
  expect(stderr).toContain('is no checkpoint of a restore')
})
