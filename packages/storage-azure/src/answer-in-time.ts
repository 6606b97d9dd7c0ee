import { onAbort } from '@kbackup/core'

/** How long an answer may keep from beginning before a request is given up, and repeated by whoever may repeat it. */
const SILENCE_MS = 30_000
/** Committing a long list of blocks may take the service a minute in which it says nothing. */
export const COMMIT_SILENCE_MS = 120_000
// A body is given as much longer as it takes a slow line.
const SLOW_BYTES_PER_MS = 50

/** A request that has to be answered. */
export interface TimedRequest {
  readonly signal?: AbortSignal | undefined
  /** The length of its body. */
  readonly bytes?: number | undefined
  /** 30 s where absent. */
  readonly silenceMs?: number | undefined
}

/** Sends a request, and gives up when its answer does not begin in time: the SDK would wait for ever. */
export async function answerInTime<Answer>(
  { signal, bytes = 0, silenceMs = SILENCE_MS }: TimedRequest,
  send: (abortSignal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  const own = new AbortController()
  const timer = setTimeout(() => own.abort(), silenceMs + bytes / SLOW_BYTES_PER_MS)
  const withdraw = signal === undefined ? undefined : onAbort(signal, () => own.abort(signal.reason))
  try {
    return await send(own.signal)
  } finally {
    clearTimeout(timer)
    withdraw?.()
  }
}
