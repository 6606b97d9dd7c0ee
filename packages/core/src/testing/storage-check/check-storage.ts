import { randomBytes } from 'node:crypto'
import { assertOptions } from '../../config/assert-options.ts'
import { CALL_OPTIONS } from '../../config/common-options.ts'
import { type OptionKind, optionKinds } from '../../config/option-kinds.ts'
import { KbackupError } from '../../errors/kbackup-error.ts'
import type { CallOptions } from '../../kafka/kafka-cluster.ts'
import type { BlobStore } from '../../storage/blob-store.ts'
import { assertBlobPrefix } from '../../storage/keys.ts'
import { blobStoreContract } from '../blob-store-contract.ts'
import { checkOneWinner } from './check-one-winner.ts'
import { checkRights } from './check-rights.ts'
import type { PromiseCheck, RightCheck, StorageCheckReport, StorageRole } from './storage-check-report.ts'
import { TimedStore } from './timed-store.ts'

const MIB = 1024 * 1024
const DEFAULT_ROUNDS = 50
const STREAM_MIB = 32

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
}

const CHECK_OPTIONS = {
  ...CALL_OPTIONS,
  role: optionKinds.oneOf<StorageRole>({ writer: true, reader: true, cleaner: true }),
  folder: optionKinds.text,
  rounds: optionKinds.number,
  onPromise: optionKinds.callback,
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
  await assertReachable(store, folder, signal)
  if (options.folder !== undefined) await assertEmpty(store, folder, signal)
  try {
    return await check({ store, timed: new TimedStore(store), folder, role, options })
  } catch (error) {
    await removeAll(store, folder)
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

interface Check {
  readonly store: BlobStore
  readonly timed: TimedStore
  readonly folder: string
  readonly role: StorageRole
  readonly options: CheckStorageOptions
}

async function check(context: Check): Promise<StorageCheckReport> {
  const { store, timed, folder, role, options } = context
  const { signal } = options
  const rights = await checkRights(store, `${folder}rights/`, { role, signal })
  const notLookedAt = obstacle(rights)
  const promises = await checkPromises(context, rights)
  const throughput = isAllowed(rights, 'upload an object in parts') ? await measure(context) : null
  const facts = (await store.facts?.({ signal })) ?? null
  const isFit = promises.every(({ failure }) => failure === null) && rights.every(isEnough)
  return {
    storage: store.name,
    role,
    fit: isFit && facts?.some(({ endangers }) => endangers) !== true,
    rights,
    promises,
    notLookedAt,
    operations: timed.figures,
    throughput,
    clockSkewMs: isAllowed(rights, 'create below pins/') ? await clockSkewMs(context) : null,
    facts,
    leftKeys: await removeAll(store, folder),
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

async function checkPromises(context: Check, rights: readonly RightCheck[]): Promise<readonly PromiseCheck[]> {
  const { timed, folder, options } = context
  const { rounds = DEFAULT_ROUNDS, onPromise, signal } = options
  const promises: PromiseCheck[] = []
  const note = (checked: PromiseCheck): void => {
    promises.push(checked)
    onPromise?.(checked)
  }
  if (isAllowed(rights, 'create an object')) note(await checkOneWinner(timed, folder, { rounds, signal }))
  if (obstacle(rights) !== null) return promises
  for (const { name, run } of blobStoreContract(() => timed, { prefix: folder })) {
    signal?.throwIfAborted()
    note({ name, failure: await run().then(() => null, failureText) })
  }
  return promises
}

function failureText(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  return (KbackupError.is(error) ? `${error.code}: ${text}` : text).split('\n', 1)[0] ?? ''
}

async function measure({ store, folder, options: { signal } }: Check): Promise<StorageCheckReport['throughput']> {
  const key = `${folder}throughput`
  const putMs = await durationMs(() => store.put(key, stream(), { signal }))
  const getMs = await durationMs(() => store.get(key, { signal }))
  const perSecond = (ms: number) => Math.round((STREAM_MIB * MIB * 1_000) / Math.max(1, ms))
  return { putBytesPerSecond: perSecond(putMs), getBytesPerSecond: perSecond(getMs) }
}

async function* stream(): AsyncGenerator<Uint8Array, void, void> {
  for (let index = 0; index < STREAM_MIB; index++) yield randomBytes(MIB)
}

async function durationMs(work: () => Promise<unknown>): Promise<number> {
  const startedAtMs = performance.now()
  await work()
  return performance.now() - startedAtMs
}

async function clockSkewMs({ store, folder, options: { signal } }: Check): Promise<number | null> {
  const key = `${folder}pins/clock`
  const beforeMs = Date.now()
  await store.put(key, Buffer.from('.'), { ifAbsent: true, signal })
  const halfwayMs = (beforeMs + Date.now()) / 2
  const info = await store.head(key, { signal })
  return info === undefined ? null : Math.round(info.modifiedAtMs - halfwayMs)
}

/** What is wrong with credentials, bucket or network says so by itself, instead of as a hundred promises broken. */
async function assertReachable(store: BlobStore, folder: string, signal: AbortSignal | undefined): Promise<void> {
  await store.head(`${folder}missing`, { signal }).catch((error: unknown) => {
    if (!KbackupError.is(error, 'KB_STORE_FORBIDDEN')) throw error
  })
}

/** Not ended by the signal of the check: what was written is removed after an interruption, too. Gives what could not be. */
async function removeAll(store: BlobStore, folder: string): Promise<readonly string[]> {
  // Who may not see unfinished uploads may delete objects all the same.
  await removeUploads(store, folder).catch(() => undefined)
  const left: string[] = []
  try {
    const keys: string[] = []
    for await (const { key } of store.list(folder)) keys.push(key)
    for (const key of keys) await store.delete(key).catch(() => left.push(key))
  } catch {
    left.push(folder)
  }
  return left
}

async function removeUploads({ unfinishedUploads }: BlobStore, folder: string): Promise<void> {
  for await (const upload of unfinishedUploads?.list(folder) ?? []) await unfinishedUploads?.discard(upload)
}
