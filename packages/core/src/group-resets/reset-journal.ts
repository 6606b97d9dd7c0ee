import { createObject, readIfPresent } from '../archive/create-object.ts'
import type { Environment } from '../archive/environment.ts'
import { openJson, sealJson } from '../archive/json-object.ts'
import { readShape } from '../archive/json-shape.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import { mapConcurrently } from '../memory/map-concurrently.ts'
import type { BlobStore } from '../storage/blob-store.ts'
import { type ResetBegin, type ResetEnd, resetBegin, resetEnd } from './reset-entries.ts'
import { resetBeginKey, resetEndKey, resetsPrefix } from './reset-keys.ts'

const READ_CONCURRENCY = 8

/** The archive in which resets are written down. */
export interface ResetPlace {
  readonly store: BlobStore
  readonly backupId: string
}

/** What writing takes beside. */
export interface ResetWriting extends ResetPlace {
  readonly environment: Environment
  readonly signal?: AbortSignal | undefined
}

/** A reset that was begun; without `end` it was cut short, or still runs. */
export interface KnownReset {
  readonly begin: ResetBegin
  readonly end: ResetEnd | null
}

/** Writes down what a reset is about to do, what stands there included. */
export async function writeResetBegin({ store, backupId, environment, signal }: ResetWriting, begin: ResetBegin) {
  const key = resetBeginKey(backupId, begin.resetId)
  const foreign = await createObject(store, { key, bytes: sealJson(begin) }, { environment, signal })
  if (foreign !== null) throw fenced(begin.resetId, 'has begun a reset of the same id')
}

/** @throws KbackupError `KB_RESTORE_FENCED` where another process took the reset for one that was cut short */
export async function writeResetEnd(
  { store, backupId, environment, signal }: ResetWriting,
  resetId: string,
  end: ResetEnd,
): Promise<void> {
  const key = resetEndKey(backupId, resetId)
  const foreign = await createObject(store, { key, bytes: sealJson(end) }, { environment, signal })
  if (foreign !== null) throw fenced(resetId, 'took it for one that was cut short, and ended it')
}

/** All resets that were begun and have no end, oldest first. */
export async function unfinishedResets(
  place: ResetPlace,
  signal: AbortSignal | undefined,
): Promise<readonly ResetBegin[]> {
  const ids = await resetIds(place, signal)
  const unfinished = [...ids].flatMap(([resetId, isEnded]) => (isEnded ? [] : [resetId]))
  const known = await mapConcurrently(unfinished, { concurrency: READ_CONCURRENCY, signal }, (resetId) =>
    readReset(place, resetId, signal),
  )
  return known.flatMap((reset) => (reset === undefined || reset.end !== null ? [] : [reset.begin]))
}

/** All resets of an archive, oldest first. */
export async function readResets(place: ResetPlace, signal: AbortSignal | undefined): Promise<readonly KnownReset[]> {
  const ids = [...(await resetIds(place, signal)).keys()]
  const known = await mapConcurrently(ids, { concurrency: READ_CONCURRENCY, signal }, (resetId) =>
    readReset(place, resetId, signal),
  )
  return known.flatMap((reset) => reset ?? [])
}

/** One reset; `undefined` where none of that id was begun. */
export async function readReset(
  { store, backupId }: ResetPlace,
  resetId: string,
  signal: AbortSignal | undefined,
): Promise<KnownReset | undefined> {
  const beginKey = resetBeginKey(backupId, resetId)
  const begin = await readIfPresent(store, beginKey, signal)
  if (begin === undefined) return undefined
  const endKey = resetEndKey(backupId, resetId)
  const end = await readIfPresent(store, endKey, signal)
  return {
    begin: readShape(resetBegin, openJson(begin, beginKey), beginKey),
    end: end === undefined ? null : readShape(resetEnd, openJson(end, endKey), endKey),
  }
}

/** The ids of resets, with whether they have ended. */
async function resetIds(
  { store, backupId }: ResetPlace,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, boolean>> {
  const prefix = resetsPrefix(backupId)
  const ids = new Map<string, boolean>()
  for await (const { key } of store.list(prefix, { signal })) {
    const [resetId = '', name] = key.slice(prefix.length).split('/')
    ids.set(resetId, name === 'end.json' || ids.get(resetId) === true)
  }
  return ids
}

function fenced(resetId: string, what: string): KbackupError {
  return new KbackupError('KB_RESTORE_FENCED', {
    message: `the reset of groups ${resetId} was not alone: another process ${what}`,
    hint: 'look where the groups stand (kbackup offset-reset plan), and run one reset at a time',
    details: { resetId },
  })
}
