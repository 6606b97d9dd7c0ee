import { onAbort } from './on-abort.ts'

/**
 * Does something with a signal of its own, which is aborted with the caller's.
 *
 * Libraries listen to the signal of each call, some without ever taking the listener back; Node.js warns of a leak when an
 * application shares one signal among many calls.
 */
export async function withOwnSignal<Value>(
  signal: AbortSignal | undefined,
  perform: (own: AbortSignal | undefined) => Promise<Value>,
): Promise<Value> {
  if (signal === undefined) return perform(undefined)
  const own = new AbortController()
  const withdraw = onAbort(signal, () => own.abort(signal.reason))
  try {
    return await perform(own.signal)
  } finally {
    withdraw()
  }
}
