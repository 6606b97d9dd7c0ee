import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MemoryBlobStore, MemoryKafkaCluster } from '@kbackup/core/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { memoryOutcome } from '../testing/cli-outcome.ts'
import { configurationFile } from '../testing/configuration-file.ts'

const PLACE = '--path a --backup-id payments'
const RECORDS = 5
/** Before everything that is archived. */
const EARLY = '--at 2001-01-01T00:00:00Z'
const KNOWN_LATER =
  /knows no position of `billing` at 2001-01-01T\S+[\s\S]*positions of billing were first captured at 20\d\d-/

let folder: string
let file: string
let store: MemoryBlobStore
let cluster: MemoryKafkaCluster

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kbackup-groups-'))
  store = new MemoryBlobStore()
  cluster = new MemoryKafkaCluster()
  await cluster.simulation.createTopic('orders')
  await cluster.simulation.append(
    { topic: 'orders', partition: 0 },
    Array.from({ length: RECORDS }, (_, index) => ({ value: `${index}` })),
  )
  await commit('billing', 'orders', 3n)
  file = await configurationFile(folder, 'restore', 'restore:\n  topic_mapping: { orders: restored }\n')
  expect(await kbackup(`backup --config ${await configurationFile(folder, 'backup')}`)).toMatchObject({ status: 0 })
})

afterEach(() => rm(folder, { recursive: true, force: true }))

function kbackup(line: string) {
  return memoryOutcome(line, { store, cluster })
}

function commit(groupId: string, topic: string, offset: bigint) {
  return cluster.commitGroupOffsets(groupId, [{ topic, partition: 0, offset, leaderEpoch: -1, metadata: null }])
}

async function positionIn(topic: string): Promise<bigint | undefined> {
  const [group] = await cluster.fetchGroupOffsets(['billing'])
  return group?.offsets.find((each) => each.topic === topic)?.offset
}

async function restore(): Promise<void> {
  expect(await kbackup(`restore --config ${file} --new-restore-id r1`)).toMatchObject({ status: 0 })
}

describe('kbackup groups list', () => {
  it('lists where archived groups were, and exits 1 for one that is not there', async () => {
    const { status, stdout } = await kbackup(`groups list ${PLACE} --format json`)
    expect(status).toBe(0)
    expect(stdout).toContain('billing')
    const missing = await kbackup(`groups list ${PLACE} --groups biling`)
    expect(missing).toMatchObject({ status: 1, stdout: '' })
    expect(missing.stderr).toContain('KB_GROUP_NOT_FOUND')
  })

  it('says of a moment before all known positions since when there are some, and exits 1 where groups are named', async () => {
    const all = await kbackup(`groups list ${PLACE} ${EARLY} --format json`)
    expect(all).toMatchObject({ status: 0, stderr: expect.stringMatching(KNOWN_LATER) })
    expect(JSON.parse(all.stdout)).toMatchObject({ positions: [] })
    const named = await kbackup(`groups list ${PLACE} ${EARLY} --groups billing`)
    expect(named).toMatchObject({ status: 1, stdout: '', stderr: expect.stringMatching(KNOWN_LATER) })
    expect((await kbackup(`groups list ${PLACE}`)).stderr).not.toMatch(KNOWN_LATER)
  })

  it('says that no group matches a pattern, and which there are', async () => {
    const { status, stderr } = await kbackup(`groups list ${PLACE} --groups zz*`)
    expect(status).toBe(1)
    expect(stderr).toContain('has no consumer group that matches `zz*`')
    expect(stderr).toContain('the archive payments has billing')
  })
})

describe('kbackup offset-reset', () => {
  it('exits 2 where no restore has ended, and changes nothing', async () => {
    for (const verb of ['plan', 'execute', 'script']) {
      const { status, stdout } = await kbackup(`offset-reset ${verb} ${PLACE} --bootstrap-servers a:1`)
      expect({ verb, status, stdout }).toEqual({ verb, status: 2, stdout: '' })
    }
    expect(await positionIn('restored')).toBeUndefined()
  })

  it('plans without writing, prints a script, and sets the group in what was restored', async () => {
    await restore()
    expect(await kbackup(`offset-reset plan --config ${file}`)).toMatchObject({ status: 0 })
    const script = await kbackup(`offset-reset script --config ${file}`)
    expect(script.stdout).toContain('kafka-consumer-groups')
    expect(await positionIn('restored')).toBeUndefined()
    expect(await kbackup(`offset-reset execute --config ${file}`)).toMatchObject({ status: 0 })
    expect(await positionIn('restored')).toBe(3n)
  })

  it('says that a target topic was deleted, and what to do, planned and run; so does a proof of the restore', async () => {
    await restore()
    await cluster.deleteTopics(['restored'])
    const plan = await kbackup(`offset-reset plan --config ${file}`)
    const run = await kbackup(`offset-reset execute --config ${file}`)
    const proof = await kbackup(`restore verify r1 --config ${file}`)
    expect([plan.status, run.status, proof.status]).toEqual([3, 1, 1])
    for (const text of [plan.stdout, run.stderr, proof.stderr]) {
      expect(text).toMatch(/topic restored was deleted[\s\S]*→ restore (the topic|it) again/)
    }
  })

  it.each(['', '--groups billing', '--groups bil*'])(
    'of a moment before all known positions says since when there are some, and changes nothing: %s',
    async (groups) => {
      await restore()
      for (const verb of ['plan', 'execute', 'script']) {
        const { status, stdout, stderr } = await kbackup(
          `offset-reset ${verb} --config ${file} ${EARLY} ${groups}`.trim(),
        )
        expect({ verb, status, stdout }).toEqual({ verb, status: 1, stdout: '' })
        expect(stderr).toMatch(KNOWN_LATER)
      }
      expect(await positionIn('restored')).toBeUndefined()
    },
  )

  describe('with a configuration', () => {
    async function configured(name: string, target: string): Promise<string> {
      const other = join(folder, `${name}.yaml`)
      await writeFile(other, (await readFile(file, 'utf8')).replace('orders: restored', `orders: ${target}`))
      return other
    }

    it('goes by the newest finished restore that it describes, not by a newer one that went elsewhere', async () => {
      await restore()
      const other = await configured('other', 'elsewhere')
      expect(await kbackup(`restore --config ${other} --new-restore-id r2`)).toMatchObject({ status: 0 })
      for (const [config, restoreId] of [
        [file, 'r1'],
        [other, 'r2'],
      ]) {
        const plan = await kbackup(`offset-reset plan --config ${config}`)
        expect(plan).toMatchObject({ status: 0, stdout: expect.stringContaining(`${restoreId} of payments`) })
      }
      expect(await kbackup(`offset-reset execute --config ${file}`)).toMatchObject({ status: 0 })
      expect([await positionIn('restored'), await positionIn('elsewhere')]).toEqual([3n, undefined])
    })

    it('that only an unfinished restore fits exits 2, and says that it is to be run to its end first', async () => {
      await restore()
      const other = await configured('other', 'elsewhere')
      cluster.faults.schedule({ api: 'produce', fault: { kind: 'error', name: 'POLICY_VIOLATION' } })
      expect(await kbackup(`restore --config ${other} --new-restore-id r2`)).toMatchObject({ status: 1 })
      const refused = await kbackup(`offset-reset plan --config ${other}`)
      expect(refused).toMatchObject({ status: 2, stdout: '' })
      expect(refused.stderr).toContain('restore r2 fits and is unfinished: run it to its end first')
      expect(await kbackup(`restore --config ${other}`)).toMatchObject({ status: 0 })
      expect(await kbackup(`offset-reset plan --config ${other}`)).toMatchObject({ status: 0 })
    })

    it('that describes no finished restore exits 2, says what differs, and takes one by its id', async () => {
      await restore()
      const other = await configured('other', 'elsewhere')
      const refused = await kbackup(`offset-reset execute --config ${other}`)
      expect(refused).toMatchObject({ status: 2, stdout: '' })
      expect(refused.stderr).toContain('it was begun with orders/0 → restored/0')
      expect(refused.stderr).toContain('--restore-id')
      expect(await positionIn('restored')).toBeUndefined()
      expect(await kbackup(`offset-reset execute --config ${other} --restore-id r1`)).toMatchObject({ status: 0 })
      expect(await positionIn('restored')).toBe(3n)
    })
  })

  it('exits 3 for a plan, and 1 for a run, where the group has a member, which both name, with how to wait for it', async () => {
    await restore()
    await cluster.simulation.joinGroup('billing', { clientId: 'consumer-1' })
    const plan = await kbackup(`offset-reset plan --config ${file}`)
    const run = await kbackup(`offset-reset execute --config ${file}`)
    expect([plan.status, run.status, run.stdout]).toEqual([3, 1, ''])
    for (const text of [plan.stdout, run.stderr]) {
      expect(text).toContain('has 1 member: consumer-1')
      expect(text).toContain('--wait-until-empty')
    }
    expect(await positionIn('restored')).toBeUndefined()
  })
})

describe('kbackup offset-reset of groups without a position in what was restored', () => {
  beforeEach(async () => {
    await cluster.simulation.createTopic('payments')
    await commit('shipping', 'payments', 0n)
    expect(await kbackup(`backup --config ${join(folder, 'backup.yaml')}`)).toMatchObject({ status: 0 })
    await writeFile(file, '  topics: [orders]\n', { flag: 'a' })
    await restore()
  })

  it.each([
    ['plan', 3],
    ['execute', 1],
    ['script', 1],
  ])('%s says that nothing is set, and exits %i', async (verb, status) => {
    for (const groups of ['shipping', 'ship*']) {
      const outcome = await kbackup(`offset-reset ${verb} --config ${file} --groups ${groups}`)
      expect(outcome).toMatchObject({ status })
      expect(outcome.stderr).toMatch(/Nothing to set at all, shipping: .* restore r1 .*kbackup groups list/)
      expect(outcome.stdout).not.toContain('--to-offset')
    }
  })

  it('sets the others, and exits with 0 only where none of those that it left out was named', async () => {
    const all = await kbackup(`offset-reset execute --config ${file}`)
    expect(all).toMatchObject({ status: 0, stderr: expect.stringContaining('for 1 consumer group, shipping') })
    const named = await kbackup(`offset-reset execute --config ${file} --groups billing,shipping --format json`)
    expect(named).toMatchObject({ status: 1 })
    expect(JSON.parse(named.stdout)).toMatchObject({ plan: { nothing_to_set: ['shipping'] } })
    expect(await positionIn('restored')).toBe(3n)
  })
})

it('takes brokers with their ports, as the tools of Kafka do, and says which ones it asks', async () => {
  for (const servers of ['localhost', 'a:1,b', ',']) {
    const refused = await kbackup(`offset-rollback snapshot ${PLACE} --bootstrap-servers ${servers}`)
    expect(refused).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining('host:port') })
  }
  const taken = await kbackup(`offset-rollback snapshot ${PLACE} --bootstrap-servers a:1,b:2`)
  expect(taken).toMatchObject({ status: 0, stderr: expect.stringContaining('Brokers: a:1, b:2') })
})

it('a restore that leaves a group with members alone names the command that sets it later', async () => {
  await writeFile(file, '  consumer_groups: [billing]\n  guards: { groups_active: skip }\n', { flag: 'a' })
  const { memberId } = await cluster.simulation.joinGroup('billing')
  const { status, stdout } = await kbackup(`restore --config ${file} --new-restore-id r1`)
  expect(status).toBe(0)
  const [, command = ''] = /kbackup (offset-reset execute .*)/.exec(stdout) ?? []
  expect(command).toBe('offset-reset execute --restore-id r1 --groups billing')
  await cluster.simulation.leaveGroup('billing', memberId)
  expect(await kbackup(`${command} --config ${file}`)).toMatchObject({ status: 0 })
  expect(await positionIn('restored')).toBe(3n)
})

describe('kbackup offset-rollback', () => {
  it('exits 1 for a snapshot of a named group that the cluster does not have, and says which was meant', async () => {
    const taken = await kbackup(`offset-rollback snapshot --config ${file} --groups billing,biling --format json`)
    expect(taken).toMatchObject({ status: 1, stderr: expect.stringContaining('no consumer group biling') })
    expect(taken.stderr).toContain('did you mean billing?')
    expect(JSON.parse(taken.stdout)).toMatchObject({ not_in_cluster: ['biling'] })
    expect(await kbackup(`offset-rollback snapshot --config ${file} --groups bil*`)).toMatchObject({ status: 0 })
    expect(await kbackup(`offset-rollback snapshot --config ${file} --groups nothing*`)).toMatchObject({ status: 1 })
  })

  it('takes, lists, shows and verifies a snapshot, brings groups back to it, and deletes it', async () => {
    const taken = await kbackup(`offset-rollback snapshot --config ${file} --format json`)
    expect(taken.status).toBe(0)
    const { snapshot_id: id } = JSON.parse(taken.stdout)
    const named = `--config ${file} --snapshot-id ${id}`
    expect((await kbackup(`offset-rollback list --config ${file}`)).stdout).toContain(id)
    expect((await kbackup(`offset-rollback show ${named}`)).stdout).toContain('billing')
    expect(await kbackup(`offset-rollback verify ${named}`)).toMatchObject({ status: 0 })
    await commit('billing', 'orders', 1n)
    const differing = await kbackup(`offset-rollback verify ${named}`)
    expect(differing).toMatchObject({ status: 1, stdout: expect.stringContaining('1 now, 3 in the snapshot') })
    expect(await kbackup(`offset-rollback rollback ${named}`)).toMatchObject({ status: 0 })
    expect(await positionIn('orders')).toBe(3n)
    expect(await kbackup(`offset-rollback delete ${named}`)).toMatchObject({ status: 0 })
    const gone = await kbackup(`offset-rollback show ${named}`)
    expect(gone).toMatchObject({ status: 1, stderr: expect.stringContaining('KB_SNAPSHOT_NOT_FOUND') })
  })
})

describe('kbackup three-phase-restore', () => {
  it('restores, and sets the groups that the configuration names', async () => {
    await writeFile(file, `  consumer_groups: [billing]\n`, { flag: 'a' })
    const dry = await kbackup(`three-phase-restore --config ${file} --dry-run`)
    expect(dry).toMatchObject({
      status: 0,
      stderr: expect.stringContaining('would keep where 1 consumer group stands'),
    })
    expect((await kbackup(`offset-rollback list --config ${file}`)).stdout).toContain('There are no snapshots')
    expect(await positionIn('restored')).toBeUndefined()
    const done = await kbackup(`three-phase-restore --config ${file}`)
    expect(done).toMatchObject({
      status: 0,
      stderr: expect.stringMatching(/offset-rollback show .*or --config, as here/),
    })
    expect(await positionIn('restored')).toBe(3n)
  })

  it('that was cut short goes on with the snapshot that it has; a further one takes its own', async () => {
    await writeFile(file, `  consumer_groups: [billing]\n`, { flag: 'a' })
    const snapshots = async () => {
      const { stdout } = await kbackup(`offset-rollback list --config ${file} --format json`)
      const { snapshots: all }: { snapshots: { kind: string; groups: unknown }[] } = JSON.parse(stdout)
      return all.filter(({ kind }) => kind === 'snapshot')
    }
    cluster.faults.schedule({ api: 'produce', fault: { kind: 'error', name: 'TOPIC_AUTHORIZATION_FAILED' } })
    expect(await kbackup(`three-phase-restore --config ${file}`)).toMatchObject({ status: 1 })
    const [taken] = await snapshots()
    expect(taken).toBeDefined()
    expect(await kbackup(`three-phase-restore --config ${file}`)).toMatchObject({ status: 0 })
    expect(await snapshots()).toEqual([taken])
    await writeFile(file, `  existing_topics: append\n`, { flag: 'a' })
    expect(await kbackup(`three-phase-restore --config ${file}`)).toMatchObject({ status: 0 })
    expect(await snapshots()).toHaveLength(2)
  })
})
