/** How many indexes below `length`, from 0 on, `holds` is true for; where it holds for one, it does for all before it. */
export function countLeading(length: number, holds: (index: number) => boolean): number {
  let [low, high] = [0, length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (holds(middle)) low = middle + 1
    else high = middle
  }
  return low
}
