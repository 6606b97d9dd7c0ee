import type { RestoreContext } from '../restore-context.ts'
import type { ActiveStream } from '../stream-run.ts'
import { EMPTY_ANSWERS_AT_END, SCAN_WAIT_MS } from '../target-scan.ts'

/**
 * Waits until the targets can be read up to where their streams end: a leader that was just elected may need a moment for it.
 * Once for all streams; what cannot be read by then is lost.
 */
export async function awaitReadableEnds(
  active: readonly ActiveStream[],
  { cluster, environment, signal }: Pick<RestoreContext, 'cluster' | 'environment' | 'signal'>,
): Promise<void> {
  const queries = active.map(({ stream }) => ({ ...stream.target, at: 'latest' as const }))
  for (let asked = 0; asked < EMPTY_ANSWERS_AT_END; asked++) {
    const answers = await cluster.listOffsets(queries, { signal })
    const isReadable = active.every(({ progress }, index) => {
      const answer = answers[index]
      return answer?.error === undefined && (answer?.offset ?? 0n) >= progress.position.targetOffset
    })
    if (isReadable) return
    await environment.sleep(SCAN_WAIT_MS, signal)
  }
}
