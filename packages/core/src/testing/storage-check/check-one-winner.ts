import { KbackupError } from '../../errors/kbackup-error.ts'
import type { BlobCallOptions, BlobStore } from '../../storage/blob-store.ts'
import type { PromiseCheck } from './storage-check-report.ts'

const WRITERS = 16

/** Lets 16 writers create the same object at once, round after round: exactly one may win each. */
export async function checkOneWinner(
  store: BlobStore,
  folder: string,
  { rounds, signal }: BlobCallOptions & { readonly rounds: number },
): Promise<PromiseCheck> {
  const name = `of ${WRITERS} writers that create one object at once exactly one wins, in ${rounds} rounds`
  for (let round = 0; round < rounds; round++) {
    const key = `${folder}race/${round}`
    const puts = Array.from({ length: WRITERS }, (_, writer) =>
      store.put(key, Buffer.from(`writer ${writer}`), { ifAbsent: true, signal }),
    )
    const outcomes = await Promise.allSettled(puts)
    signal?.throwIfAborted()
    const failure = faultOf(outcomes)
    if (failure !== null) return { name, failure: `round ${round + 1}: ${failure}` }
  }
  return { name, failure: null }
}

function faultOf(outcomes: readonly PromiseSettledResult<void>[]): string | null {
  const winners = outcomes.filter(({ status }) => status === 'fulfilled').length
  const other = outcomes.find(
    (outcome) => outcome.status === 'rejected' && !KbackupError.is(outcome.reason, 'KB_BLOB_EXISTS'),
  )
  if (other?.status === 'rejected') return `a writer heard ${String(other.reason)}`
  return winners === 1 ? null : `${winners} writers won`
}
