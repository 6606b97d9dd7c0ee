import { onAbort } from '@kbackup/core'

// Nothing is heard while a body goes up: it is given as much longer as it takes a slow line, 50 kB/s by default.
const BYTES_PER_SILENCE = 1_500_000

/** A request that has to be answered. */
export interface TimedRequest {
  readonly signal?: AbortSignal | undefined
  /** The length of its body. */
  readonly bytes?: number | undefined
  /** How long an answer may keep from beginning. */
  readonly silenceMs: number
}

/** Sends a request, and gives up when its answer does not begin in time: the SDK would wait for ever. */
export async function answerInTime<Answer>(
  { signal, bytes = 0, silenceMs }: TimedRequest,
  send: (abortSignal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  const own = new AbortController()
  const timer = setTimeout(() => own.abort(), silenceMs * (1 + bytes / BYTES_PER_SILENCE))
  const withdraw = signal === undefined ? undefined : onAbort(signal, () => own.abort(signal.reason))
  try {
    return await send(own.signal)
  } finally {
    clearTimeout(timer)
    withdraw?.()
  }
}
