import { appendFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MemoryBlobStore, MemoryKafkaCluster } from '@kbackup/core/testing'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { memoryOutcome } from '../testing/cli-outcome.ts'
import { configurationFile } from '../testing/configuration-file.ts'

const HELD = 'restore:\n  guards: { retention: hold }\n  existing_topics: purge\n'

let folder: string
let file: string
let cluster: MemoryKafkaCluster
let store: MemoryBlobStore

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kbackup-settings-'))
  store = new MemoryBlobStore()
  cluster = new MemoryKafkaCluster()
  await cluster.simulation.createTopic('orders', { configs: { 'retention.ms': '1000' } })
  await cluster.simulation.append({ topic: 'orders', partition: 0 }, [{ value: 'old', timestamp: 1n }])
  file = await configurationFile(folder, 'restore', HELD)
  await kbackup(`backup --config ${await configurationFile(folder, 'backup')}`)
})

afterEach(() => rm(folder, { recursive: true, force: true }))

function kbackup(line: string) {
  return memoryOutcome(line, { store, cluster })
}

async function retention(): Promise<string | null | undefined> {
  const entries = (await cluster.describeTopicConfigs(['orders'])).get('orders')
  return entries?.find(({ name }) => name === 'retention.ms')?.value
}

it('a held retention comes back with kbackup restore release, which says so', async () => {
  expect(await kbackup(`restore --config ${file} --new-restore-id r1`)).toMatchObject({ status: 0 })
  expect(await retention()).toBe('-1')
  const { status, stdout } = await kbackup(`restore release r1 --config ${file}`)
  expect(status).toBe(0)
  expect(stdout).toMatch(/orders +retention\.ms +-1 → 1000 +put back/)
  expect(await retention()).toBe('1000')
  const again = await kbackup(`restore release r1 --config ${file} --format json`)
  expect(JSON.parse(again.stdout)).toMatchObject({ restore_id: 'r1', settings: [{ outcome: 'put_back' }, {}] })
})

it('release and undo take the archive by its place, as the other commands on a restore do', async () => {
  await kbackup(`restore --config ${file} --new-restore-id r1`)
  const place = '--path a --backup-id payments'
  expect(await kbackup(`restore release r1 ${place}`)).toMatchObject({ status: 0 })
  expect(await retention()).toBe('1000')
  const undone = await kbackup(`restore undo r1 ${place} --bootstrap-servers a:1`)
  expect(undone).toMatchObject({ status: 2, stderr: expect.stringContaining('is finished') })
  expect(await kbackup('restore release r1')).toMatchObject({ status: 2, stderr: expect.stringContaining('--path') })
})

it('kbackup restore undo puts back what a restore that broke off had changed', async () => {
  cluster.faults.schedule({ api: 'produce', fault: { kind: 'error', name: 'POLICY_VIOLATION' } })
  expect(await kbackup(`restore --config ${file} --new-restore-id r1`)).toMatchObject({ status: 1 })
  expect(await retention()).toBe('-1')
  expect(await kbackup(`restore release r1 --config ${file}`)).toMatchObject({ status: 2 })
  expect(await kbackup(`restore undo r1 --config ${file}`)).toMatchObject({ status: 0 })
  expect(await retention()).toBe('1000')
})

it('undo and release of a restore that is not there say so, and which there are', async () => {
  await kbackup(`restore --config ${file} --new-restore-id r1`)
  for (const verb of ['undo', 'release']) {
    const { status, stderr } = await kbackup(`restore ${verb} nope --path a --backup-id payments`)
    expect(status).toBe(1)
    expect(stderr).toContain('has no restore nope')
    expect(stderr).toContain('the archive has restore r1')
  }
})

it('kbackup restore verify reads back what a restore wrote, and ends with 1 where the target differs', async () => {
  await kbackup(`restore --config ${file} --new-restore-id r1`)
  const equal = await kbackup(`restore verify r1 --config ${file}`)
  expect(equal).toMatchObject({ status: 0, stdout: expect.stringContaining('1 record read back, all equal (full)') })
  const alone = await kbackup(`restore verify r1 --path ${folder} --backup-id payments --verify sample --format json`)
  const { records, report } = JSON.parse(alone.stdout)
  expect(records).toBe(1)
  expect(store.keys()).toContain(report)
  await cluster.deleteRecords([{ topic: 'orders', partition: 0, beforeOffset: 2n }])
  const { status, stdout, stderr } = await kbackup(`restore verify r1 --config ${file}`)
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
  expect(stderr).toContain('KB_RESTORE_UNVERIFIED')
})

it('both say which restores there are where they are given another, and ask for an archive', async () => {
  const unknown = await kbackup(`restore release tpyo --config ${file}`)
  expect(unknown).toMatchObject({ status: 1, stdout: '' })
  expect(unknown.stderr).toContain('KB_RESTORE_NOT_FOUND')
  for (const [line = '', missing = ''] of [
    ['restore', "required option '--config <file>' not specified"],
    ['restore undo r1', 'give --path and --backup-id, or --config'],
  ]) {
    const { status, stderr } = await kbackup(line)
    expect({ line, status }).toEqual({ line, status: 2 })
    expect(stderr).toContain(missing)
  }
})

it.each([
  ['restore release r1 --dry-run', '--dry-run has no effect on restore release'],
  ['restore --dry-run release r1', '--dry-run has no effect on restore release'],
  ['restore --new undo r1', '--new has no effect on restore undo'],
  ['restore --time-end 2026-11-20T14:00:00Z verify r1', '--time-end has no effect on restore verify'],
])('kbackup %s is refused, and changes nothing', async (line, why) => {
  expect(await kbackup(`restore --config ${file} --new-restore-id r1`)).toMatchObject({ status: 0 })
  const { status, stderr } = await kbackup(`${line} --config ${file}`)
  expect(status).toBe(2)
  expect(stderr).toContain(why)
  expect(await retention()).toBe('-1')
})

it('a configuration that asks to write nothing is not released with', async () => {
  expect(await kbackup(`restore --config ${file} --new-restore-id r1`)).toMatchObject({ status: 0 })
  await appendFile(file, '  dry_run: true\n')
  const { status, stderr } = await kbackup(`restore release r1 --config ${file}`)
  expect(status).toBe(2)
  expect(stderr).toMatch(/restore\.dry_run: is true, and restore release cannot but write/)
  expect(await retention()).toBe('-1')
})

it('the help of a command within restore shows its own options, and those of every command', async () => {
  const { stdout } = await kbackup('restore release --help')
  expect(stdout).toContain('--log-level')
  expect(stdout).not.toContain('--dry-run')
})
