/** The operations of a store that a fault can strike. */
export type BlobOperation = 'put' | 'get' | 'head' | 'list' | 'delete'

/** One call of a store, as a schedule of faults sees it. */
export interface BlobCall {
  /** The number of the call, from 1, over all operations. */
  readonly step: number
  readonly operation: BlobOperation
  /** The key, or for `list` the prefix. */
  readonly key: string
}

/**
 * What goes wrong with one call.
 *
 * - `fail-before`: rejects with `KB_STORE_UNAVAILABLE` (or with `error`), nothing having happened; for reads, a 503.
 * - `fail-after`: takes effect, then rejects with `KB_STORE_UNAVAILABLE`; a listing gives everything, then throws.
 * - `torn-put`: takes `afterBytes` of the body (half of what it can by default), then rejects; nothing becomes visible.
 * - `late-put`: rejects with `KB_STORE_UNAVAILABLE`; takes effect before the call that comes `landsAfterSteps` later,
 *   or when {@link FaultBlobStore.landLatePuts} is called. A landing finds what is there then, and may lose to it.
 * - `delay`: waits, then does the call.
 * - `hang`: neither does the call nor answers until the signal aborts.
 * - `flip-byte`: one bit of the byte `at` (in the middle by default) of the body is wrong, read or written.
 * - `halt`: the process dies here: this call rejects, before or after it took effect, and all later ones reject too.
 */
export type BlobFault =
  | { readonly kind: 'fail-before'; readonly error?: unknown }
  | { readonly kind: 'fail-after' }
  | { readonly kind: 'torn-put'; readonly afterBytes?: number | undefined }
  | { readonly kind: 'late-put'; readonly landsAfterSteps?: number | undefined }
  | { readonly kind: 'delay'; readonly delayMs: number }
  | { readonly kind: 'hang' }
  | { readonly kind: 'flip-byte'; readonly at?: number | undefined }
  | { readonly kind: 'halt'; readonly when: 'before' | 'after' }

/** Decides, for each call, what goes wrong with it; called exactly once for each, in order of their steps. */
export type BlobFaultSchedule = (call: BlobCall) => BlobFault | undefined

/** One line of a script of faults: the first matching call, or the `nth`, is struck. */
export interface ScriptedBlobFault {
  readonly operation?: BlobOperation | undefined
  /** Text that the key contains, or a pattern that it matches. */
  readonly key?: string | RegExp | undefined
  /** Strikes the call of this number only. */
  readonly step?: number | undefined
  /** Strikes the nth matching call, from 1; 1 by default. */
  readonly nth?: number | undefined
  /** How many matching calls are struck, from the nth on; 1 by default. */
  readonly times?: number | undefined
  readonly fault: BlobFault
}

/** A schedule from a list: each line counts the calls it matches by itself, and the first line that strikes decides. */
export function scriptedBlobFaults(script: readonly ScriptedBlobFault[]): BlobFaultSchedule {
  const lines = script.map((line) => ({ line, seen: 0 }))
  return (call) => {
    const struck = lines.filter((counted) => {
      if (!matches(counted.line, call)) return false
      counted.seen += 1
      const first = counted.line.nth ?? 1
      return counted.seen >= first && counted.seen < first + (counted.line.times ?? 1)
    })
    return struck[0]?.line.fault
  }
}

function matches({ operation, key, step }: ScriptedBlobFault, call: BlobCall): boolean {
  if (operation !== undefined && operation !== call.operation) return false
  if (step !== undefined && step !== call.step) return false
  if (key === undefined) return true
  return typeof key === 'string' ? call.key.includes(key) : key.test(call.key)
}
