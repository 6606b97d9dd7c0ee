import { KbackupError } from '../errors/kbackup-error.ts'
import type { BlobCallOptions, BlobStore } from '../storage/blob-store.ts'
import { assertFormat } from './archive-info.ts'
import { assertBackupId, pinKey, pinsPrefix } from './archive-keys.ts'
import type { CommitReference } from './commit.ts'
import { CommitLog } from './commit-log.ts'
import { commitReference } from './commit-shape.ts'
import { createObject, readIfPresent } from './create-object.ts'
import { type Environment, systemEnvironment } from './environment.ts'
import { damagedObject, openJson, sealJson } from './json-object.ts'
import { idText, int64, literal, object, readShape, text } from './json-shape.ts'
import { openArchive } from './open-archive.ts'

const PIN_ID_BYTES = 16

/** A reader's claim on a commit: nothing that the commit can see is deleted while it stands. */
export interface Pin {
  readonly format: 1
  /** 32 lower-case hexadecimal digits. */
  readonly id: string
  readonly commit: CommitReference
  /** For people: `restore 7f3a…`, `validate`. */
  readonly purpose: string
  /** The reader's clock, for people who look for stale pins. */
  readonly pinnedAtMs: bigint
}

export interface PinOptions extends BlobCallOptions {
  readonly commit: CommitReference
  readonly purpose: string
  readonly environment?: Environment | undefined
}

/** A pin of one's own. */
export interface HeldPin extends Pin {
  /**
   * Keys that the archive had dropped when the pin stood. Where the commit names one of them, it was opened too long ago:
   * whoever dropped the object did not see the pin, and may have deleted it.
   */
  readonly dropped: ReadonlySet<string>
  /** Removes the pin; whoever dies before that leaves it for a person to remove. */
  release(options?: BlobCallOptions): Promise<void>
}

/** Pins a commit for as long as it is read; needs the right to create below `pins/`, and to delete there. */
export async function pinCommit(
  store: BlobStore,
  backupId: string,
  { commit, purpose, environment = systemEnvironment, signal }: PinOptions,
): Promise<HeldPin> {
  assertBackupId(backupId)
  const id = environment.nonce(PIN_ID_BYTES)
  const { sequence, sha256 } = commit
  const pinnedAtMs = BigInt(environment.nowMs())
  const pin: Pin = { format: 1, id, commit: { sequence, sha256 }, purpose, pinnedAtMs }
  const key = pinKey(backupId, id)
  const foreign = await createObject(store, { key, bytes: sealJson(pin) }, { environment, signal })
  if (foreign !== null) throw damagedObject(key, 'another pin has its name')
  const release = (options: BlobCallOptions = {}) => store.delete(key, options)
  try {
    return { ...pin, dropped: await droppedSince(store, backupId, { commit, signal }), release }
  } catch (error) {
    // Nobody else knows of the pin, and it would stand until a person removes it; an abort must not keep it either.
    await release().catch(() => undefined)
    throw error
  }
}

/** What was dropped before the pin stood; whoever drops later reads the pins after it, and finds this one. */
async function droppedSince(
  store: BlobStore,
  backupId: string,
  { commit, signal }: Pick<PinOptions, 'commit' | 'signal'>,
): Promise<ReadonlySet<string>> {
  const next = await new CommitLog(store, backupId).read(commit.sequence + 1, signal)
  if (next === undefined) return new Set()
  return (await openArchive(store, backupId, { expect: commit, signal })).state.dropped
}

/** Throws `KB_COMMIT_EXPIRED` where objects that are to be read were dropped before the pin stood. */
export function assertPinnedInTime(pin: HeldPin, objects: Iterable<{ readonly key: string }>): void {
  for (const { key } of objects) {
    if (!pin.dropped.has(key)) continue
    throw new KbackupError('KB_COMMIT_EXPIRED', {
      message: `commit ${pin.commit.sequence} can no longer be read: a newer one has dropped ${key}`,
      hint: 'read the newest commit instead, which holds what took the place of that object, if anything did',
      details: { sequence: pin.commit.sequence, key },
    })
  }
}

/** All pins of an archive; those released meanwhile are left out. */
export async function listPins(
  store: BlobStore,
  backupId: string,
  { signal }: BlobCallOptions = {},
): Promise<readonly Pin[]> {
  assertBackupId(backupId)
  const pins: Pin[] = []
  for await (const { key } of store.list(pinsPrefix(backupId), { signal })) {
    const bytes = await readIfPresent(store, key, signal)
    if (bytes !== undefined) pins.push(readPin(bytes, key))
  }
  return pins
}

const pinShape = object<Pin>({
  format: literal(1),
  id: idText,
  commit: commitReference,
  purpose: text,
  pinnedAtMs: int64,
})

/** Reads the bytes of a pin. */
export function readPin(bytes: Buffer, key: string): Pin {
  const value = openJson(bytes, key)
  assertFormat(value, key)
  return readShape(pinShape, value, key)
}
