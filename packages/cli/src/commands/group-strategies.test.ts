import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { MemoryCli } from './testing/memory-cli.ts'

const FIRST_MS = BigInt(Date.now()) - 60_000n
const NAMED = 'consumer_groups: [billing]'

/** Ten records, one a second; the group has read four of them. */
async function backedUp(): Promise<MemoryCli> {
  const cli = await MemoryCli.open()
  const records = Array.from({ length: 10 }, (_, ordinal) => {
    return { value: `${ordinal}`, timestamp: FIRST_MS + BigInt(ordinal) * 1_000n }
  })
  await cli.fill('orders', [records])
  await cli.commit('billing', 'orders', [4n])
  await cli.backUp()
  return cli
}

describe('consumer_group_strategy', () => {
  it.each([
    ['header-based', 'exact', []],
    ['timestamp-based', 'found', []],
    ['cluster-scan', 'found', []],
    ['cluster-scan', 'exact', ['include_original_offset_header: true']],
  ] as const)('%s sets the group where it was, which the receipt calls %s', async (strategy, kind, more) => {
    await using cli = await backedUp()
    const lines = [NAMED, `consumer_group_strategy: ${strategy}`, ...more]
    const { status, stdout } = await cli.restore(lines, ['--format', 'json'])
    expect(status).toBe(0)
    const positions = [{ source_offset: '4', translation: kind, target_offset: '4' }]
    expect(JSON.parse(stdout).groups).toMatchObject([{ group: 'billing', outcome: 'reset', positions }])
    expect(await cli.positionsOf('billing')).toEqual(new Map([['orders/0', 4n]]))
  })

  it('skip leaves the group alone, and says so', async () => {
    await using cli = await backedUp()
    const { status, stderr } = await cli.restore([NAMED, 'consumer_group_strategy: skip'])
    expect(status).toBe(0)
    expect(stderr).toContain('billing: left alone, because consumer_group_strategy: skip')
    expect(await cli.positionsOf('billing')).toEqual(new Map())
  })

  it.each([
    ['the groups that are named', [NAMED]],
    ['all archived groups where none is named', []],
  ])(
    'manual reports %s, with the commands that set them, in the output and in the file, and changes none',
    async (_which, names) => {
      await using cli = await backedUp()
      const file = join(cli.folder, 'offset-mapping.json')
      const { status, stdout } = await cli.restore([
        'consumer_group_strategy: manual',
        `offset_report: ${file}`,
        'topic_mapping: { orders: restored }',
        ...names,
      ])
      expect(status).toBe(0)
      expect(stdout).toMatch(/billing {2}reported/)
      expect(stdout).toContain('--topic restored:0 \\\n        --reset-offsets --to-offset 4 --execute')
      const command =
        'kafka-consumer-groups.sh --bootstrap-server <BROKER> \\\n  --group billing \\\n  --topic restored:0 \\\n' +
        '  --reset-offsets --to-offset 4 --execute'
      const { groups } = JSON.parse(await readFile(file, 'utf8'))
      expect(groups).toMatchObject([{ group: 'billing', outcome: 'reported', commands: [command] }])
      expect(await cli.positionsOf('billing')).toEqual(new Map())
    },
  )

  it('manual is told of by a dry run', async () => {
    await using cli = await backedUp()
    const { stdout } = await cli.restore([NAMED, 'consumer_group_strategy: manual'], ['--dry-run'])
    expect(stdout).toContain('only reported, and left as it is')
  })

  it('timestamp-based without names, as a guide has it, moves no group, and says so', async () => {
    await using cli = await backedUp()
    const { status, stderr } = await cli.restore(['consumer_group_strategy: timestamp-based'])
    expect(status).toBe(0)
    expect(stderr).toContain('timestamp-based moves no group, because consumer_groups names none')
  })

  it('manual is refused where the third of three phases is to set groups', async () => {
    await using cli = await backedUp()
    await cli.restore([NAMED, 'consumer_group_strategy: manual'], ['--dry-run'])
    const { status, stderr } = await cli.run(['three-phase-restore', '--config', join(cli.folder, 'restore.yaml')])
    expect(status).toBe(2)
    expect(stderr).toContain('manual sets no group in the third phase')
  })
})
