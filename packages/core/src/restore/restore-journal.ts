import { createObject, readIfPresent } from '../archive/create-object.ts'
import type { Environment } from '../archive/environment.ts'
import { damagedObject, openJson, sealJson } from '../archive/json-object.ts'
import { readShape } from '../archive/json-shape.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import { mapConcurrently } from '../memory/map-concurrently.ts'
import type { BlobStore } from '../storage/blob-store.ts'
import type { JournalEntry } from './journal-entries.ts'
import { journalEntry } from './journal-shape.ts'
import { journalEntryKey } from './restore-keys.ts'

const READ_CONCURRENCY = 16

/** Where the journal of a restore is. */
export interface JournalPlace {
  readonly store: BlobStore
  readonly backupId: string
  readonly restoreId: string
}

export interface JournalOptions extends JournalPlace {
  readonly environment: Environment
}

/**
 * What a restore did, as numbered objects that are created and never changed.
 *
 * Two processes cannot both append: of two that try the same number one loses, and stops. A process that goes on with a
 * restore appends `resume` first, so that the one before it, should it wake again, loses at its next entry.
 */
export class RestoreJournal {
  readonly #options: JournalOptions
  #length: number
  #turn: Promise<void> = Promise.resolve()

  constructor(options: JournalOptions, length: number) {
    this.#options = options
    this.#length = length
  }

  get restoreId(): string {
    return this.#options.restoreId
  }

  /** Appends behind the entries that this process knows; `KB_RESTORE_FENCED` where another process has appended. */
  append(entry: JournalEntry, signal: AbortSignal): Promise<void> {
    const appended = this.#turn.then(() => this.#append(entry, signal))
    this.#turn = appended.catch(() => {})
    return appended
  }

  /**
   * Throws `KB_RESTORE_FENCED` where another process goes on with the restore: to be asked right before what no journal can
   * take back, in case this process was stopped for a while.
   */
  async assertOwn(signal: AbortSignal): Promise<void> {
    await this.#turn
    const { store } = this.#options
    const key = this.#nextKey()
    if ((await readIfPresent(store, key, signal)) !== undefined) throw fenced(this.restoreId, key)
  }

  async #append(entry: JournalEntry, signal: AbortSignal): Promise<void> {
    const { store, environment } = this.#options
    const key = this.#nextKey()
    // The nonce tells our entry from an equal one of another process.
    const bytes = sealJson({ nonce: environment.nonce(16), entry })
    const foreign = await createObject(store, { key, bytes }, { environment, signal })
    if (foreign !== null) throw fenced(this.restoreId, key)
    this.#length += 1
  }

  #nextKey(): string {
    const { backupId, restoreId } = this.#options
    return journalEntryKey(backupId, restoreId, this.#length + 1)
  }
}

/** The entries of a restore in their order; empty where there is none. */
export async function readJournal(
  place: JournalPlace,
  signal: AbortSignal | undefined,
): Promise<readonly JournalEntry[]> {
  const entries: JournalEntry[] = []
  for (;;) {
    const numbers = Array.from({ length: READ_CONCURRENCY }, (_, index) => entries.length + index + 1)
    const read = await mapConcurrently(numbers, { concurrency: READ_CONCURRENCY, signal }, (number) =>
      readEntry(place, number, signal),
    )
    const end = read.indexOf(undefined)
    entries.push(...read.slice(0, end < 0 ? read.length : end).filter((entry) => entry !== undefined))
    if (end >= 0) return entries
  }
}

/** One entry; `undefined` where there is none of that number. */
export async function readEntry(
  { store, backupId, restoreId }: JournalPlace,
  number: number,
  signal: AbortSignal | undefined,
): Promise<JournalEntry | undefined> {
  const key = journalEntryKey(backupId, restoreId, number)
  const bytes = await readIfPresent(store, key, signal)
  return bytes === undefined ? undefined : decodeEntry(bytes, key)
}

function decodeEntry(bytes: Buffer, key: string): JournalEntry {
  const value = openJson(bytes, key)
  if (typeof value !== 'object' || value === null || !('entry' in value)) throw damagedObject(key, 'it has no entry')
  return readShape(journalEntry, value.entry, key)
}

function fenced(restoreId: string, key: string): KbackupError {
  return new KbackupError('KB_RESTORE_FENCED', {
    message: `another process goes on with restore ${restoreId}: it wrote ${key}`,
    hint: 'let that process finish, or stop it and run the restore again',
    details: { restoreId, key },
  })
}
