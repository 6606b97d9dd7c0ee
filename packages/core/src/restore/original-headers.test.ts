import { expect, it } from 'vitest'
import { decodeRecords } from '../batch/batch-records.ts'
import { batchesOf, fetchOne } from '../testing/memory-kafka/orders-cluster.ts'
import { NOW, orders, restoreInto, scene } from './testing/hazard-scene.ts'

const OWN = [['trace', Buffer.from('1')]] as const

async function restoredHeaders(originalHeaders: boolean) {
  const records = [
    { key: 'a', value: 'first', headers: OWN, timestamp: NOW - 5n },
    { key: 'b', value: null, timestamp: NOW },
  ]
  const at = await scene(records)
  const receipt = await restoreInto(at, { originalHeaders, window: { start: NOW - 5n } }).run()
  expect(receipt.verification).toMatchObject({ depth: 'full', compared: 2 })
  const batches = await Promise.all(
    batchesOf(await fetchOne(at.target, orders)).map((batch) => decodeRecords(batch, orders)),
  )
  return batches.flat().map(({ headers }) => headers.map(([name, value]) => `${name}=${value}`))
}

it('each record gets its offset and its timestamp in the source as headers, behind its own, where they are asked for', async () => {
  expect(await restoredHeaders(true)).toEqual([
    ['trace=1', 'x-original-offset=0', `x-original-timestamp=${NOW - 5n}`],
    ['x-original-offset=1', `x-original-timestamp=${NOW}`],
  ])
})

it('nothing is added unless it is asked for', async () => {
  expect(await restoredHeaders(false)).toEqual([['trace=1'], []])
})
