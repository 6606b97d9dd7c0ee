import { randomBytes } from 'node:crypto'
import { type Environment, pause } from '@kbackup/core'

const TIMES_FASTER = 1_000
const MAX_SLEEP_MS = 2

/** What would have been waited for. */
export interface WaitTally {
  waits: number
  longestMs: number
}

/** The clock and the randomness of the machine, and waits that take a thousandth of their time. */
export function hurriedEnvironment(tally: WaitTally): Environment {
  return {
    nowMs: Date.now,
    nonce: (bytes) => randomBytes(bytes).toString('hex'),
    random: Math.random,
    sleep: async (delayMs, signal) => {
      tally.waits += 1
      tally.longestMs = Math.max(tally.longestMs, delayMs)
      await pause(Math.min(MAX_SLEEP_MS, delayMs / TIMES_FASTER), signal)
    },
  }
}
