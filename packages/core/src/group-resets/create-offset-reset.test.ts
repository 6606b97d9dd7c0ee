import { beforeEach, describe, expect, it } from 'vitest'
import { impatientEnvironment } from '../backup/testing/backup-fixture.ts'
import { MemoryKafkaCluster } from '../testing/memory-kafka-cluster.ts'
import { createOffsetReset, type OffsetResetEvent } from './create-offset-reset.ts'
import type { OffsetResetOptions } from './reset-options.ts'
import { offsetResetScript } from './reset-script.ts'
import {
  AFTER,
  BACKUP_ID,
  BEFORE,
  RESTORE_ID,
  type ResetScenario,
  resetScenario,
  standOf,
} from './testing/reset-scenario.ts'

let scenario: ResetScenario

beforeEach(async () => {
  scenario = await resetScenario()
})

function reset(options: Partial<OffsetResetOptions> = {}) {
  const { target, store } = scenario
  return createOffsetReset({
    storage: store,
    backupId: BACKUP_ID,
    target,
    environment: impatientEnvironment,
    ...options,
  })
}

const keys = () => [...scenario.store.keys()].filter((key) => key.includes('_group-resets'))

describe('a reset of groups', () => {
  it('plans by the newest finished restore where each group goes, and writes nothing', async () => {
    const before = [...scenario.store.keys()]
    const plan = await reset().plan()
    expect(plan).toMatchObject({ restoreId: RESTORE_ID, targetClusterId: 'target', faults: [], unfinished: [] })
    expect(plan.groups.map(({ groupId }) => groupId)).toEqual(['billing', 'shipping', 'shipping-eu'])
    expect(plan.groups[0]?.positions).toMatchObject([
      { source: { partition: 0, offset: 10n }, translation: { kind: 'exact', target: { offset: 17n } }, current: 3n },
      {
        source: { partition: 1, offset: 20n },
        translation: { target: { topic: 'restored', offset: 27n } },
        current: null,
      },
    ])
    expect(plan.groups[1]?.positions[1]).toMatchObject({ translation: { kind: 'end', target: { offset: 57n } } })
    expect([...scenario.store.keys()]).toEqual(before)
    expect(await standOf(scenario.target)).toEqual(BEFORE)
  })

  it('sets all groups of the archive, each to the record that it would have read next', async () => {
    const result = await reset().run()
    expect(result.groups).toEqual([
      { groupId: 'billing', outcome: 'reset', partitions: 2 },
      { groupId: 'shipping', outcome: 'reset', partitions: 2 },
      { groupId: 'shipping-eu', outcome: 'reset', partitions: 2 },
    ])
    expect(await standOf(scenario.target)).toEqual(AFTER)
  })

  it('asks about all groups once before it sets them, and reads them back with one call', async () => {
    const { faults } = scenario.target
    const asked = () => [faults.callCount('describeGroups'), faults.callCount('fetchGroupOffsets')]
    const [described = 0, fetched = 0] = asked()
    await reset().run()
    expect(asked()).toEqual([described + 1, fetched + 2])
  })

  it.each([
    [['billing'], ['billing']],
    [['ship*'], ['shipping', 'shipping-eu']],
    [
      ['~^ship.*g$', 'billing'],
      ['billing', 'shipping'],
    ],
  ])('of %j sets %j and no other', async (groups, meant) => {
    await reset({ groups }).run()
    const expected = Object.keys(AFTER).map((id) => [id, (meant.includes(id) ? AFTER : BEFORE)[id]])
    expect(await standOf(scenario.target)).toEqual(Object.fromEntries(expected))
  })

  it('has what stood there on the store before the first change', async () => {
    const { target } = scenario
    const commit = target.commitGroupOffsets.bind(target)
    const seen: number[] = []
    target.commitGroupOffsets = async (...call) => {
      seen.push(keys().filter((key) => key.endsWith('/begin.json')).length)
      return commit(...call)
    }
    await reset().run()
    expect(seen).toEqual([1, 1, 1])
    expect(keys().map((key) => key.split('/').at(-1))).toEqual(['begin.json', 'end.json'])
  })

  it('warns that the target forgets groups that are not started in time', async () => {
    const { warnings } = await reset({ groups: ['billing'] }).plan()
    expect(warnings).toMatchObject([{ code: 'KB_HAZARD_GROUP_EXPIRY', blocks: false, details: { minutes: 10_080 } }])
    expect(warnings[0]?.message).toMatch(/consumer group billing 7 days after/)
  })

  it('names the members of a group that has some, and changes nothing', async () => {
    await scenario.target.simulation.joinGroup('shipping', { clientId: 'app', clientHost: '/10.0.0.9' })
    expect((await reset().plan()).faults).toEqual(['group shipping has 1 member: app on /10.0.0.9'])
    await expect(reset().run()).rejects.toMatchObject({
      code: 'KB_GROUP_RESET_FAILED',
      message: expect.stringContaining('app on /10.0.0.9'),
    })
    expect(await standOf(scenario.target)).toEqual(BEFORE)
    expect(keys()).toEqual([])
  })

  it('waits for members to leave where it is told to, and says for whom', async () => {
    const { simulation } = scenario.target
    const { memberId } = await simulation.joinGroup('shipping', { clientId: 'app', clientHost: '/10.0.0.9' })
    const events: OffsetResetEvent[] = []
    const onEvent = (event: OffsetResetEvent) => {
      events.push(event)
      void simulation.leaveGroup('shipping', memberId)
    }
    await reset({ waitUntilEmptyMs: 60_000 }).run({ onEvent })
    expect(events).toEqual([{ type: 'group-wait', groupId: 'shipping', members: ['app on /10.0.0.9'] }])
    expect(await standOf(scenario.target)).toEqual(AFTER)
  })

  it('refuses groups that still have members when the wait is over', async () => {
    await scenario.target.simulation.joinGroup('shipping')
    await expect(reset({ waitUntilEmptyMs: 3_000 }).run()).rejects.toMatchObject({ code: 'KB_GROUP_RESET_FAILED' })
    expect(scenario.target.faults.callCount('describeGroups')).toBeLessThan(8)
  })

  it('gives all groups back what they had where one fails', async () => {
    const fault = { kind: 'error', name: 'COORDINATOR_NOT_AVAILABLE' } as const
    scenario.target.faults.schedule({ api: 'commitGroupOffsets', after: 2, fault })
    await expect(reset({ maxConcurrent: 1 }).run()).rejects.toMatchObject({ code: 'KB_GROUP_RESET_FAILED' })
    expect(await standOf(scenario.target)).toEqual(BEFORE)
  })

  it.each([
    [
      'no finished restore',
      { backupId: BACKUP_ID, target: new MemoryKafkaCluster({ clusterId: 'other' }) },
      'KB_USAGE',
    ],
    ['a restore that is not there', { restoreId: 'r2' }, 'KB_RESTORE_NOT_FOUND'],
    [
      'a restore into another cluster',
      { restoreId: RESTORE_ID, target: new MemoryKafkaCluster({ clusterId: 'other' }) },
      'KB_RESTORE_MISMATCH',
    ],
    ['a group that is not archived', { groups: ['bill'] }, 'KB_GROUP_NOT_FOUND'],
    ['a pattern that matches none', { groups: ['x*'] }, 'KB_GROUP_NOT_FOUND'],
    ['no groups at the same time', { maxConcurrent: 0 }, 'KB_CONFIG_INVALID'],
  ])('is refused for %s', async (_what, options, code) => {
    await expect((async () => reset(options).plan())()).rejects.toMatchObject({ code })
  })
})

describe('the script of a plan', () => {
  it('has one command for each position, and stops at the first that fails', async () => {
    const script = offsetResetScript(await reset({ groups: ['billing'] }).plan(), { bootstrapServers: ['kafka:9092'] })
    expect(script).toMatch(/^#!\/bin\/sh\n/)
    expect(script).toContain('set -eu')
    expect(script).toContain(
      '"$KAFKA_CONSUMER_GROUPS" --bootstrap-server "$BOOTSTRAP_SERVERS" \\\n  --group billing \\\n' +
        '  --topic restored:0 \\\n  --reset-offsets --to-offset 17 --execute',
    )
    expect(script).toMatch(/^BOOTSTRAP_SERVERS="\$\{BOOTSTRAP_SERVERS:-kafka:9092\}"$/m)
  })

  it('takes group ids for words, whatever they hold', async () => {
    const plan = await reset({ groups: ['billing'] }).plan()
    const groups = plan.groups.map((group) => ({ ...group, groupId: "it's\n$(reboot)" }))
    const script = offsetResetScript({ ...plan, groups }, { bootstrapServers: ['kafka:9092', '"; reboot; "'] })
    expect(script).toContain("--group 'it'\\''s\n$(reboot)' \\")
    expect(script).toContain("# Group it's?$(reboot)")
    expect(script).toContain(':-kafka:9092,reboot}')
  })
})
