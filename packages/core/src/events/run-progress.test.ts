import { expect, it } from 'vitest'
import { runProgress } from './run-progress.ts'

const amounts = { records: 500, bytes: 2_000_000, elapsedMs: 2000 }

it('gives rates and the time left from what was done so far', () => {
  expect(runProgress({ ...amounts, doneOffsets: 250, totalOffsets: 1000 })).toMatchObject({
    percent: 25,
    recordsPerSecond: 250,
    bytesPerSecond: 1_000_000,
    secondsLeft: 6,
  })
})

it('says 100 percent only at the end, and no time left while nothing is done', () => {
  expect(runProgress({ ...amounts, doneOffsets: 999, totalOffsets: 1000 }).percent).toBe(99)
  expect(runProgress({ ...amounts, doneOffsets: 0, totalOffsets: 1000 }).secondsLeft).toBeNull()
  expect(runProgress({ ...amounts, doneOffsets: 0, totalOffsets: 0 }).percent).toBe(100)
})
