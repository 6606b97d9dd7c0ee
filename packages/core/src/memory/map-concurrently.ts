import { ownSignal } from './own-signal.ts'

/** How a list of tasks is worked off. */
export interface ConcurrencyOptions {
  readonly concurrency: number
  readonly signal?: AbortSignal | undefined
}

/** What each task gets beside its item. */
export interface TaskContext {
  readonly index: number
  /** Aborted when the caller's signal is, and when another task has failed. */
  readonly signal: AbortSignal
}

/**
 * Runs `work` over the items, at most `concurrency` at a time, and gives the results in the order of the items.
 *
 * The first failure aborts the signal of the other tasks; the call rejects with that failure when all have ended,
 * so that nothing goes on behind its back. An aborted signal rejects with its reason in the same way.
 */
export async function mapConcurrently<Item, Result>(
  items: Iterable<Item>,
  { concurrency, signal }: ConcurrencyOptions,
  work: (item: Item, context: TaskContext) => Promise<Result>,
): Promise<Result[]> {
  signal?.throwIfAborted()
  const failure = new AbortController()
  const anySignal = ownSignal(signal, failure.signal)
  const results: Result[] = []
  const queue = [...items].entries()
  const worker = async () => {
    for (const [index, item] of queue) {
      anySignal.throwIfAborted()
      results[index] = await work(item, { index, signal: anySignal })
    }
  }
  await settleAll(Array.from({ length: concurrency }, worker), failure)
  signal?.throwIfAborted()
  return results
}

/** Waits for all, then throws what failed first; `failure` is aborted at that first failure. */
async function settleAll(workers: readonly Promise<void>[], failure: AbortController): Promise<void> {
  let first: { readonly error: unknown } | undefined
  const note = (error: unknown) => {
    first ??= { error }
    failure.abort(error)
  }
  await Promise.all(workers.map((worker) => worker.catch(note)))
  if (first !== undefined) throw (first as { readonly error: unknown }).error
}
