import { pause } from './pause.ts'

/** The clock and the timer that a {@link ByteRate} goes by. */
export interface RateClock {
  /** Milliseconds of a clock that never goes back. */
  readonly nowMs: () => number
  readonly sleep: (delayMs: number, signal?: AbortSignal) => Promise<void>
}

const SYSTEM_CLOCK: RateClock = { nowMs: () => performance.now(), sleep: pause }

/**
 * Lets bytes pass at a rate, in the order in which they come.
 *
 * What passes takes up the time that it takes at that rate, and the next waits until that is over: nothing is saved up
 * while nothing passes, so that no burst follows.
 */
export class ByteRate {
  readonly #bytesPerSecond: number
  readonly #clock: RateClock
  #freeAtMs = 0

  constructor(bytesPerSecond: number, clock: RateClock = SYSTEM_CLOCK) {
    this.#bytesPerSecond = bytesPerSecond
    this.#clock = clock
  }

  /** Waits until so many bytes may pass; after an abort they take up their time all the same. */
  async pass(byteLength: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    const nowMs = this.#clock.nowMs()
    const startMs = Math.max(nowMs, this.#freeAtMs)
    this.#freeAtMs = startMs + (byteLength / this.#bytesPerSecond) * 1_000
    if (startMs > nowMs) await this.#clock.sleep(startMs - nowMs, signal)
  }
}
