const SIZE = /^(\d+(?:\.\d+)?)\s*(B|[KMGT]i?B)$/i
const DURATION = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$/

const SIZE_UNITS: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
}

const DURATION_UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1e3, m: 60e3, h: 3_600e3, d: 86_400e3 }

/** Bytes of `64MiB`, `1.5 GB` or a plain number; `undefined` for anything else. */
export function sizeToBytes(value: number | string): number | undefined {
  return typeof value === 'number' ? wholeQuantity(value) : quantity(SIZE.exec(value.trim()), SIZE_UNITS)
}

/** Milliseconds of `30s`, `500ms`, `5m`, `1h` or `7d`; `undefined` for anything else, a bare number included. */
export function durationToMs(value: string): number | undefined {
  return quantity(DURATION.exec(value.trim()), DURATION_UNITS)
}

function quantity(match: RegExpExecArray | null, units: Readonly<Record<string, number>>): number | undefined {
  const unit = units[match?.[2]?.toLowerCase() ?? '']
  return match === null || unit === undefined ? undefined : wholeQuantity(Number(match[1]) * unit)
}

function wholeQuantity(value: number): number | undefined {
  const whole = Math.round(value)
  return Number.isSafeInteger(whole) && whole >= 0 ? whole : undefined
}
