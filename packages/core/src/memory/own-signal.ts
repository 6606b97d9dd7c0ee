import { setMaxListeners } from 'node:events'

/** A signal that is aborted when one of these is, and to which any number of tasks may listen without a warning of a leak. */
export function ownSignal(...signals: readonly (AbortSignal | undefined)[]): AbortSignal {
  const own = AbortSignal.any(signals.filter((signal) => signal !== undefined))
  setMaxListeners(0, own)
  return own
}
