import { describe, expect, test } from 'vitest'
import { openArchive } from '../../access/archive.ts'
import { valuesAt } from '../../testing/memory-kafka/orders-cluster.ts'
import { blockersOf, orders, restoreInto, type Scene, scene } from '../testing/hazard-scene.ts'

describe('KB_HAZARD_NULL_KEY', () => {
  const records = [
    { key: 'a', value: 'first' },
    { key: null, value: 'keyless' },
    { key: 'b', value: 'last' },
  ]

  async function intoCompacted(): Promise<Scene> {
    const at = await scene(records)
    await at.target.simulation.createTopic('orders', { configs: { 'cleanup.policy': 'compact' } })
    return at
  }

  test('blocks records that a compacted target refuses, with their number', async () => {
    const { blockers } = await restoreInto(await intoCompacted()).plan()
    expect(blockers).toMatchObject([{ code: 'KB_HAZARD_NULL_KEY', details: { records: 1, complete: true } }])
    expect(blockers[0]?.message).toBe('orders is compacted and takes no record without a key: 1 record has none')
  })

  test('does not block where all have keys, nor a target that is not compacted', async () => {
    expect(await blockersOf(await scene(records))).toEqual([])
    const keyed = await scene(records.filter(({ key }) => key !== null))
    await keyed.target.simulation.createTopic('orders', { configs: { 'cleanup.policy': 'compact' } })
    expect(await blockersOf(keyed)).toEqual([])
  })

  test('drop leaves them out, counts them, and maps their offsets to the next record', async () => {
    const at = await intoCompacted()
    const receipt = await restoreInto(at, { guards: { nullKey: 'drop' } }).run()
    expect(await valuesAt(at.target, orders)).toEqual(['0:first', '1:last'])
    expect(receipt).toMatchObject({ records: 2, recordsSkipped: 1 })
    const map = await (await openArchive(at.storage, 'b')).offsetMap(receipt.restoreId)
    expect(map.translate({ ...orders, offset: 1n })).toMatchObject({ kind: 'next', target: { offset: 1n } })
    expect(map.translate({ ...orders, offset: 2n })).toMatchObject({ kind: 'exact', target: { offset: 1n } })
  })
})
