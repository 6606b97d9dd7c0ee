import { pause } from '@kbackup/core'
import type { RetryOptions } from 'kafkajs'

/** How often and for how long a call tries again what passes by itself. */
export interface RetryPolicy {
  readonly initialDelayMs: number
  readonly maxDelayMs: number
  readonly maxAttempts: number
  readonly maxElapsedMs: number
}

/** A broker that dies is replaced within some ten seconds (`broker.session.timeout.ms`); a minute outlasts that well. */
const MAX_ELAPSED_MS = 60_000
/** A share of each delay is left to chance, so that many callers do not come back together. */
const JITTER = 0.2

/** Reads the kafkajs shape of retry options; its `retries` then bounds the attempts beside the time. */
export function retryPolicy(options: RetryOptions = {}): RetryPolicy {
  return {
    initialDelayMs: options.initialRetryTime ?? 50,
    maxDelayMs: options.maxRetryTime ?? 1_000,
    maxAttempts: options.retries ?? Number.POSITIVE_INFINITY,
    maxElapsedMs: MAX_ELAPSED_MS,
  }
}

/** What is left of the patience of one call; nested attempts share one, so that their times do not multiply. */
export class RetryBudget {
  readonly #policy: RetryPolicy
  readonly #signal: AbortSignal | undefined
  readonly #startedMs = performance.now()
  #attempts = 0

  constructor(policy: RetryPolicy, signal: AbortSignal | undefined) {
    this.#policy = policy
    this.#signal = signal
  }

  get elapsedMs(): number {
    return performance.now() - this.#startedMs
  }

  /**
   * Waits before the next attempt, longer each time.
   *
   * @param limitMs ends the patience earlier than the policy does
   * @returns false, at once, where the patience is at its end
   */
  async wait(limitMs: number = this.#policy.maxElapsedMs): Promise<boolean> {
    const { initialDelayMs, maxDelayMs, maxAttempts, maxElapsedMs } = this.#policy
    const spread = 1 - JITTER + 2 * JITTER * Math.random()
    const delayMs = Math.min(initialDelayMs * 2 ** Math.min(this.#attempts, 20), maxDelayMs) * spread
    this.#attempts += 1
    if (this.#attempts > maxAttempts || this.elapsedMs + delayMs > Math.min(limitMs, maxElapsedMs)) return false
    await pause(delayMs, this.#signal)
    return true
  }
}
