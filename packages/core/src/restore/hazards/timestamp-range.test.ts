import { describe, expect, test } from 'vitest'
import { valuesAt } from '../../testing/memory-kafka/orders-cluster.ts'
import {
  blockersOf,
  DAY_MS,
  NOW,
  orders,
  recent,
  restoreInto,
  type Scene,
  scene,
  settingOf,
} from '../testing/hazard-scene.ts'

describe('KB_HAZARD_TIMESTAMP_RANGE', () => {
  const early = { key: 'a', value: 'early', timestamp: NOW - 3n * DAY_MS }
  const late = { key: 'b', value: 'late', timestamp: NOW + 2n * DAY_MS }
  const limits = {
    'message.timestamp.before.max.ms': String(DAY_MS),
    'message.timestamp.after.max.ms': String(DAY_MS),
  }

  async function withLimits(): Promise<Scene> {
    const records = [early, ...recent, late]
    const at = await scene(records, { 'message.timestamp.after.max.ms': String(5n * DAY_MS) })
    await at.target.simulation.createTopic('orders', { configs: limits })
    return at
  }

  test('blocks records whose times the target refuses, with their number', async () => {
    const at = await withLimits()
    const { blockers } = await restoreInto(at).plan()
    expect(blockers).toMatchObject([
      { code: 'KB_HAZARD_TIMESTAMP_RANGE', details: { topic: 'orders', records: 3, bytes: expect.any(Number) } },
    ])
    await expect(restoreInto(at).run()).rejects.toMatchObject({ code: 'KB_PLAN_BLOCKED' })
    expect(await valuesAt(at.target, orders)).toEqual([])
  })

  test('does not block a window inside the limits, nor a target that stamps the records itself', async () => {
    const at = await withLimits()
    expect(await blockersOf(at, { window: { start: NOW - 10_000n, end: NOW + 60_000n } })).toEqual([])
    await at.target.alterTopicConfigs([{ topic: 'orders', configs: { 'message.timestamp.type': 'LogAppendTime' } }])
    expect(await blockersOf(at, { guards: { timestampType: 'accept' } })).toEqual([])
  })

  test('hold lifts the limits and puts them back', async () => {
    const at = await withLimits()
    await restoreInto(at, { guards: { timestampRange: 'hold' } }).run()
    expect(await valuesAt(at.target, orders)).toEqual(['0:early', '1:new', '2:late'])
    for (const [name, value] of Object.entries(limits)) {
      expect(await settingOf(at, name)).toMatchObject({ value, isOverride: true })
    }
  })

  test('drop leaves these records out, counts them, and maps their offsets to the next one', async () => {
    const at = await withLimits()
    const receipt = await restoreInto(at, { guards: { timestampRange: 'drop' }, groups: ['billing'] }).run()
    expect(await valuesAt(at.target, orders)).toEqual(['0:new'])
    expect(receipt).toMatchObject({ records: 1, recordsSkipped: 2 })
  })
})
