import { sequenceOfKey } from '../archive/archive-keys.ts'
import type { JournalEntry } from './journal-entries.ts'
import { type JournalPlace, readEntry } from './restore-journal.ts'
import { journalPrefix } from './restore-keys.ts'

export type BeginEntry = Extract<JournalEntry, { readonly type: 'begin' }>

/** How a restore was begun, and whether it has come to its end. */
export type JournalHead =
  | { readonly state: 'absent' }
  | { readonly state: 'finished' }
  | { readonly state: 'unfinished'; readonly begin: BeginEntry }

/** What the first and the last entry of a journal tell; `lastNumber` spares a listing where it is known. */
export async function readJournalHead(
  place: JournalPlace,
  { lastNumber, signal }: { readonly lastNumber?: number | undefined; readonly signal: AbortSignal | undefined },
): Promise<JournalHead> {
  const last = await readEntry(place, lastNumber ?? (await listLastNumber(place, signal)), signal)
  if (isFinal(last)) return { state: 'finished' }
  const begin = await readEntry(place, 1, signal)
  return begin?.type === 'begin' ? { state: 'unfinished', begin } : { state: 'absent' }
}

/** Whether the last entry of a journal says that its restore has come to its end. */
export function isFinal(last: JournalEntry | undefined): boolean {
  return last?.type === 'end' || last?.type === 'released'
}

/** The number of the entry that an object is; `undefined` where it is none. */
export function entryNumberOf(place: Omit<JournalPlace, 'store'>, key: string): number | undefined {
  const prefix = journalPrefix(place.backupId, place.restoreId)
  return key.startsWith(prefix) ? sequenceOfKey(key, prefix) : undefined
}

async function listLastNumber(place: JournalPlace, signal: AbortSignal | undefined): Promise<number> {
  let last = 1
  for await (const { key } of place.store.list(journalPrefix(place.backupId, place.restoreId), { signal })) {
    last = Math.max(last, entryNumberOf(place, key) ?? 0)
  }
  return last
}
