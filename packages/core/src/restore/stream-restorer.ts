import { jitteredDelayMs } from '../archive/create-object.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import { partitionName } from '../kafka/topic-partition.ts'
import type { RestoreContext } from './restore-context.ts'
import { isStillThere, locateStream } from './stream-locator.ts'
import { type AnchoredStream, produceStream } from './stream-producer.ts'
import type { StreamProgress } from './stream-progress.ts'

const MAX_ATTEMPTS_WITHOUT_PROGRESS = 20
/** A leader that was just elected may need a moment until all that it has can be read. */
const ATTEMPTS_BEFORE_DOUBT = 6
const FIRST_DELAY_MS = 50
const MAX_DELAY_MS = 5_000

/**
 * Restores one stream to its end, whatever passes by itself.
 *
 * @param isFresh whether no process can have produced for this stream before: then the target need not be asked first
 */
export async function restoreStream(
  context: RestoreContext,
  anchored: AnchoredStream,
  { progress, isFresh }: { readonly progress: StreamProgress; readonly isFresh: boolean },
): Promise<void> {
  let mustAsk = !isFresh
  let [attempt, reached] = [0, -1]
  for (;;) {
    try {
      if (progress.isDone && (!mustAsk || (await isStillThere(context, anchored, progress)))) return
      if (mustAsk) await locateStream(context, anchored, { progress, isInDoubt: attempt === ATTEMPTS_BEFORE_DOUBT })
      mustAsk = true
      // Where the target has lost records, what is got again counts as progress.
      reached = Math.min(reached, progress.position.ordinal)
      await produceStream(context, anchored, progress)
      return
    } catch (error) {
      context.signal.throwIfAborted()
      attempt = progress.position.ordinal > reached ? 0 : attempt + 1
      reached = Math.max(reached, progress.position.ordinal)
      if (!isWorthAnotherTry(error, attempt)) throw error
      await pause(context, { anchored, attempt, error })
    }
  }
}

function isWorthAnotherTry(error: unknown, attempt: number): boolean {
  return KbackupError.is(error) && error.retryable && attempt < MAX_ATTEMPTS_WITHOUT_PROGRESS
}

async function pause(
  { environment, signal, onRetry }: RestoreContext,
  {
    anchored,
    attempt,
    error,
  }: { readonly anchored: AnchoredStream; readonly attempt: number; readonly error: unknown },
): Promise<void> {
  const delayMs = jitteredDelayMs(environment, { attempt, firstMs: FIRST_DELAY_MS, maxMs: MAX_DELAY_MS })
  onRetry({ operation: `produce to ${partitionName(anchored.stream.target)}`, attempt, delayMs, error })
  await environment.sleep(delayMs, signal)
}
