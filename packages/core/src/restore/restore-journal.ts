import { createObject, readIfPresent } from '../archive/create-object.ts'
import type { Environment } from '../archive/environment.ts'
import { damagedObject, openJson, sealJson } from '../archive/json-object.ts'
import { readShape } from '../archive/json-shape.ts'
import { KbackupError } from '../errors/kbackup-error.ts'
import type { BlobStore } from '../storage/blob-store.ts'
import type { JournalEntry } from './journal-entries.ts'
import { journalEntry } from './journal-shape.ts'
import { journalEntryKey } from './restore-keys.ts'

export interface JournalOptions {
  readonly store: BlobStore
  readonly backupId: string
  readonly restoreId: string
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

  async #append(entry: JournalEntry, signal: AbortSignal): Promise<void> {
    const { store, backupId, restoreId, environment } = this.#options
    const key = journalEntryKey(backupId, restoreId, this.#length + 1)
    // The nonce tells our entry from an equal one of another process.
    const bytes = sealJson({ nonce: environment.nonce(16), entry })
    const foreign = await createObject(store, { key, bytes }, { environment, signal })
    if (foreign !== null) throw fenced(restoreId, key)
    this.#length += 1
  }
}

/** The entries of a restore in their order; empty where there is none. */
export async function readJournal(
  { store, backupId, restoreId }: Omit<JournalOptions, 'environment'>,
  signal: AbortSignal | undefined,
): Promise<readonly JournalEntry[]> {
  const entries: JournalEntry[] = []
  for (;;) {
    const key = journalEntryKey(backupId, restoreId, entries.length + 1)
    const bytes = await readIfPresent(store, key, signal)
    if (bytes === undefined) return entries
    entries.push(decodeEntry(bytes, key))
  }
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
