interface Waiting {
  readonly waiters: Set<() => void>
  readonly listener: () => void
}

/** Who waits for which signal; a signal that nobody waits for has no listener of ours. */
const waiting = new WeakMap<AbortSignal, Waiting>()

/**
 * Calls back when the signal is aborted, at once if it is already; the function that is returned takes the request back.
 *
 * However many wait for a signal, it has one listener. An application shares one signal among many calls, and Node.js warns
 * of a leak beyond ten listeners.
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  if (signal.aborted) {
    callback()
    return () => undefined
  }
  // A function of its own, so that the same one may wait twice.
  const waiter = (): void => callback()
  const { waiters, listener } = waiting.get(signal) ?? listen(signal)
  waiters.add(waiter)
  return () => {
    if (!waiters.delete(waiter) || waiters.size > 0) return
    signal.removeEventListener('abort', listener)
    waiting.delete(signal)
  }
}

/** Which signal it is, the listener knows by itself: one of another realm (`vm`, jsdom) is no `AbortSignal` of ours. */
function listen(signal: AbortSignal): Waiting {
  const waiters = new Set<() => void>()
  const listener = (): void => {
    waiting.delete(signal)
    for (const callback of waiters) callAlone(callback)
  }
  signal.addEventListener('abort', listener, { once: true })
  const entry = { waiters, listener }
  waiting.set(signal, entry)
  return entry
}

/** As with listeners of one's own, an error is nobody's: the others are called all the same. */
function callAlone(callback: () => void): void {
  try {
    callback()
  } catch (error) {
    process.nextTick(() => {
      throw error
    })
  }
}
