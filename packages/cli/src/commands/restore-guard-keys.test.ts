import { randomBytes } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, it, test } from 'vitest'
import { guardsSchema } from '../config/guards-schema.ts'
import { builtKeys } from '../config/testing/built-keys.ts'
import { configurationFile } from '../testing/configuration-file.ts'
import { heldBatches, heldRecords, heldValues } from './testing/held-records.ts'
import { MemoryCli } from './testing/memory-cli.ts'

const DAY_MS = 86_400_000n
const NOW = BigInt(Date.now())
const OLD = NOW - 30n * DAY_MS
const orders = { topic: 'orders', partition: 0 }

type Open = Parameters<typeof MemoryCli.open>[0]
type Records = Parameters<MemoryCli['fill']>[1][number]

/** An archive of one partition of `orders`, and a target whose topic, if there is one, has these settings. */
async function backedUp(
  records: Records,
  configs?: Readonly<Record<string, string>>,
  target?: Open,
): Promise<MemoryCli> {
  const cli = await MemoryCli.open(target)
  await cli.fill('orders', [records])
  await cli.backUp()
  if (configs !== undefined) await cli.target.simulation.createTopic('orders', { configs })
  return cli
}

/** A restore that stops for a hazard, and one that goes on as the guard says. */
async function settled(cli: MemoryCli, hazard: string, guard: string, more: readonly string[] = []): Promise<void> {
  const { status, stdout, stderr } = await cli.restore(['verify: full', ...more])
  expect(status).toBe(3)
  expect(`${stdout}${stderr}`).toContain(hazard)
  await guarded(cli, guard, more)
}

async function guarded(cli: MemoryCli, guard: string, more: readonly string[] = []): Promise<void> {
  const { status, stderr } = await cli.restore([...more, `guards: { ${guard} }`])
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' })
}

async function settingOf({ target }: MemoryCli, name: string): Promise<string | null | undefined> {
  const configs = await target.describeTopicConfigs(['orders'])
  return configs.get('orders')?.find((entry) => entry.name === name)?.value
}

const two: Records = [
  { key: 'a', value: 'old', timestamp: OLD },
  { key: 'b', value: 'new', timestamp: NOW },
]

const EFFECTS: Readonly<Record<string, () => Promise<void>>> = {
  'retention: hold': async () => {
    await using cli = await backedUp(two, { 'retention.ms': String(DAY_MS) })
    await settled(cli, 'KB_HAZARD_RETENTION', 'retention: hold')
    expect(await heldValues(cli.target, 'orders')).toEqual(['old', 'new'])
    expect(await settingOf(cli, 'retention.ms')).toBe('-1')
  },
  'retention: drop': async () => {
    await using cli = await backedUp(two, { 'retention.ms': String(DAY_MS) })
    await settled(cli, 'KB_HAZARD_RETENTION', 'retention: drop')
    expect(await heldValues(cli.target, 'orders')).toEqual(['new'])
  },
  'retention: accept': async () => {
    await using cli = await backedUp(two, { 'retention.ms': String(DAY_MS) })
    await settled(cli, 'KB_HAZARD_RETENTION', 'retention: accept')
    expect(await heldValues(cli.target, 'orders')).toEqual(['old', 'new'])
    expect(await settingOf(cli, 'retention.ms')).toBe(String(DAY_MS))
  },
  'timestamp_type: switch': async () => {
    await using cli = await backedUp([{ value: 'x', timestamp: NOW - 5_000n }], {
      'message.timestamp.type': 'LogAppendTime',
    })
    await settled(cli, 'KB_HAZARD_TIMESTAMP_TYPE', 'timestamp_type: switch')
    expect((await heldRecords(cli.target, 'orders')).map(({ timestamp }) => timestamp)).toEqual([NOW - 5_000n])
    expect(await settingOf(cli, 'message.timestamp.type')).toBe('LogAppendTime')
  },
  'timestamp_type: accept': async () => {
    await using cli = await backedUp([{ value: 'x', timestamp: NOW - 5_000n }], {
      'message.timestamp.type': 'LogAppendTime',
    })
    await settled(cli, 'KB_HAZARD_TIMESTAMP_TYPE', 'timestamp_type: accept')
    expect((await heldRecords(cli.target, 'orders')).map(({ timestamp }) => timestamp)).not.toEqual([NOW - 5_000n])
  },
  'message_size: hold': async () => {
    await using cli = await backedUp([{ value: 'x'.repeat(5_000) }], { 'max.message.bytes': '2000' })
    await settled(cli, 'KB_HAZARD_MESSAGE_SIZE', 'message_size: hold')
    expect(await heldRecords(cli.target, 'orders')).toHaveLength(1)
    expect(await settingOf(cli, 'max.message.bytes')).toBe('2000')
  },
  'message_size: drop': async () => {
    await using cli = await backedUp([{ value: 'x'.repeat(5_000) }], { 'max.message.bytes': '2000' })
    await cli.source.simulation.append(orders, [{ value: 'small' }])
    await cli.backUp()
    await settled(cli, 'KB_HAZARD_MESSAGE_SIZE', 'message_size: drop')
    expect(await heldValues(cli.target, 'orders')).toEqual(['small'])
  },
  'groups_active: skip': async () => {
    await using cli = await withBilling()
    await cli.target.simulation.joinGroup('billing')
    await settled(cli, 'KB_HAZARD_GROUP_ACTIVE', 'groups_active: skip', ['consumer_groups: [billing]'])
    expect(await cli.positionsOf('billing')).toEqual(new Map())
  },
  'groups_active: wait': async () => {
    await using cli = await withBilling()
    const { memberId } = await cli.target.simulation.joinGroup('billing')
    const waits = guarded(cli, 'groups_active: wait', ['consumer_groups: [billing]'])
    await expect.poll(() => heldValues(cli.target, 'orders').catch(() => []), { timeout: 60_000 }).toHaveLength(2)
    await cli.target.simulation.leaveGroup('billing', memberId)
    await waits
    expect([...(await cli.positionsOf('billing'))]).toEqual([['orders/0', 1n]])
  },
  'incomplete_backup: accept': async () => {
    await using cli = await MemoryCli.open()
    await cli.fill('orders', [two.slice(1)])
    // Too large to wait for others in a bundle.
    await cli.fill('payments', [[{ value: randomBytes(1_000_000), timestamp: NOW }]])
    await cutBackupShort(cli)
    await settled(cli, 'KB_HAZARD_INCOMPLETE_BACKUP', 'incomplete_backup: accept')
    expect(await heldValues(cli.target, 'orders')).toEqual(['new'])
  },
  'order: accept': async () => {
    await using cli = await backedUp(two.slice(1), {})
    await cli.target.simulation.append(orders, [{ value: 'came later', timestamp: NOW }])
    await settled(cli, 'KB_HAZARD_ORDER', 'order: accept', ['existing_topics: only-missing'])
    expect(await heldValues(cli.target, 'orders')).toEqual(['came later', 'new'])
  },
  'copies: drop': async () => {
    await using cli = await mendedInPlace()
    await settled(cli, 'KB_HAZARD_COPIES', 'copies: drop', MENDED_ELSEWHERE)
    expect(await heldValues(cli.target, 'elsewhere')).toEqual(['old', 'new'])
  },
  'copies: accept': async () => {
    await using cli = await mendedInPlace()
    await settled(cli, 'KB_HAZARD_COPIES', 'copies: accept', MENDED_ELSEWHERE)
    expect(await heldValues(cli.target, 'elsewhere')).toEqual(['old', 'new', 'old', 'new'])
  },
  'timestamp_range: hold': async () => {
    await using cli = await backedUp(two, LIMITED)
    await settled(cli, 'KB_HAZARD_TIMESTAMP_RANGE', 'timestamp_range: hold')
    expect(await heldValues(cli.target, 'orders')).toEqual(['old', 'new'])
    expect(await settingOf(cli, 'message.timestamp.before.max.ms')).toBe(String(DAY_MS))
  },
  'timestamp_range: drop': async () => {
    await using cli = await backedUp(two, LIMITED)
    await settled(cli, 'KB_HAZARD_TIMESTAMP_RANGE', 'timestamp_range: drop')
    expect(await heldValues(cli.target, 'orders')).toEqual(['new'])
  },
  'null_key: drop': async () => {
    await using cli = await backedUp([{ value: 'no key' }, { key: 'a', value: 'keyed' }], {
      'cleanup.policy': 'compact',
    })
    await settled(cli, 'KB_HAZARD_NULL_KEY', 'null_key: drop')
    expect(await heldValues(cli.target, 'orders')).toEqual(['keyed'])
  },
  'partitions: add': async () => {
    await using cli = await MemoryCli.open()
    await cli.fill('orders', [two.slice(1), two.slice(1), two.slice(1)])
    await cli.backUp()
    await cli.target.simulation.createTopic('orders', { partitionCount: 2 })
    await settled(cli, 'KB_HAZARD_PARTITIONS_MISSING', 'partitions: add')
    expect(await heldValues(cli.target, 'orders', 2)).toEqual(['new'])
  },
  'codec: recompress': async () => {
    await using cli = await MemoryCli.open({ missingCodecs: ['zstd'] })
    await cli.source.simulation.createTopic('orders')
    await cli.source.simulation.append(orders, two.slice(1), { codec: 'zstd' })
    await cli.backUp()
    await settled(cli, 'KB_HAZARD_CODEC', 'codec: recompress')
    expect((await heldBatches(cli.target, 'orders')).map(({ codec }) => codec)).toEqual(['gzip'])
    expect(await heldValues(cli.target, 'orders')).toEqual(['new'])
  },
  'compaction: hold': async () => {
    await using cli = await backedUp(two, { 'cleanup.policy': 'compact', 'min.compaction.lag.ms': '10' })
    const during = watchSetting(cli, 'min.compaction.lag.ms')
    await guarded(cli, 'compaction: hold')
    expect(during).toEqual(['9223372036854775807'])
    expect(await settingOf(cli, 'min.compaction.lag.ms')).toBe('10')
  },
}

const LIMITED = { 'message.timestamp.before.max.ms': String(DAY_MS), 'retention.ms': '-1' }

const MENDED_ELSEWHERE = ['topic_mapping: { orders: elsewhere }']

/** A topic whose records were restored behind themselves, and backed up again. */
async function mendedInPlace(): Promise<MemoryCli> {
  const cli = await MemoryCli.open()
  await cli.target.simulation.createTopic('orders', { configs: { 'retention.ms': '-1' } })
  await cli.target.simulation.append(orders, two)
  await cli.backUp(cli.target)
  expect((await cli.restore(['existing_topics: append'])).status).toBe(0)
  await cli.backUp(cli.target)
  return cli
}

async function withBilling(): Promise<MemoryCli> {
  const cli = await MemoryCli.open()
  await cli.fill('orders', [[1, 2].map((second) => ({ value: `${second}`, timestamp: NOW }))])
  await cli.commit('billing', 'orders', [1n])
  await cli.backUp()
  return cli
}

/** A backup that fails at `payments`, once it has made a commit of the rest. */
async function cutBackupShort(cli: MemoryCli): Promise<void> {
  const put = cli.store.put.bind(cli.store)
  const commits = new EventEmitter()
  const committed = once(commits, 'commit')
  cli.store.put = async (key, ...rest) => {
    if (key.includes('/topics/payments/')) {
      await committed
      throw new Error('the store went away')
    }
    // So that a commit is due.
    await setTimeout(20)
    await put(key, ...rest)
    if (key.includes('/commits/')) commits.emit('commit')
  }
  const small = 'backup: { commit_interval: 1ms, max_memory_bytes: 4MiB }\n'
  const file = await configurationFile(cli.folder, 'backup', small)
  expect((await cli.run(['backup', '--config', file])).status).toBe(1)
  cli.store.put = put
}

/** What a setting of the target is at each request that produces. */
function watchSetting(cli: MemoryCli, name: string): readonly unknown[] {
  const seen: unknown[] = []
  const produce = cli.target.produce.bind(cli.target)
  cli.target.produce = async (...args) => {
    seen.push(await settingOf(cli, name))
    return produce(...args)
  }
  return seen
}

describe('a key of restore.guards has its effect:', () => {
  test.each(Object.entries(EFFECTS))('%s', { timeout: 120_000 }, (_guard, effect) => effect())

  it('each value of each of them', () => {
    const shown = new Set(Object.keys(EFFECTS).map((guard) => guard.split(':', 1)[0]))
    expect([...shown].sort()).toEqual([...builtKeys(guardsSchema())].sort())
  })
})
