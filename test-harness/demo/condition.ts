import { setTimeout as sleep } from 'node:timers/promises'

const POLL_MS = 20
const PATIENCE_MS = 60_000

/**
 * Waits until something holds.
 *
 * @throws Error that names what was waited for, after a minute; the signal's reason; what the condition throws.
 */
export async function until(what: string, holds: () => boolean | Promise<boolean>, signal: AbortSignal): Promise<void> {
  const deadlineMs = Date.now() + PATIENCE_MS
  while (!(await holds())) {
    if (Date.now() > deadlineMs) throw new Error(`waited a minute for ${what}`)
    await pause(POLL_MS, signal)
  }
}

/** Waits some milliseconds; rejects with the signal's reason. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal })
  } catch (error) {
    signal.throwIfAborted()
    throw error
  }
}
