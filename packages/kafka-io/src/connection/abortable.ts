import { untilAborted } from '@kbackup/core'

/** Settles as the promise does, or rejects with the signal's reason as soon as it is aborted. */
export async function abortable<Value>(promise: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  // Whoever stops waiting must not leave an unhandled rejection behind.
  promise.catch(() => {})
  signal?.throwIfAborted()
  return untilAborted(promise, signal)
}

/** Settles as the promise does, or rejects with the error that is made when the time is up. */
export async function withDeadline<Value>(
  promise: Promise<Value>,
  limitMs: number,
  makeError: () => Error,
): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(makeError()), limitMs)
  })
  promise.catch(() => {})
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
