const SILENCE_MS = 30_000
/** Completing a large upload may take a service a minute or two in which it says nothing. */
const COMPLETION_FACTOR = 4

/** How long a connection may be silent before a request is given up, and repeated by whoever may repeat it. */
export interface SilenceLimits {
  /** Of an answer, and between the bytes of its body. */
  readonly answerMs: number
  /** Of the answer to the completion of an upload. */
  readonly completionMs: number
}

/** What the option `silenceMs` says to an adapter: 30 s by default, and four times as long for completions. */
export function silenceLimits(silenceMs: number = SILENCE_MS): SilenceLimits {
  return { answerMs: silenceMs, completionMs: silenceMs * COMPLETION_FACTOR }
}
