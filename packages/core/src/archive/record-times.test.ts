import { describe, expect, test } from 'vitest'
import { recordTimes } from './record-times.ts'

const section = (minTimestamp: bigint | null, maxTimestamp: bigint | null, records = 1) => ({
  records,
  minTimestamp,
  maxTimestamp,
})

describe('the times of records', () => {
  test('are the least and the greatest of all sections that hold records', () => {
    expect(recordTimes([section(5n, 9n), section(3n, 4n), section(0n, 99n, 0)])).toEqual({ earliest: 3n, latest: 9n })
  })

  test('are unknown as soon as those of one section are', () => {
    expect(recordTimes([section(5n, 9n), section(null, 4n)])).toEqual({ earliest: null, latest: 9n })
    expect(recordTimes([section(null, 9n), section(5n, null)])).toEqual({ earliest: null, latest: null })
  })

  test('are unknown where there is no record', () => {
    expect(recordTimes([])).toEqual({ earliest: null, latest: null })
  })
})
