import type { OffsetBounds } from '../../batch/record-selection.ts'
import { countLeading } from '../../collections/count-leading.ts'
import type { RestoredRun } from '../journal-entries.ts'
import { sourceNextOf } from '../restored-runs.ts'

/** Source offsets from `sourceFirst` on. */
export type SourceOffsets = Pick<RestoredRun, 'sourceFirst' | 'count'>

/**
 * The source offsets of a stream whose records are not produced: they stood in the target before, or they are copies of
 * others.
 */
export class PresentOffsets {
  readonly #runs: readonly SourceOffsets[]

  /** @param runs in the order of the source, and apart */
  constructor(runs: readonly SourceOffsets[]) {
    this.#runs = runs
  }

  /** Whether all of `[startOffset, nextOffset)` is there. */
  covers({ startOffset, nextOffset }: OffsetBounds): boolean {
    const run = this.#runs[this.#firstEndingBehind(startOffset)]
    return run !== undefined && run.sourceFirst <= startOffset && sourceNextOf(run) >= nextOffset
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
      next = run === undefined ? nextOffset : sourceNextOf(run)
    }
    return missing
  }

  /** The index of the first run that ends behind an offset; that of no run where none does. */
  #firstEndingBehind(offset: bigint): number {
    return countLeading(this.#runs.length, (index) => {
      const run = this.#runs[index]
      return run !== undefined && sourceNextOf(run) <= offset
    })
  }
}
