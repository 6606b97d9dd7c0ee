import { describe, expect, it } from 'vitest'
import { HiddenOffsetsTracker } from './hidden-offsets.ts'

const EVERYWHERE = 0x7fff_ffff_ffff_ffffn
const TOLERANCE = 5n
/** A log with the holes `[3, 5)` at 12 … 13 and `[8, 9)` at 15 … 16, that ends at 10. */
function example(atMs: bigint, completeAtMs: bigint | null = null, toleranceMs = 0n) {
  const tracker = new HiddenOffsetsTracker({ atMs, toleranceMs })
  for (const time of [10n, 11n, 12n]) tracker.seen(time)
  tracker.hole(3n, 5n)
  for (const time of [13n, 14n, 15n]) tracker.seen(time)
  tracker.hole(8n, 9n)
  tracker.seen(16n)
  return tracker.end(10n, completeAtMs)
}

describe('what may hide in a log', () => {
  it('is nothing by T in a hole that was stamped later than T', () => {
    expect(example(11n).lastByT).toBe(-1n)
    expect(example(14n).lastByT).toBe(4n)
  })

  it('may be something at T itself', () => {
    expect(example(12n).lastByT).toBe(4n)
    expect(example(15n).lastByT).toBe(8n)
  })

  it('is anything behind the end unless it was seen that the log ended there after T', () => {
    expect([example(16n).lastByT, example(16n, 16n).lastByT, example(16n, 17n).lastByT]).toEqual([
      EVERYWHERE,
      EVERYWHERE,
      8n,
    ])
  })

  it('is nothing after T in a hole behind which a record shows that it was over by T', () => {
    expect([example(12n), example(13n), example(16n)].map((hidden) => hidden.firstEffectAfterT)).toEqual([3n, 8n, 10n])
  })

  it('reaches as much further as clocks are allowed to step back', () => {
    expect([6n, 7n, 9n, 10n].map((atMs) => example(atMs, null, TOLERANCE).lastByT)).toEqual([-1n, 4n, 4n, 8n])
    expect([17n, 18n].map((atMs) => example(atMs, 99n, TOLERANCE).firstEffectAfterT)).toEqual([3n, 8n])
  })

  it('is anything in any hole of a log whose clock stepped back further than that', () => {
    const tracker = new HiddenOffsetsTracker({ atMs: 10n, toleranceMs: TOLERANCE })
    tracker.seen(10n)
    tracker.seen(20n)
    tracker.hole(2n, 4n)
    tracker.seen(14n)
    expect(tracker.end(5n, 30n)).toEqual({ lastByT: 3n, lastEffectByT: 3n, firstEffectAfterT: 2n })
  })

  it('is anything in front of the first record', () => {
    const tracker = new HiddenOffsetsTracker({ atMs: -1n, toleranceMs: 0n })
    tracker.hole(0n, 7n)
    tracker.seen(10n)
    expect(tracker.end(8n, null)).toEqual({ lastByT: 6n, lastEffectByT: 6n, firstEffectAfterT: 0n })
  })

  it('may be made effective by a marker of which the records were not all read', () => {
    const tracker = new HiddenOffsetsTracker({ atMs: 15n, toleranceMs: 0n })
    tracker.hole(0n, 1n)
    for (const [offset, time] of [
      [1n, 10n],
      [2n, 15n],
      [3n, 16n],
      [4n, 17n],
    ] as const) {
      tracker.seen(time)
      tracker.doubtfulMarker(offset, time)
    }
    expect(tracker.end(9n, null)).toEqual({ lastByT: 0n, lastEffectByT: 2n, firstEffectAfterT: 3n })
  })
})
