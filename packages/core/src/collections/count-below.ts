/** How many of some ascending numbers lie below another. */
export function countBelow(ascending: readonly bigint[], bound: bigint): number {
  let [low, high] = [0, ascending.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((ascending[middle] ?? bound) < bound) low = middle + 1
    else high = middle
  }
  return low
}
