import { KbackupError } from '../errors/kbackup-error.ts'
import { pause } from '../memory/pause.ts'
import { untilAborted } from './blob-body.ts'

// Longer than this no store may make its clients wait by `Retry-After`.
const MAX_RETRY_AFTER_MS = 120_000

/**
 * Bytes that are read this often, and are wrong each time, lie wrong on the store: a damaged way may strike again, but not
 * every time.
 */
export const MAX_READS = 5

/** How often, and after which waits, something that failed in passing is tried again. */
export interface RetryPolicy {
  /** How often a call is tried in all; 6 by default. */
  readonly maxAttempts?: number | undefined
  /** The longest wait after the first failure; it doubles with each further one. 200 by default. */
  readonly baseDelayMs?: number | undefined
  /** The longest wait after any failure; 10,000 by default. */
  readonly maxDelayMs?: number | undefined
  readonly sleep?: ((delayMs: number, signal?: AbortSignal) => Promise<unknown>) | undefined
  /** Numbers in [0, 1); `Math.random` by default. */
  readonly random?: (() => number) | undefined
}

/**
 * How long to wait before the next attempt; `undefined` if there is to be none, because the error does not call itself
 * `retryable` or enough was tried.
 *
 * The wait is random below a bound that doubles, and never shorter than what the store asked for (`details.retryAfterMs`).
 */
export function retryDelayMs(error: unknown, attempt: number, policy: RetryPolicy): number | undefined {
  const { maxAttempts = 6, baseDelayMs = 200, maxDelayMs = 10_000, random = Math.random } = policy
  if (!KbackupError.is(error) || !error.retryable || attempt >= maxAttempts) return undefined
  const jitteredMs = Math.round(random() * Math.min(maxDelayMs, baseDelayMs * 2 ** (attempt - 1)))
  const { retryAfterMs } = error.details
  const askedMs = typeof retryAfterMs === 'number' ? Math.min(retryAfterMs, MAX_RETRY_AFTER_MS) : 0
  return Math.max(jitteredMs, askedMs)
}

/** Waits; an aborted signal ends the wait with its reason. */
export async function waitForRetry(
  delayMs: number,
  { sleep = pause }: RetryPolicy,
  signal: AbortSignal | undefined,
): Promise<void> {
  await untilAborted(Promise.resolve(sleep(delayMs, signal)), signal)
}

/** Does something that can be done twice without harm until it succeeds, or fails for good. */
export async function repeated<Value>(
  perform: () => Promise<Value>,
  policy: RetryPolicy,
  signal?: AbortSignal,
): Promise<Value> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await perform()
    } catch (error) {
      const delayMs = retryDelayMs(error, attempt, policy)
      if (delayMs === undefined) throw error
      await waitForRetry(delayMs, policy, signal)
    }
  }
}
