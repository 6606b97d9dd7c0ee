import { expect, it } from 'vitest'
import { runProgress } from './run-progress.ts'

const amounts = { records: 500n, bytes: 2_000_000n, elapsedMs: 2000 }

it('gives rates and the time left from what was done so far', () => {
  expect(runProgress({ ...amounts, doneOffsets: 250n, totalOffsets: 1000n })).toMatchObject({
    percent: 25,
    recordsPerSecond: 250,
    bytesPerSecond: 1_000_000,
    secondsLeft: 6,
  })
})

it('says 100 percent only at the end, and no time left while nothing is done', () => {
  expect(runProgress({ ...amounts, doneOffsets: 999n, totalOffsets: 1000n }).percent).toBe(99)
  expect(runProgress({ ...amounts, doneOffsets: 0n, totalOffsets: 1000n }).secondsLeft).toBeNull()
  expect(runProgress({ ...amounts, doneOffsets: 0n, totalOffsets: 0n }).percent).toBe(100)
})
