import { expect, it } from 'vitest'
import { batchesOf, fetchOne, valuesAt } from '../testing/memory-kafka/orders-cluster.ts'
import type { RestoreOptions } from './restore-options.ts'
import { NOW, orders, restoreInto, scene } from './testing/hazard-scene.ts'

/** One batch of seven records, each larger than what would be joined. */
async function restoredBatches(options: Partial<RestoreOptions>) {
  const value = (ordinal: number) => `${ordinal}${'x'.repeat(2_000)}`
  const records = Array.from({ length: 7 }, (_, ordinal) => ({ key: 'k', value: value(ordinal), timestamp: NOW }))
  const at = await scene(records)
  const { verification } = await restoreInto(at, options).run()
  expect(verification).toMatchObject({ depth: 'full', compared: 7 })
  expect(await valuesAt(at.target, orders)).toEqual(records.map(({ value }, offset) => `${offset}:${value}`))
  return batchesOf(await fetchOne(at.target, orders)).map(({ recordCount }) => recordCount)
}

it('no produced batch holds more records than it may, and the records stay the same in the same order', async () => {
  expect(await restoredBatches({ maxBatchRecords: 3 })).toEqual([3, 3, 1])
})

it('so it is with records that pass through a transform', async () => {
  const transform = { version: '1', apply: <Record>(record: Record) => record }
  expect(await restoredBatches({ maxBatchRecords: 2, transform })).toEqual([2, 2, 2, 1])
})

it('batches keep the size that they had at the source unless another is asked for', async () => {
  expect(await restoredBatches({})).toEqual([7])
})
