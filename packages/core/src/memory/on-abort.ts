/** Who waits for which signal; a signal that nobody waits for has no listener of ours. */
const waiting = new WeakMap<AbortSignal, Set<() => void>>()

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
  const waiters = waiting.get(signal) ?? listen(signal)
  waiters.add(waiter)
  return () => {
    if (!waiters.delete(waiter) || waiters.size > 0) return
    signal.removeEventListener('abort', callAll)
    waiting.delete(signal)
  }
}

function listen(signal: AbortSignal): Set<() => void> {
  const waiters = new Set<() => void>()
  waiting.set(signal, waiters)
  signal.addEventListener('abort', callAll, { once: true })
  return waiters
}

function callAll({ currentTarget: signal }: Event): void {
  if (!(signal instanceof AbortSignal)) return
  const waiters = waiting.get(signal) ?? []
  waiting.delete(signal)
  for (const callback of waiters) callAlone(callback)
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
