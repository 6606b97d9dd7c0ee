import type { OffsetBounds } from '../../batch/record-selection.ts'
import type { RestoredRun } from '../journal-entries.ts'

/** The source offsets of a stream whose records stood in the target before, and are not produced again. */
export class PresentOffsets {
  readonly #runs: readonly RestoredRun[]

  /** @param runs in the order of the source */
  constructor(runs: readonly RestoredRun[]) {
    this.#runs = runs
  }

  /** Whether all of `[startOffset, nextOffset)` is there. */
  covers({ startOffset, nextOffset }: OffsetBounds): boolean {
    const run = this.#runs[this.#firstEndingBehind(startOffset)]
    return run !== undefined && run.sourceFirst <= startOffset && sourceNext(run) >= nextOffset
  }

  has(offset: bigint): boolean {
    return this.covers({ startOffset: offset, nextOffset: offset + 1n })
  }

  /**
   * What of `[startOffset, nextOffset)` is not there, in order.
   *
   * ```
   * asked    [10 ─────────────────────── 30)
   * there         [14, 16)    [20, 24)
   * missing  [10, 14)  [16, 20)    [24, 30)
   * ```
   */
  missingIn({ startOffset, nextOffset }: OffsetBounds): readonly OffsetBounds[] {
    const missing: OffsetBounds[] = []
    let next = startOffset
    for (let index = this.#firstEndingBehind(startOffset); next < nextOffset; index += 1) {
      const run = this.#runs[index]
      const end = run === undefined || run.sourceFirst > nextOffset ? nextOffset : run.sourceFirst
      if (end > next) missing.push({ startOffset: next, nextOffset: end })
      next = run === undefined ? nextOffset : sourceNext(run)
    }
    return missing
  }

  /** The index of the first run that ends behind an offset; that of no run where none does. */
  #firstEndingBehind(offset: bigint): number {
    let [low, high] = [0, this.#runs.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      const run = this.#runs[middle]
      if (run !== undefined && sourceNext(run) <= offset) low = middle + 1
      else high = middle
    }
    return low
  }
}

function sourceNext({ sourceFirst, count }: RestoredRun): bigint {
  return sourceFirst + BigInt(count)
}
