import { describe, expect, test } from 'vitest'
import { openJson } from '../archive/json-object.ts'
import { readOffsetMap } from '../offsets/read-offset-map.ts'
import { offsetMapKey } from './restore-keys.ts'
import { recordsAt } from './testing/restored-state.ts'
import { ordinals, RECORD_COUNT, TwoTopics, valuesOf } from './testing/two-topics.ts'

const merged = { topic: 'orders', partition: 0 }

/** A restore of `orders` that sends partitions 0 and 1 to partition 0, and 2 to partition 1. */
async function mergedRestore(positions: Readonly<Record<number, bigint>>) {
  const at = await TwoTopics.backedUp(async ({ source }) => {
    const offsets = Object.entries(positions).map(([partition, offset]) => ({
      topic: 'orders',
      partition: Number(partition),
      offset,
      leaderEpoch: -1,
      metadata: `m${partition}`,
    }))
    if (offsets.length > 0) await source.commitGroupOffsets('billing', offsets)
  })
  const groups = Object.keys(positions).length > 0 ? ['billing'] : []
  const receipt = await at.restore({ topics: ['orders'], partitionMapping: { 1: 0, 2: 1 }, groups }).run()
  const [group] = groups.length > 0 ? await at.target.fetchGroupOffsets(groups) : []
  const offsetOf = (partition: number) => group?.offsets.find((offset) => offset.partition === partition)?.offset
  return { at, receipt, offsetOf }
}

describe('partitions that are merged', () => {
  test('keep their order, and make a topic of just the partitions that are needed', async () => {
    const { at } = await mergedRestore({})
    const values = (await recordsAt(at.target, merged)).map(({ value }) => String(value))
    for (const partition of [0, 1]) {
      expect(values.filter((value) => value.startsWith(`p${partition}`))).toEqual(
        valuesOf(partition, ordinals(0, RECORD_COUNT - 1)),
      )
    }
    const [described] = await at.target.describeTopics(['orders'])
    expect(described?.partitions).toHaveLength(2)
  })

  test('have the offsets of both translated', async () => {
    const { at, receipt } = await mergedRestore({})
    const key = offsetMapKey('b', receipt.restoreId)
    const map = readOffsetMap(openJson(await at.storage.get(key), key), key)
    for (const record of await recordsAt(at.target, merged)) {
      const source = map.sourceOf({ ...merged, offset: record.offset })
      expect(String(record.value)).toBe(`p${source?.partition}r${source?.offset}`)
      if (source !== undefined)
        expect(map.translate(source)).toMatchObject({ kind: 'exact', target: { offset: record.offset } })
    }
  })
})

describe('a group on partitions that are merged', () => {
  test('goes on before the first record that it had not read of any of them, and the report says what it repeats', async () => {
    const { at, receipt, offsetOf } = await mergedRestore({ 0: 4n, 1: 7n, 2: 10n })
    const values = (await recordsAt(at.target, merged)).map(({ value }) => String(value))
    const unread = [...valuesOf(0, ordinals(4, 9)), ...valuesOf(1, ordinals(7, 9))]
    const first = Math.min(...unread.map((value) => values.indexOf(value)))
    expect(offsetOf(0)).toBe(BigInt(first))
    expect(offsetOf(1)).toBe(10n)
    expect(receipt.groups[0]?.targets).toMatchObject([
      { partition: 0, repeatedRecords: BigInt(values.length - first - unread.length), sources: [{}, {}] },
      { partition: 1, repeatedRecords: 0n },
    ])
  })

  test('stands at the end where it had read all of them', async () => {
    expect((await mergedRestore({ 0: 10n, 1: 10n })).offsetOf(0)).toBe(20n)
  })

  test('reads all of one in which it had no position', async () => {
    const { at, offsetOf } = await mergedRestore({ 0: 10n })
    const values = (await recordsAt(at.target, merged)).map(({ value }) => String(value))
    expect(offsetOf(0)).toBe(BigInt(values.indexOf('p1r0')))
  })

  test('is left as it is where one of its positions lies beyond what is archived', async () => {
    const { receipt, offsetOf } = await mergedRestore({ 0: 3n, 1: 500n })
    expect(offsetOf(0)).toBeUndefined()
    expect(receipt.groups[0]?.outcome).toBe('nothing-to-set')
  })
})
