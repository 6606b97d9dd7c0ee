/** Epoch milliseconds for people, in ISO 8601; times that no calendar has stay numbers. */
export function isoTime(ms: bigint): string {
  const date = new Date(Number(ms))
  return Number.isNaN(date.getTime()) ? `${ms} ms` : date.toISOString()
}
