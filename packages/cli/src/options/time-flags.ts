import { instantToMs, KbackupError } from '@kbackup/core'

const EPOCH_MS = /^-?\d+$/

/** `--time-start` and `--time-end`, as they were written. */
export interface TimeFlags {
  readonly timeStart?: string | undefined
  readonly timeEnd?: string | undefined
}

/** A window in epoch milliseconds; both ends are inclusive, either may be absent. */
export interface Window {
  readonly start?: bigint | undefined
  readonly end?: bigint | undefined
}

/** The window of the configuration with the flags laid over it; an empty one is `KB_USAGE`. */
export function windowWithFlags(configured: Window, { timeStart, timeEnd }: TimeFlags): Window {
  const start = timeStart === undefined ? configured.start : flagToMs(timeStart, '--time-start')
  const end = timeEnd === undefined ? configured.end : flagToMs(timeEnd, '--time-end')
  if (start !== undefined && end !== undefined && start > end) throw emptyWindow(start, end)
  return { start, end }
}

/** ISO 8601, or epoch milliseconds as in a configuration; what it meant is echoed in ISO 8601. */
export function flagToMs(value: string, flag: string): bigint {
  try {
    return instantToMs(EPOCH_MS.test(value.trim()) ? BigInt(value.trim()) : value, flag)
  } catch (error) {
    if (!KbackupError.is(error, 'KB_CONFIG_INVALID')) throw error
    const { message, hint } = error
    throw new KbackupError('KB_USAGE', { message, hint, details: { flag, value }, cause: error })
  }
}

function emptyWindow(start: bigint, end: bigint): KbackupError {
  const [from, to] = [start, end].map((ms) => new Date(Number(ms)).toISOString())
  return new KbackupError('KB_USAGE', {
    message: `the window is empty: it starts at ${from} and ends at ${to}`,
    hint: 'both ends are inclusive; exchange --time-start and --time-end, or correct the one in the configuration',
    details: { start, end },
  })
}
