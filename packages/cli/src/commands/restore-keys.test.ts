import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, test } from 'vitest'
import { restoreSchema } from '../config/restore-schema.ts'
import { builtKeys } from '../config/testing/built-keys.ts'
import { heldBatches, heldRecords, heldValues } from './testing/held-records.ts'
import { MemoryCli } from './testing/memory-cli.ts'

const START_MS = BigInt(Date.now()) - 60_000n
const ALL = ['1', '2', '3', '4', '5']

function timeOf(second: number): bigint {
  return START_MS + BigInt(second) * 1_000n
}

function recordOf(second: number) {
  return { key: `k${second}`, value: `${second}`, timestamp: timeOf(second) }
}

/**
 * Two partitions of `orders` with five records each, of which the first commit of the archive has four; one of `payments`
 * with three. The group billing has read four of the first partition and two of the second.
 */
async function backedUp(): Promise<MemoryCli> {
  const cli = await MemoryCli.open({ brokerCount: 3 })
  const early = [1, 2, 3, 4].map(recordOf)
  await cli.fill('orders', [early, early])
  await cli.fill('payments', [[1, 2, 3].map(recordOf)])
  await cli.backUp()
  for (const partition of [0, 1]) await cli.source.simulation.append({ topic: 'orders', partition }, [recordOf(5)])
  await cli.commit('billing', 'orders', [4n, 2n])
  await cli.backUp()
  return cli
}

/** A restore that succeeds with these lines. */
async function restored(cli: MemoryCli, lines: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await cli.restore(lines)
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' })
  return stdout
}

async function topicsOf({ target }: MemoryCli): Promise<readonly string[]> {
  const topics = await target.describeTopics('all')
  return topics
    .map(({ topic }) => topic)
    .filter((topic) => !topic.startsWith('__'))
    .sort()
}

/** The values of both partitions of `orders` in the target. */
async function orders({ target }: MemoryCli): Promise<readonly (readonly string[])[]> {
  return Promise.all([0, 1].map((partition) => heldValues(target, 'orders', partition)))
}

/** The partitions of `orders` that were produced to, one request after the other. */
function watchProduce({ target }: MemoryCli): readonly number[] {
  const seen: number[] = []
  const produce = target.produce.bind(target)
  target.produce = (request, options) => {
    seen.push(...request.partitions.flatMap(({ topic, partition }) => (topic === 'orders' ? [partition] : [])))
    return produce(request, options)
  }
  return seen
}

/** Counts the blocks of segments that are read. */
function watchBlocks({ store }: MemoryCli): { read: number } {
  const blocks = { read: 0 }
  const get = store.get.bind(store)
  store.get = async (key, options) => {
    const bytes = await get(key, options)
    // An index is far smaller.
    if (key.includes('/segment-') && bytes.length > 100_000) blocks.read += 1
    return bytes
  }
  return blocks
}

/** What each key of the section `restore` does, seen from outside. */
const EFFECTS: Readonly<Record<string, (cli: MemoryCli) => Promise<void>>> = {
  time_window_start: async (cli) => {
    await restored(cli, [`time_window_start: ${timeOf(4)}`])
    expect(await orders(cli)).toEqual([
      ['4', '5'],
      ['4', '5'],
    ])
  },
  time_window_end: async (cli) => {
    await restored(cli, [`time_window_end: ${timeOf(2)}`])
    expect(await orders(cli)).toEqual([
      ['1', '2'],
      ['1', '2'],
    ])
  },
  topics: async (cli) => {
    await restored(cli, ['topics: [pay*]'])
    expect(await topicsOf(cli)).toEqual(['payments'])
  },
  source_partitions: async (cli) => {
    await restored(cli, ['topics: [orders]', 'source_partitions: [1]'])
    expect(await orders(cli)).toEqual([[], ALL])
  },
  topic_mapping: async (cli) => {
    await restored(cli, ['topic_mapping: { orders: restored-orders }'])
    expect(await topicsOf(cli)).toEqual(['payments', 'restored-orders'])
    expect(await heldValues(cli.target, 'restored-orders')).toEqual(ALL)
  },
  partition_mapping: async (cli) => {
    await restored(cli, ['topics: [orders]', 'partition_mapping: { 0: 1, 1: 0 }', `time_window_start: ${timeOf(5)}`])
    const runs = await cli.run(['show-offset-mapping', '--path', 'a', '--backup-id', 'payments', '--format', 'json'])
    expect(JSON.parse(runs.stdout).entries).toMatchObject([
      { topic: 'orders', partition: 0, target_partition: 1 },
      { topic: 'orders', partition: 1, target_partition: 0 },
    ])
  },
  repartition: async (cli) => {
    await restored(cli, ['topics: [orders]', 'repartition: { partition_count: 7 }'])
    const partitions = [0, 1, 2, 3, 4, 5, 6]
    const keys = await Promise.all(
      partitions.map(async (partition) => {
        const records = await heldRecords(cli.target, 'orders', partition)
        return [...new Set(records.map(({ key }) => String(key)))]
      }),
    )
    expect(keys.flat().sort()).toEqual(['k1', 'k2', 'k3', 'k4', 'k5'])
  },
  keys: async (cli) => {
    await restored(cli, ['keys: [k2, k4]'])
    expect(await orders(cli)).toEqual([
      ['2', '4'],
      ['2', '4'],
    ])
  },
  at_commit: async (cli) => {
    await restored(cli, ['at_commit: 1'])
    expect(await orders(cli)).toEqual([ALL.slice(0, 4), ALL.slice(0, 4)])
  },
  existing_topics: async (cli) => {
    await cli.target.simulation.createTopic('orders', { partitionCount: 2 })
    await cli.target.simulation.append({ topic: 'orders', partition: 0 }, [{ value: 'other' }])
    expect((await cli.restore(['topics: [orders]'])).status).not.toBe(0)
    await restored(cli, ['topics: [orders]', 'existing_topics: append'])
    expect(await orders(cli)).toEqual([['other', ...ALL], ALL])
  },
  replication_factor: async (cli) => {
    await restored(cli, ['replication_factor: 2'])
    const [topic] = await cli.target.describeTopics(['orders'])
    expect(topic?.partitions.map(({ replicas }) => replicas.length)).toEqual([2, 2])
  },
  consumer_groups: async (cli) => {
    await restored(cli, ['consumer_groups: [billing]'])
    expect([...(await cli.positionsOf('billing'))]).toEqual([
      ['orders/0', 4n],
      ['orders/1', 2n],
    ])
  },
  reset_consumer_offsets: async (cli) => {
    await restored(cli, ['consumer_groups: [billing]', 'reset_consumer_offsets: false'])
    expect(await cli.positionsOf('billing')).toEqual(new Map())
  },
  consumer_group_strategy: async (cli) => {
    const window = `time_window_start: ${timeOf(2)}`
    await restored(cli, ['consumer_groups: [billing]', 'consumer_group_strategy: skip', window])
    expect(await cli.positionsOf('billing')).toEqual(new Map())
  },
  include_original_offset_header: async (cli) => {
    await restored(cli, ['include_original_offset_header: true', `time_window_start: ${timeOf(5)}`])
    const [record] = await heldRecords(cli.target, 'orders')
    expect(record?.headers.map(([name, value]) => [String(name), String(value)])).toEqual([
      ['x-original-offset', '4'],
      ['x-original-timestamp', `${timeOf(5)}`],
    ])
  },
  offset_report: async (cli) => {
    const file = join(cli.folder, 'offsets.json')
    await restored(cli, [`offset_report: ${file}`])
    expect(JSON.parse(await readFile(file, 'utf8')).entries).toHaveLength(3)
  },
  dry_run: async (cli) => {
    await restored(cli, ['dry_run: true'])
    expect(await topicsOf(cli)).toEqual([])
  },
  verify: async (cli) => {
    expect(await restored(cli, ['topics: [orders]', 'verify: none'])).toContain('not read back (verify: none)')
    expect(await restored(cli, ['topics: [payments]', 'verify: full'])).toContain('all equal (full)')
  },
  max_concurrent_partitions: async (cli) => {
    const produced = watchProduce(cli)
    await restored(cli, ['topics: [orders]', 'max_concurrent_partitions: 1', 'produce_batch_size: 1'])
    // One after the other: never back to a partition that was left.
    const turns = produced.filter((partition, index) => partition !== produced[index - 1])
    expect(turns).toHaveLength(2)
  },
  max_memory_bytes: async (cli) => {
    await cli.source.simulation.createTopic('large')
    for (let index = 0; index < 40; index++) {
      const value = randomBytes(300_000)
      await cli.source.simulation.append({ topic: 'large', partition: 0 }, [{ key: `${index}`, value }])
    }
    await cli.backUp()
    const blocks = watchBlocks(cli)
    const produce = cli.target.produce.bind(cli.target)
    const readAtFirst: number[] = []
    cli.target.produce = async (...args) => {
      readAtFirst.push(blocks.read)
      return produce(...args)
    }
    await restored(cli, ['topics: [large]', 'verify: none', 'max_memory_bytes: 1MiB'])
    // A block is the least that can be read, and all that there is memory for.
    expect(readAtFirst[0]).toBe(1)
    blocks.read = 0
    cli.target.produce = async (...args) => {
      // With memory to spare, the next one is fetched while the first is on its way.
      await expect.poll(() => blocks.read, { timeout: 60_000, interval: 10 }).toBeGreaterThan(1)
      return produce(...args)
    }
    await restored(cli, ['topics: [large]', 'verify: none', 'topic_mapping: { large: again }'])
  },
  produce_batch_size: async (cli) => {
    await restored(cli, ['topics: [orders]', 'produce_batch_size: 2'])
    const batches = await heldBatches(cli.target, 'orders')
    expect(batches.map(({ recordCount }) => recordCount)).toEqual([2, 2, 1])
  },
  rate_limit_records_per_sec: async (cli) => {
    const begun = performance.now()
    await restored(cli, ['topics: [orders]', 'rate_limit_records_per_sec: 20', 'produce_batch_size: 1'])
    // Ten records; the first may go at once.
    expect(performance.now() - begun).toBeGreaterThanOrEqual(400)
  },
  rate_limit_bytes_per_sec: async (cli) => {
    const begun = performance.now()
    await restored(cli, ['topics: [orders]', 'rate_limit_bytes_per_sec: 1KiB', 'produce_batch_size: 1'])
    // Ten batches of more than 61 bytes each.
    expect(performance.now() - begun).toBeGreaterThanOrEqual(400)
  },
  checkpoint_state: async (cli) => {
    const file = join(cli.folder, 'checkpoint.json')
    await restored(cli, [`checkpoint_state: ${file}`])
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ backup_id: 'payments', records_restored: 13 })
  },
  checkpoint_interval_secs: async (cli) => {
    const file = join(cli.folder, 'checkpoint.json')
    const produce = cli.target.produce.bind(cli.target)
    const recordsTold = async () => JSON.parse(await readFile(file, 'utf8')).records_restored
    let calls = 0
    cli.target.produce = async (...args) => {
      calls += 1
      // Between its beginning and its end, the file is written by the interval alone.
      if (calls === 3) await expect.poll(recordsTold, { timeout: 60_000, interval: 50 }).toBeGreaterThan(0)
      return produce(...args)
    }
    const lines = ['topics: [orders]', 'max_concurrent_partitions: 1', 'produce_batch_size: 1']
    await restored(cli, [...lines, `checkpoint_state: ${file}`, 'checkpoint_interval_secs: 1'])
    expect(calls).toBeGreaterThan(3)
  },
}

describe('a key of the section restore has its effect:', () => {
  test.each(Object.entries(EFFECTS))('%s', { timeout: 120_000 }, async (_key, effect) => {
    await using cli = await backedUp()
    await effect(cli)
  })

  it('each of them, but the guards, which have tests of their own', () => {
    expect(Object.keys(EFFECTS).sort()).toEqual(
      builtKeys(restoreSchema())
        .filter((key) => key !== 'guards')
        .sort(),
    )
  })

  it.each([
    [
      'time_window_start',
      `time_window_start: ${timeOf(4)}`,
      [
        ['4', '5'],
        ['4', '5'],
        ['1', '2', '3'],
      ],
    ],
    ['time_window_end', `time_window_end: ${timeOf(1)}`, [['1'], ['1'], ['1', '2', '3']]],
    ['partitions', 'partitions: [0]', [ALL, [], ['1', '2', '3']]],
    [
      'offset_start',
      'offset_start: 3',
      [
        ['4', '5'],
        ['4', '5'],
        ['1', '2', '3'],
      ],
    ],
    [
      'offset_end',
      'offset_end: 1',
      [
        ['1', '2'],
        ['1', '2'],
        ['1', '2', '3'],
      ],
    ],
  ])('%s of one topic, which leaves the others alone', async (_key, line, values) => {
    await using cli = await backedUp()
    await restored(cli, [`topics: [{ name: orders, ${line} }, payments]`])
    expect([...(await orders(cli)), await heldValues(cli.target, 'payments')]).toEqual(values)
  })
})
