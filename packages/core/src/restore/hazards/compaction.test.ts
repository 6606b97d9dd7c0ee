import { describe, expect, test } from 'vitest'
import { valuesAt } from '../../testing/memory-kafka/orders-cluster.ts'
import { orders, recent, restoreInto, scene, settingOf } from '../testing/hazard-scene.ts'

const FOREVER = '9223372036854775807'

describe('KB_HAZARD_COMPACTION', () => {
  const compacted = { 'cleanup.policy': 'compact', 'max.compaction.lag.ms': '1000', 'min.compaction.lag.ms': '10' }

  test('warns, with the number of records, and does not block', async () => {
    const plan = await restoreInto(await scene(recent, compacted)).plan()
    expect(plan.blockers).toEqual([])
    expect(plan.hazards).toMatchObject([{ code: 'KB_HAZARD_COMPACTION', details: { topic: 'orders', records: 1 } }])
  })

  test('hold makes the cleaner wait while records are restored, and puts its settings back', async () => {
    const at = await scene(recent, compacted)
    const during: unknown[] = []
    const onEvent = async ({ type }: { readonly type: string }) => {
      if (type === 'stream-start') during.push(await settingOf(at, 'min.compaction.lag.ms'))
    }
    await restoreInto(at, { guards: { compaction: 'hold' } }).run({ onEvent: (event) => void onEvent(event) })
    expect(during).toMatchObject([{ value: FOREVER }])
    expect(await settingOf(at, 'min.compaction.lag.ms')).toMatchObject({ value: '10' })
    expect(await settingOf(at, 'max.compaction.lag.ms')).toMatchObject({ value: '1000' })
    expect(await valuesAt(at.target, orders)).toEqual(['0:new'])
  })
})
