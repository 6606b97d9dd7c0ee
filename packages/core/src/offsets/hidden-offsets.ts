/** Offsets of one log at which something may stand that was not read, seen from one moment T. */
export interface HiddenOffsets {
  /** No record behind this offset that was not read can have taken effect by T; −1 where nothing was missed. */
  readonly lastByT: bigint
  /** As `lastByT`, counting also markers that may have made records effective that were not read. */
  readonly lastEffectByT: bigint
  /** Nothing below this offset that was not read can have taken effect after T. */
  readonly firstEffectAfterT: bigint
}

/** How {@link HiddenOffsetsTracker} judges times. */
export interface HiddenOffsetsOptions {
  readonly atMs: bigint
  /** How far the time of a record may lie before that of an earlier record of the same log. */
  readonly toleranceMs: bigint
}

const EVERYWHERE = 0x7fff_ffff_ffff_ffffn
const NOWHERE = -1n

/**
 * Follows one log from front to back and tells where something that was not read may hide.
 *
 * The one assumption: a record is stamped at most `toleranceMs` before any record in front of it. What stood in a hole
 * was therefore stamped no earlier than the latest time in front of it, less the tolerance, and no later than the
 * earliest time behind it, plus the tolerance. A log that is seen to break the assumption is trusted with nothing:
 * then each hole may hide something of any time.
 *
 * ```
 * offset     0   1   2   [3 4]   5   6   7   [8]   9   │ 10 …  not read
 * time      10  11  12           13  14  15        16  │
 *
 * T = 13    the hole 3 4 may hold something of T or before (≥ 12); the hole 8 not (≥ 15).     lastByT = 4
 * T = 16    both may, and what comes at 10 too, unless the log was complete at 17.            lastByT = 8, or everywhere
 * ```
 */
export class HiddenOffsetsTracker {
  readonly #options: HiddenOffsetsOptions
  #latestTime: bigint | null = null
  #greatestStepBack = 0n
  #firstHole: bigint | null = null
  #lastHole = NOWHERE
  #lastHoleByT = NOWHERE
  /** The first hole behind which no record shows that it was over by T. */
  #firstHoleAfterT: bigint | null = null
  #lastMarkerByT = NOWHERE
  #firstMarkerAfterT: bigint | null = null

  constructor(options: HiddenOffsetsOptions) {
    this.#options = options
  }

  /** A record or marker that was read. */
  seen(timestamp: bigint): void {
    const { atMs, toleranceMs } = this.#options
    const latest = this.#latestTime ?? timestamp
    if (latest - timestamp > this.#greatestStepBack) this.#greatestStepBack = latest - timestamp
    this.#latestTime = timestamp > latest ? timestamp : latest
    if (timestamp + toleranceMs <= atMs) this.#firstHoleAfterT = null
  }

  /** Offsets `[offset, nextOffset)` that were not read. */
  hole(offset: bigint, nextOffset: bigint): void {
    this.#firstHole ??= offset
    this.#firstHoleAfterT ??= offset
    this.#lastHole = nextOffset - 1n
    if (this.#earliestNext() <= this.#options.atMs) this.#lastHoleByT = this.#lastHole
  }

  /** A commit marker of a transaction of which records may stand in holes. */
  doubtfulMarker(offset: bigint, timestamp: bigint): void {
    if (timestamp <= this.#options.atMs) this.#lastMarkerByT = offset
    else this.#firstMarkerAfterT ??= offset
  }

  /** What is known once everything below `nextOffset` was told. */
  end(nextOffset: bigint, completeAtMs: bigint | null): HiddenOffsets {
    const trusted = this.#greatestStepBack <= this.#options.toleranceMs
    const unread = maximum(trusted ? this.#earliestNext() : -EVERYWHERE, completeAtMs ?? -EVERYWHERE)
    const holeByT = trusted ? this.#lastHoleByT : this.#lastHole
    const lastByT = unread <= this.#options.atMs ? EVERYWHERE : holeByT
    const holeAfterT = trusted ? this.#firstHoleAfterT : this.#firstHole
    const candidates = [nextOffset, holeAfterT ?? nextOffset, this.#firstMarkerAfterT ?? nextOffset]
    return {
      lastByT,
      lastEffectByT: maximum(lastByT, this.#lastMarkerByT),
      firstEffectAfterT: candidates.reduce((least, offset) => (offset < least ? offset : least)),
    }
  }

  /** The earliest time that what comes next may bear. */
  #earliestNext(): bigint {
    return this.#latestTime === null ? -EVERYWHERE : this.#latestTime - this.#options.toleranceMs
  }
}

function maximum(left: bigint, right: bigint): bigint {
  return left > right ? left : right
}
