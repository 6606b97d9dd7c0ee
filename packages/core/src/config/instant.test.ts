import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KbackupError } from '../errors/kbackup-error.ts'
import { type Instant, instantToMs } from './instant.ts'

function refusal(value: Instant): KbackupError {
  try {
    instantToMs(value, 'window.end')
  } catch (error) {
    if (KbackupError.is(error, 'KB_CONFIG_INVALID')) return error
    throw error
  }
  throw new Error('was accepted')
}

describe('instantToMs', () => {
  it('takes dates, ISO text with any offset, numbers and bigints for the same moment', () => {
    const ms = 1_732_886_940_000n
    const spellings: Instant[] = [
      new Date(Number(ms)),
      Number(ms),
      ms,
      '2024-11-29T13:29:00Z',
      '2024-11-29T13:29Z',
      '2024-11-29T14:29:00.000+01:00',
      '2024-11-29T08:29:00,000-0500',
      '2024-11-29T13:29:00.000999Z',
    ]
    expect(spellings.map((value) => instantToMs(value, 'at'))).toEqual(spellings.map(() => ms))
  })

  it('gives back every millisecond that toISOString writes', () => {
    fc.assert(
      fc.property(
        fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z') }),
        (date) => {
          expect(instantToMs(date.toISOString(), 'at')).toBe(BigInt(date.getTime()))
        },
      ),
    )
  })

  it('refuses seconds given for milliseconds, as number and as bigint, and names the remedy', () => {
    for (const value of [1_732_886_940, 1_732_886_940n]) {
      const error = refusal(value)
      expect(error.message).toBe('window.end: 1732886940 is in 1970; epoch milliseconds are expected')
      expect(error.hint).toBe('did you mean 1732886940000 (2024-11-29T13:29:00Z)?')
    }
  })

  it('refuses micro- and nanoseconds given for milliseconds, and names the remedy', () => {
    for (const value of [1_732_886_940_000_000n, 1_732_886_940_000_000_000n]) {
      expect(refusal(value).hint).toBe('did you mean 1732886940000 (2024-11-29T13:29:00Z)?')
    }
  })

  it('takes the times that tests and records without a timestamp have', () => {
    expect([-1, 0, 1000].map((value) => instantToMs(value, 'at'))).toEqual([-1n, 0n, 1000n])
  })

  it('refuses text without an offset, since it means another moment on every machine', () => {
    expect(refusal('2024-11-29T13:29:00').hint).toContain('add Z for UTC (2024-11-29T13:29:00Z)')
  })

  it('proposes the T where a blank stands between day and time', () => {
    expect(refusal('2026-11-21 18:22:59Z').hint).toBe('put a T between day and time: 2026-11-21T18:22:59Z')
    expect(refusal('2026-11-21 18:22:59 +01:00').hint).toContain('2026-11-21T18:22:59+01:00')
  })

  it('refuses days and hours that do not exist', () => {
    for (const text of [
      '2024-02-30T00:00:00Z',
      '2023-02-29T00:00:00Z',
      '2024-13-01T00:00:00Z',
      '2024-01-01T25:00:00Z',
    ]) {
      expect(refusal(text).message).toContain('does not exist')
    }
  })

  it('refuses what is not an instant at all', () => {
    expect(refusal('yesterday').hint).toContain('2026-11-20T14:29:00Z')
    expect(refusal('1732886940000').hint).toContain('quotation marks')
    expect(refusal(new Date('nonsense')).message).toContain('Date is invalid')
    expect(refusal(1.5).message).toContain('1.5 is not an instant')
    expect(refusal(Number.NaN).message).toContain('NaN')
  })
})
