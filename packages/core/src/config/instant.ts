import { KbackupError } from '../errors/kbackup-error.ts'

/**
 * A moment: a `Date`, ISO 8601 text with an offset or `Z`, or epoch milliseconds as a number or a bigint.
 *
 * @example
 * ```ts
 * import { type Instant, instantToMs } from '@kbackup/core'
 *
 * const end: Instant = '2026-11-20T14:29:59.999Z'
 * instantToMs(end, 'window.end') // 1795184999999n
 * ```
 */
export type Instant = Date | string | bigint | number

const ISO_8601 = /^(\d{4})-(\d{2})-(\d{2})T\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(Z|z|[+-]\d{2}:?\d{2})?$/
const LAST_MS_OF_YEAR_9999 = 253_402_300_799_999n
// As seconds these are the years 1973 to 2286; as milliseconds, four months of 1970.
const PLAUSIBLE_SECONDS = { from: 100_000_000n, below: 10_000_000_000n } as const

/**
 * Epoch milliseconds of an instant; digits beyond milliseconds are cut off.
 *
 * Text without an offset, seconds or microseconds given for milliseconds, and days that do not exist are refused with
 * `KB_CONFIG_INVALID`, whose message begins with `name` and whose hint is the remedy.
 */
export function instantToMs(value: Instant, name: string): bigint {
  if (typeof value === 'string') return textToMs(value, name)
  if (value instanceof Date) return dateToMs(value, name)
  if (typeof value === 'bigint') return checkedMs(value, name)
  if (typeof value === 'number' && Number.isSafeInteger(value)) return checkedMs(BigInt(value), name)
  throw invalid(name, `${String(value)} is not an instant`, 'give epoch milliseconds, a Date, or ISO 8601 text')
}

function dateToMs(value: Date, name: string): bigint {
  if (Number.isNaN(value.getTime())) throw invalid(name, 'the Date is invalid', 'give a Date that was parsed in full')
  return BigInt(value.getTime())
}

function checkedMs(value: bigint, name: string): bigint {
  if (value >= PLAUSIBLE_SECONDS.from && value < PLAUSIBLE_SECONDS.below) {
    throw wrongUnit(name, `${value} is in 1970; epoch milliseconds are expected`, value * 1000n)
  }
  if (value > LAST_MS_OF_YEAR_9999) throw beyondCalendar(value, name)
  return value
}

function beyondCalendar(value: bigint, name: string): KbackupError {
  const micro = value / 1000n
  const remedy = micro > LAST_MS_OF_YEAR_9999 ? value / 1_000_000n : micro
  const what = `${value} is beyond the year 9999; epoch milliseconds are expected`
  if (remedy > LAST_MS_OF_YEAR_9999) return invalid(name, what, 'leave it out for "no bound"')
  return wrongUnit(name, what, remedy)
}

function wrongUnit(name: string, what: string, remedy: bigint): KbackupError {
  return invalid(name, what, `did you mean ${remedy} (${secondsText(remedy)})?`)
}

function secondsText(ms: bigint): string {
  return new Date(Number(ms)).toISOString().replace('.000Z', 'Z')
}

function textToMs(text: string, name: string): bigint {
  const parts = ISO_8601.exec(text.trim())
  if (parts === null) throw invalid(name, `'${text}' is not ISO 8601`, textHint(text))
  if (parts[4] === undefined) throw missingOffset(text, name)
  const ms = Date.parse(canonicalText(text.trim(), parts[4]))
  if (Number.isNaN(ms) || !isCalendarDay(parts)) {
    throw invalid(name, `'${text}' names a day or an hour that does not exist`, 'check month, day, hour and minute')
  }
  return BigInt(ms)
}

function missingOffset(text: string, name: string): KbackupError {
  return invalid(name, `'${text}' has no offset`, `add Z for UTC (${text.trim()}Z) or an offset (${text.trim()}+01:00)`)
}

/** `Date.parse` wants a dot and a colon where ISO 8601 also allows a comma and nothing. */
function canonicalText(text: string, offset: string): string {
  const local = text
    .slice(0, -offset.length)
    .replace(',', '.')
    .replace(/(\.\d{3})\d+$/, '$1')
  if (offset.toUpperCase() === 'Z') return `${local}Z`
  return `${local}${offset.slice(0, 3)}:${offset.slice(-2)}`
}

/** `Date.parse` takes February 30 for March 1. */
function isCalendarDay([, year, month, day]: RegExpExecArray): boolean {
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)))
  return date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day)
}

function textHint(text: string): string {
  if (/^-?\d+$/.test(text.trim())) return 'epoch milliseconds are numbers: leave the quotation marks out'
  if (/^\d{4}-\d{2}-\d{2} +\d{2}:\d{2}/.test(text.trim())) {
    return `put a T between day and time: ${text.trim().replace(/ +/, 'T').replaceAll(' ', '')}`
  }
  return 'write it like 2026-11-20T14:29:00Z or 2026-11-20T15:29:00+01:00'
}

function invalid(name: string, what: string, hint: string): KbackupError {
  return new KbackupError('KB_CONFIG_INVALID', { message: `${name}: ${what}`, hint, details: { name } })
}
