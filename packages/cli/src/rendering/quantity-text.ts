const BYTE_UNITS = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'] as const

/** `45,234,567` */
export function countText(count: number | bigint): string {
  return count.toLocaleString('en-US')
}

/** `1 topic`, `3 topics` */
export function countOf(count: number | bigint, noun: string): string {
  return `${countText(count)} ${noun}${Number(count) === 1 ? '' : 's'}`
}

/** `12.5 GB`, in powers of 1,000. */
export function bytesText(bytes: number | bigint): string {
  const amount = Number(bytes)
  const power = Math.min(BYTE_UNITS.length - 1, amount < 1000 ? 0 : Math.floor(Math.log10(amount) / 3))
  const scaled = amount / 1000 ** power
  return `${power === 0 ? scaled : scaled.toFixed(1)} ${BYTE_UNITS[power]}`
}

/** `4 hours`, `2m 15s`, `0.8s`: the two largest units that count. */
export function durationText(ms: number): string {
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)}s`
  const seconds = Math.round(ms / 1000)
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor((seconds % 86_400) / 3600), 'h'],
    [Math.floor((seconds % 3600) / 60), 'm'],
    [seconds % 60, 's'],
  ] as const
  const first = parts.findIndex(([amount]) => amount > 0)
  return parts
    .slice(first, first + 2)
    .filter(([amount], index) => index === 0 || amount > 0)
    .map(([amount, unit]) => `${amount}${unit}`)
    .join(' ')
}
