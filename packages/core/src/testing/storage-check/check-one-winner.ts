import { KbackupError } from '../../errors/kbackup-error.ts'
import type { BlobCallOptions, BlobStore } from '../../storage/blob-store.ts'

const WRITERS = 16

/** Lets 16 writers create the same object at once, round after round: exactly one may win each. */
export function checkOneWinner(
  store: BlobStore,
  folder: string,
  { rounds, signal }: BlobCallOptions & { readonly rounds: number },
) {
  return {
    name: `of ${WRITERS} writers that create one object at once exactly one wins, in ${rounds} rounds`,
    group: 'creates',
    run: async () => {
      for (let round = 1; round <= rounds; round++) await race(store, `${folder}race/`, { round, signal })
    },
  } as const
}

async function race(
  store: BlobStore,
  folder: string,
  { round, signal }: BlobCallOptions & { readonly round: number },
): Promise<void> {
  const key = await freeKey(store, folder, { round, signal })
  const puts = Array.from({ length: WRITERS }, (_, writer) =>
    store.put(key, Buffer.from(`writer ${writer}`), { ifAbsent: true, signal }),
  )
  const outcomes = await Promise.allSettled(puts)
  signal?.throwIfAborted()
  const failure = faultOf(outcomes)
  if (failure !== null) throw new Error(`round ${round}: ${failure}`)
}

/** Rounds that were run before, and are run anew, have left their objects. */
async function freeKey(
  store: BlobStore,
  folder: string,
  { round, signal }: BlobCallOptions & { readonly round: number },
): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const key = `${folder}${round}-${attempt}`
    if ((await store.head(key, { signal })) === undefined) return key
  }
}

function faultOf(outcomes: readonly PromiseSettledResult<void>[]): string | null {
  const winners = outcomes.filter(({ status }) => status === 'fulfilled').length
  const other = outcomes.find(
    (outcome) => outcome.status === 'rejected' && !KbackupError.is(outcome.reason, 'KB_BLOB_EXISTS'),
  )
  if (other?.status === 'rejected') return `a writer heard ${String(other.reason)}`
  return winners === 1 ? null : `${winners} writers won`
}
