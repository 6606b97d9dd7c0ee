/** A count as reports and messages show it: `480,112`. */
export function groupedCount(count: number | bigint): string {
  return count.toLocaleString('en-US')
}
