import { randomBytes } from 'node:crypto'
import { pause } from '../memory/pause.ts'

/** What the archive takes from outside beside the store, so that a simulation can drive it from a seed. */
export interface Environment {
  /** The clock, in epoch milliseconds; for people only, nothing is decided by it. */
  readonly nowMs: () => number
  /** That many random bytes as lower-case hexadecimal digits, which nobody drew before. */
  readonly nonce: (bytes: number) => string
  /** A number in [0, 1), for jitter. */
  readonly random: () => number
  /** Waits; rejects with the signal's reason when it is aborted. */
  readonly sleep: (delayMs: number, signal?: AbortSignal) => Promise<void>
}

/** The clock, the randomness and the timers of the machine. */
export const systemEnvironment: Environment = {
  nowMs: Date.now,
  nonce: (bytes) => randomBytes(bytes).toString('hex'),
  random: Math.random,
  sleep: pause,
}
