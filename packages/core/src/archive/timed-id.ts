/** An id that sorts by time, so that people find the newest one: `20261120T143012Z-1f3a9c…`. */
export function timedId(atMs: bigint, nonce: string): string {
  const time = new Date(Number(atMs)).toISOString().replaceAll(/[-:]|\.[0-9]+/g, '')
  return `${time}-${nonce}`
}
