import { KbackupError } from '../../errors/kbackup-error.ts'
import type { BlobStore } from '../../storage/blob-store.ts'
import { retryingBlobStore } from '../../storage/retrying-blob-store.ts'
import { blobStoreContract } from '../blob-store-contract.ts'
import type { CheckContext } from './check-context.ts'
import { checkOneWinner } from './check-one-winner.ts'
import type { PromiseCheck, PromiseGroup } from './storage-check-report.ts'

const MAX_TRIES = 3
const FIRST_PAUSE_MS = 500

/** A promise, and how it is tried; rejects with what was seen instead. */
interface Trial {
  readonly name: string
  readonly group: PromiseGroup
  readonly run: () => Promise<void>
}

/** Of writers that race for one object exactly one wins. */
export function checkRace(context: CheckContext): Promise<PromiseCheck> {
  const { folder, rounds, signal } = context
  return tried(context, checkOneWinner(storeAsUsed(context), folder, { rounds, signal }))
}

/** As backups do, it tries again what failed in passing, and reads back whose object is there. */
function storeAsUsed({ timed, retry }: CheckContext): BlobStore {
  return retryingBlobStore(timed, retry)
}

/** The contract of stores, promise by promise. */
export async function checkContract(context: CheckContext): Promise<readonly PromiseCheck[]> {
  const promises: PromiseCheck[] = []
  for (const trial of blobStoreContract(() => storeAsUsed(context), { prefix: context.folder })) {
    context.signal?.throwIfAborted()
    if (promises.at(-1)?.group !== trial.group) context.onStep?.(trial.group)
    promises.push(await tried(context, trial))
  }
  return promises
}

/** A promise that seemed broken while the store failed in passing is tried anew: such a failure says nothing of it. */
async function tried(context: CheckContext, { name, group, run }: Trial): Promise<PromiseCheck> {
  const { timed, signal, retry, onPromise } = context
  let checked: PromiseCheck
  for (let attempt = 1; ; attempt += 1) {
    const passedBefore = timed.passingFailures
    const failure = await run().then(() => null, failureText)
    signal?.throwIfAborted()
    const couldNotBeTried = failure !== null && timed.passingFailures > passedBefore
    checked = { name, group, failure, couldNotBeTried }
    if (!couldNotBeTried || attempt >= MAX_TRIES) break
    await retry.sleep(FIRST_PAUSE_MS * 2 ** (attempt - 1), signal)
  }
  onPromise?.(checked)
  return checked
}

function failureText(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return (KbackupError.is(error) ? `${error.code}: ${text}` : text).split('\n', 1)[0] ?? ''
}
