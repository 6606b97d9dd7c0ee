/** `2024-11-01T00:00:00Z`, with milliseconds where there are any; epoch milliseconds beyond what a calendar shows. */
export function isoTime(ms: bigint): string {
  const date = new Date(Number(ms))
  return Number.isNaN(date.getTime()) ? `${ms} ms` : date.toISOString().replace('.000Z', 'Z')
}

/** `2024-01-15 10:00:00`, in UTC, with milliseconds where there are any. */
export function utcTime(ms: bigint): string {
  return isoTime(ms).replace('T', ' ').replace('Z', '')
}
