import { expect, it } from 'vitest'
import { valuesAt } from '../testing/memory-kafka/orders-cluster.ts'
import { producePace } from './produce-pace.ts'
import { orders, restoreInto, scene } from './testing/hazard-scene.ts'

const { signal } = new AbortController()
const batch = { recordCount: 50, bytes: { length: 1_000 } }

/** Time passes only where somebody sleeps, and each sleep takes longer than it should. */
function oversleepingClock(byMs: number) {
  const time = { nowMs: 0 }
  const sleep = async (delayMs: number) => {
    time.nowMs += delayMs + byMs
  }
  return { time, clock: { nowMs: () => time.nowMs, sleep } }
}

it('holds all streams together to so many records a second, and makes up for what timers oversleep', async () => {
  const { time, clock } = oversleepingClock(20)
  const pace = producePace({ maxRecordsPerSecond: 500, maxBytesPerSecond: null }, clock)
  for (let sent = 0; sent < 101; sent++) await pace?.(batch, signal)
  // 100 batches of 50 records before the last one, at 500 a second.
  expect(time.nowMs).toBe(10_000 + 20)
})

it('the stricter of two limits counts', async () => {
  const { time, clock } = oversleepingClock(0)
  const pace = producePace({ maxRecordsPerSecond: 1_000_000, maxBytesPerSecond: 1_000 }, clock)
  for (let sent = 0; sent < 4; sent++) await pace?.(batch, signal)
  expect(Math.round(time.nowMs)).toBe(3_000)
})

it('without a limit nothing waits', () => {
  expect(producePace({ maxRecordsPerSecond: null, maxBytesPerSecond: null })).toBeUndefined()
})

it('a restore with limits restores the same, and one of 0 is refused', async () => {
  const at = await scene([{ key: 'a', value: 'new' }])
  await restoreInto(at, { maxRecordsPerSecond: 1_000, maxBytesPerSecond: 1_000_000 }).run()
  expect(await valuesAt(at.target, orders)).toEqual(['0:new'])
  expect(() => restoreInto(at, { maxRecordsPerSecond: 0 })).toThrow('maxRecordsPerSecond is 0')
})
