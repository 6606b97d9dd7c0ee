import { randomBytes } from 'node:crypto'
import { assertOptions } from '../../config/assert-options.ts'
import { CALL_OPTIONS } from '../../config/common-options.ts'
import { type OptionKind, optionKinds } from '../../config/option-kinds.ts'
import { KbackupError } from '../../errors/kbackup-error.ts'
import type { CallOptions } from '../../kafka/kafka-cluster.ts'
import { pause } from '../../memory/pause.ts'
import type { BlobStore } from '../../storage/blob-store.ts'
import { assertBlobPrefix } from '../../storage/keys.ts'
import { type BlobRetry, retryingBlobStore } from '../../storage/retrying-blob-store.ts'
import type { CheckContext, CheckStep } from './check-context.ts'
import { checkContract, checkRace } from './check-promises.ts'
import { checkRights } from './check-rights.ts'
import { checkClock, checkThroughput } from './check-speed.ts'
import { removeCheck } from './remove-check.ts'
import type { PromiseCheck, RightCheck, StorageCheckReport, StorageRole } from './storage-check-report.ts'
import { TimedStore } from './timed-store.ts'

const DEFAULT_ROUNDS = 50
const MAX_ATTEMPTS = 4

export interface CheckStorageOptions extends CallOptions {
  /** Whose rights are looked at; those of a cleaner, who may do everything, where absent. */
  readonly role?: StorageRole | undefined
  /**
   * The folder below which everything is written, and removed; a name that nobody drew before where absent. It ends in a
   * slash, and nothing lies below it.
   */
  readonly folder?: string | undefined
  /** How often 16 writers create the same object at once, at least once; 50 where absent. */
  readonly rounds?: number | undefined
  /** Is told of each promise as soon as it was looked at. */
  readonly onPromise?: ((check: PromiseCheck) => void) | undefined
  /** Is told what the check turns to next. */
  readonly onStep?: ((step: CheckStep) => void) | undefined
  /** Is told of each call that failed in passing, and is tried again. */
  readonly onRetry?: ((retry: BlobRetry) => void) | undefined
}

const CHECK_OPTIONS = {
  ...CALL_OPTIONS,
  role: optionKinds.oneOf<StorageRole>({ writer: true, reader: true, cleaner: true }),
  folder: optionKinds.text,
  rounds: optionKinds.number,
  onPromise: optionKinds.callback,
  onStep: optionKinds.callback,
  onRetry: optionKinds.callback,
} satisfies Record<keyof CheckStorageOptions, OptionKind>

/**
 * Tries whether a store is fit for archives: all promises of {@link BlobStore}, creates in parallel, rights, speed, its clock,
 * and settings of the bucket that concern archives.
 *
 * It writes below a folder of its own, which it removes afterwards; what it may not delete stays, and is named. The whole
 * contract needs the right to delete; without it, rights and creates in parallel are looked at.
 *
 * @throws KbackupError `KB_CONFIG_INVALID` for a folder that is none or in which something lies, before anything is written;
 * what keeps it from being tried at all: `KB_STORE_AUTHENTICATION`, `KB_STORE_UNAVAILABLE` …
 */
export async function checkStorage(store: BlobStore, options: CheckStorageOptions = {}): Promise<StorageCheckReport> {
  assertOptions('checkStorage', options, CHECK_OPTIONS)
  const { role = 'cleaner', signal, folder = `kbackup-check-${randomBytes(8).toString('hex')}/` } = options
  assertPlace(folder, options.rounds)
  signal?.throwIfAborted()
  const retry = { maxAttempts: MAX_ATTEMPTS, sleep: pause, onRetry: options.onRetry }
  const steady = retryingBlobStore(store, retry)
  await assertReachable(steady, folder, signal)
  if (options.folder !== undefined) await assertEmpty(steady, folder, signal)
  const { rounds = DEFAULT_ROUNDS, onStep, onPromise } = options
  const timed = new TimedStore(store)
  try {
    return await check({ store: steady, timed, folder, role, rounds, retry, signal, onStep, onPromise })
  } catch (error) {
    await removeCheck(steady, folder)
    throw error
  }
}

function assertPlace(folder: string, rounds: number = DEFAULT_ROUNDS): void {
  assertBlobPrefix(folder)
  if (!/[^/]\/$/.test(folder)) throw invalid(`folder is ${JSON.stringify(folder)}`, 'give a name that ends in a slash')
  if (Number.isSafeInteger(rounds) && rounds >= 1) return
  throw invalid(`rounds is ${rounds}`, 'give a whole number of at least 1')
}

/** All that lies there would be removed with what the check writes. */
async function assertEmpty(store: BlobStore, folder: string, signal: AbortSignal | undefined): Promise<void> {
  for await (const { key } of store.list(folder, { signal })) {
    throw invalid(`below folder lies ${key}, which would be removed`, 'name a folder below which nothing lies')
  }
}

function invalid(what: string, hint: string): KbackupError {
  return new KbackupError('KB_CONFIG_INVALID', { message: `checkStorage: ${what}`, hint })
}

async function check(context: CheckContext): Promise<StorageCheckReport> {
  const { store, timed, folder, role, signal, onStep } = context
  onStep?.('rights')
  const rights = await checkRights(store, `${folder}rights/`, { role, signal })
  const promises = await checkPromises(context, rights)
  onStep?.('speed')
  const throughput = isAllowed(rights, 'upload an object in parts') ? await checkThroughput(context) : null
  onStep?.('place')
  const facts = (await store.facts?.({ signal })) ?? null
  const clockSkewMs = isAllowed(rights, 'create below pins/') ? await checkClock(context) : null
  onStep?.('removal')
  const isFit = promises.every(({ failure }) => failure === null) && rights.every(isEnough)
  return {
    storage: store.name,
    role,
    folder,
    fit: isFit && facts?.some(({ endangers }) => endangers) !== true,
    rights,
    promises,
    notLookedAt: obstacle(rights),
    operations: timed.figures,
    throughput,
    clockSkewMs,
    facts,
    leftKeys: await removeCheck(store, folder),
  }
}

function isEnough({ isNeeded, outcome }: RightCheck): boolean {
  return !isNeeded || outcome === 'allowed'
}

function isAllowed(rights: readonly RightCheck[], name: string): boolean {
  return rights.some(({ call, outcome }) => call === name && outcome === 'allowed')
}

function obstacle(rights: readonly RightCheck[]): string | null {
  const missing = rights.filter(({ outcome }) => outcome !== 'allowed').map(({ call }) => call)
  return missing.length === 0
    ? null
    : `the contract takes every right; without those to ${missing.join(', ')} only creates in parallel were tried, where they can be`
}

async function checkPromises(context: CheckContext, rights: readonly RightCheck[]): Promise<readonly PromiseCheck[]> {
  context.onStep?.('race')
  const race = isAllowed(rights, 'create an object') ? [await checkRace(context)] : []
  return obstacle(rights) === null ? [...race, ...(await checkContract(context))] : race
}

/** What is wrong with credentials, bucket or network says so by itself, instead of as a hundred promises broken. */
async function assertReachable(store: BlobStore, folder: string, signal: AbortSignal | undefined): Promise<void> {
  // A bucket that is missing shows itself to a listing; to who asks for an object, it looks like the object missing.
  for (const look of [() => store.head(`${folder}missing`, { signal }), () => firstBelow(store, folder, signal)]) {
    await look().catch((error: unknown) => {
      if (!KbackupError.is(error, 'KB_STORE_FORBIDDEN')) throw error
    })
  }
}

async function firstBelow(store: BlobStore, folder: string, signal: AbortSignal | undefined): Promise<void> {
  for await (const _ of store.list(folder, { signal })) return
}
